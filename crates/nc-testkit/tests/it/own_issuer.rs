//! The MCP server with its own authorization server, over the embedded cloud as a stock Nextcloud.

use nc_testkit::{
    app::send,
    own_issuer_app::{OwnIssuerApp, Person},
};
use serde_json::{Value, json};

const READ: &str = "notes:read files:read";
const ALL: &str = "openid profile email offline_access notes:read notes:write files:read files:write";

fn challenge(reply: &nc_testkit::app::Reply) -> &str {
    reply.headers["www-authenticate"].to_str().expect("text")
}

#[tokio::test]
async fn m01_without_a_token_the_answer_says_where_to_get_one() {
    let app = OwnIssuerApp::boot().await;
    let reply = send(app.message("", "tools/list", json!({}))).await;
    assert_eq!(reply.status, 401);
    let expected = format!(
        "Bearer scope=\"calendar:read contacts:read cookbook:read deck:read files:read notes:read openid sharing:read tables:read todo:read\", resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"",
        app.url
    );
    assert_eq!(challenge(&reply), expected);
    for bad in [
        "nca_0000000000000000000000000000000000000000000123456",
        "a.b.c",
        "nonsense",
    ] {
        let reply = send(app.message(bad, "tools/list", json!({}))).await;
        assert_eq!(reply.status, 401);
        assert!(challenge(&reply).contains(r#"error="invalid_token""#), "{reply:?}");
    }
    for request in [
        app.message("one", "tools/list", json!({}))
            .header("authorization", "Bearer two"),
        app.request("POST", &format!("{}?access_token=one", app.mcp_url)),
    ] {
        assert_eq!(send(request).await.status, 400);
    }
}

#[tokio::test]
async fn after_many_bad_tokens_an_address_has_to_wait_and_good_tokens_do_not() {
    let app = OwnIssuerApp::boot().await;
    let good = app.token(&app.alice, READ).await;
    let list = |token: &str| send(app.message(token, "tools/list", json!({})));
    for _ in 0..30 {
        assert_eq!(list("nonsense").await.status, 401);
    }
    let refused = list("nonsense").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers["retry-after"], "54");
    assert_eq!(list(&good).await.status, 200);
    app.clock.advance(time::Duration::seconds(54));
    assert_eq!(list("nonsense").await.status, 401);
}

#[tokio::test]
async fn m02_a_read_token_cannot_write_and_is_told_all_that_it_needs() {
    let app = OwnIssuerApp::boot().await;
    let token = app.token(&app.alice, READ).await;
    let arguments = json!({ "title": "New", "content": "text", "category": "" });
    let reply = app.call(&token, "nc_notes_create_note", arguments).await;
    assert_eq!(reply.status, 403);
    let challenge = challenge(&reply);
    for part in [
        r#"error="insufficient_scope""#,
        r#"scope="files:read notes:read notes:write""#,
        "resource_metadata=",
    ] {
        assert!(challenge.contains(part), "{challenge}");
    }
    let message = reply.message();
    assert_eq!(message["error"]["data"]["scopes_required"], json!(["notes:write"]));
}

#[tokio::test]
async fn m03_a_token_shows_the_tools_that_it_can_run_and_no_others() {
    let app = OwnIssuerApp::boot().await;
    let everything = app.tools(&app.token(&app.alice, ALL).await).await;
    let reading = app.tools(&app.token(&app.alice, READ).await).await;
    assert!(
        everything.contains(&"nc_notes_create_note".to_owned()),
        "{everything:?}"
    );
    assert!(reading.contains(&"nc_notes_get_note".to_owned()), "{reading:?}");
    assert!(
        !reading
            .iter()
            .any(|name| name.contains("create") || name.contains("delete")),
        "{reading:?}"
    );
    assert!(reading.len() < everything.len());
}

#[tokio::test]
async fn m03_where_everything_is_listed_calling_still_needs_the_scope() {
    let app = OwnIssuerApp::boot_with(&[("MCP_LIST_ALL_TOOLS", "true")]).await;
    let token = app.token(&app.alice, READ).await;
    let tools = app.tools(&token).await;
    assert!(tools.contains(&"nc_notes_create_note".to_owned()), "{tools:?}");
    let arguments = json!({ "title": "New", "content": "text", "category": "" });
    assert_eq!(app.call(&token, "nc_notes_create_note", arguments).await.status, 403);
}

#[tokio::test]
async fn m04_the_resource_describes_itself_the_same_at_both_places() {
    let app = OwnIssuerApp::boot().await;
    let mut documents = Vec::new();
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        let reply = send(app.request("GET", path)).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.headers["access-control-allow-origin"], "*");
        assert_eq!(reply.headers["cache-control"], "public, max-age=300");
        documents.push(serde_json::from_str::<Value>(&reply.text).expect("JSON"));
    }
    assert_eq!(documents[0], documents[1]);
    assert_eq!(documents[0]["resource"], app.mcp_url);
    assert_eq!(documents[0]["authorization_servers"], json!([app.url]));
    assert_eq!(
        documents[0]["scopes_supported"],
        json!([
            "calendar:read",
            "contacts:read",
            "cookbook:read",
            "deck:read",
            "files:read",
            "notes:read",
            "openid",
            "sharing:read",
            "tables:read",
            "todo:read"
        ])
    );
    let all = OwnIssuerApp::boot_with(&[("MCP_ADVERTISED_SCOPES", "all")]).await;
    let reply = send(all.request("GET", "/.well-known/oauth-protected-resource/mcp")).await;
    assert_eq!(
        reply.message()["scopes_supported"],
        json!([
            "calendar:read",
            "calendar:write",
            "contacts:read",
            "contacts:write",
            "cookbook:read",
            "cookbook:write",
            "deck:read",
            "deck:write",
            "files:read",
            "files:write",
            "notes:read",
            "notes:write",
            "openid",
            "sharing:read",
            "sharing:write",
            "tables:read",
            "tables:write",
            "todo:read",
            "todo:write"
        ])
    );
}

#[tokio::test]
async fn m13_the_token_of_the_client_never_goes_to_the_cloud() {
    let app = OwnIssuerApp::boot().await;
    let token = app.token(&app.alice, ALL).await;
    app.recorder.take();
    // The one that ends the token comes elsewhere.
    let tools = app
        .tools(&token)
        .await
        .into_iter()
        .filter(|name| name != "revoke_nextcloud_access");
    for name in tools {
        app.call(&token, &name, json!({})).await;
    }
    app.call(&token, "nc_notes_search_notes", json!({ "query": "a" }))
        .await
        .structured();
    let sent = app.recorder.take();
    assert!(!sent.is_empty());
    for request in sent {
        assert!(!format!("{:?} {}", request.headers, request.path).contains(&token));
        let authorization = request
            .headers
            .get("authorization")
            .map(|value| value.as_bytes().to_vec());
        assert!(
            authorization.is_none_or(|value| value.starts_with(b"Basic ")),
            "not the person's app password"
        );
        assert_eq!(request.headers["ocs-apirequest"], "true");
    }
}

#[tokio::test]
async fn m21_two_people_at_one_server_see_their_own() {
    let app = OwnIssuerApp::boot().await;
    let (alice, bob) = (app.token(&app.alice, ALL).await, app.token(&app.bob, ALL).await);
    for (token, title) in [(&alice, "of alice"), (&bob, "of bob")] {
        let arguments = json!({ "title": title, "content": title, "category": "" });
        app.call(token, "nc_notes_create_note", arguments).await.structured();
    }
    let search = async |token: &str| {
        let found = app.call(token, "nc_notes_search_notes", json!({ "query": "of" })).await;
        found.structured().to_string()
    };
    for _ in 0..20 {
        let (of_alice, of_bob) = tokio::join!(search(&alice), search(&bob));
        assert!(
            of_alice.contains("of alice") && !of_alice.contains("of bob"),
            "{of_alice}"
        );
        assert!(of_bob.contains("of bob") && !of_bob.contains("of alice"), "{of_bob}");
    }
}

#[tokio::test]
async fn e01_e02_e03_the_tools_follow_from_the_scopes_whatever_the_format() {
    let app = OwnIssuerApp::boot().await;
    let (opaque, jwt) = (app.client("opaque").await, app.client("jwt").await);
    for scopes in [ALL, READ, "openid notes:write", "openid profile"] {
        let mut lists = Vec::new();
        for client in [&opaque, &jwt] {
            let tokens = Person::new(&app, &app.alice).tokens(client, scopes).await;
            let token = tokens["access_token"].as_str().expect("a token");
            assert_eq!(token.starts_with("nca_"), client == &opaque);
            lists.push(app.tools(token).await);
        }
        assert_eq!(lists[0], lists[1], "{scopes}");
        let has = |name: &str| lists[0].iter().any(|tool| tool == name);
        assert_eq!(has("nc_notes_get_note"), scopes.contains("notes:read"), "{scopes}");
        assert_eq!(has("nc_notes_delete_note"), scopes.contains("notes:write"), "{scopes}");
        assert_eq!(
            has("nc_webdav_list_directory"),
            scopes.contains("files:read"),
            "{scopes}"
        );
    }
}

#[tokio::test]
async fn e04_a_client_that_asks_for_the_challenged_scopes_can_do_more_and_loses_nothing() {
    let app = OwnIssuerApp::boot().await;
    let client = app.client("opaque").await;
    let mut person = Person::new(&app, &app.alice);
    let tokens = person.tokens(&client, "notes:read").await;
    let token = tokens["access_token"].as_str().expect("a token");
    let arguments = json!({ "title": "New", "content": "text", "category": "" });
    let refused = app.call(token, "nc_notes_create_note", arguments.clone()).await;
    let (_, rest) = challenge(&refused).split_once("scope=\"").expect("scopes");
    let scopes = rest.split('"').next().expect("an end");
    // The browser is signed in; the person only consents.
    let tokens = person.tokens(&client, scopes).await;
    let token = tokens["access_token"].as_str().expect("a token");
    app.call(token, "nc_notes_create_note", arguments).await.structured();
    app.call(token, "nc_notes_search_notes", json!({ "query": "New" }))
        .await
        .structured();
}

#[tokio::test]
async fn e04_a_client_that_registered_with_the_first_scopes_can_still_ask_for_more() {
    let app = OwnIssuerApp::boot().await;
    // As the official SDKs do: the scopes of the first challenge are part of the registration.
    let registration = json!({
        "client_name": "Assistant",
        "redirect_uris": ["http://127.0.0.1/callback"],
        "scope": READ,
    });
    let reply = send(app.request("POST", "/oauth/register").json(&registration)).await;
    assert_eq!(reply.status, 201);
    let registered = reply.message();
    assert_eq!(registered["scope"], "files:read notes:read");
    let client = registered["client_id"].as_str().expect("an id");
    let mut person = Person::new(&app, &app.alice);
    let tokens = person.tokens(client, READ).await;
    let token = tokens["access_token"].as_str().expect("a token");
    let arguments = json!({ "title": "New", "content": "text", "category": "" });
    let refused = app.call(token, "nc_notes_create_note", arguments.clone()).await;
    assert_eq!(refused.status, 403);
    let tokens = person.tokens(client, &format!("{READ} notes:write")).await;
    let token = tokens["access_token"].as_str().expect("a token");
    app.call(token, "nc_notes_create_note", arguments).await.structured();
    // What it registered is what it gets when it asks for nothing.
    let (_, page) = person.consent_page(client, &[("prompt", "consent")]).await;
    assert!(
        page.text.contains("notes:read") && !page.text.contains("notes:write"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn m04_a_page_of_another_origin_may_read_every_document_on_the_way_with_the_revision_along() {
    let app = OwnIssuerApp::boot().await;
    for path in [
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ] {
        let request = app
            .request("OPTIONS", path)
            .header("origin", "https://client.example")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "mcp-protocol-version");
        let reply = send(request).await;
        assert_eq!(reply.headers["access-control-allow-origin"], "*", "{path}");
        let allowed = reply.headers["access-control-allow-headers"].to_str().expect("text");
        assert!(
            allowed.to_ascii_lowercase().contains("mcp-protocol-version"),
            "{path}: {allowed}"
        );
    }
}

#[tokio::test]
async fn s04_what_is_unticked_cannot_be_done() {
    let app = OwnIssuerApp::boot().await;
    let client = app.client("opaque").await;
    let mut person = Person::new(&app, &app.alice);
    person.unticked = vec!["notes:write"];
    let tokens = person.tokens(&client, ALL).await;
    assert!(!tokens["scope"].as_str().expect("scopes").contains("notes:write"));
    let token = tokens["access_token"].as_str().expect("a token");
    assert!(!app.tools(token).await.contains(&"nc_notes_create_note".to_owned()));
}

#[tokio::test]
async fn s06_an_app_password_that_is_deleted_at_the_cloud_ends_what_lives_from_it() {
    let app = OwnIssuerApp::boot().await;
    let client = app.client("opaque").await;
    let tokens = Person::new(&app, &app.alice).tokens(&client, ALL).await;
    let token = tokens["access_token"].as_str().expect("a token");
    app.recorder.take();
    app.call(token, "nc_notes_search_notes", json!({ "query": "a" }))
        .await
        .structured();
    let credentials = app.credentials_sent();
    assert_eq!(credentials.len(), 1, "one person, one app password");
    // A second sign-in replaces it.
    let tokens = Person::new(&app, &app.alice).tokens(&client, ALL).await;
    let token = tokens["access_token"].as_str().expect("a token");
    assert!(!app.is_taken(&credentials[0]).await, "the first one is taken back");
    app.recorder.take();
    app.call(token, "nc_notes_search_notes", json!({ "query": "a" }))
        .await
        .structured();
    let second = app.credentials_sent().remove(0);
    assert!(app.is_taken(&second).await);
    // The person deletes it in the settings of the cloud.
    let address = format!("{}/ocs/v2.php/core/apppassword?format=json", app.cloud_url);
    let request = app.request("DELETE", &address).header("ocs-apirequest", "true");
    assert_eq!(send(request.header("authorization", &second)).await.status, 200);
    let reply = app.call(token, "nc_notes_search_notes", json!({ "query": "a" })).await;
    assert!(reply.error_text().contains("provisioning_required"), "{reply:?}");
    assert_eq!(send(app.message(token, "tools/list", json!({}))).await.status, 401);
    let refresh = tokens["refresh_token"].as_str().expect("a refresh token");
    assert_eq!(app.refresh(&client, refresh).await.status, 400);
    let anew = app.token(&app.alice, ALL).await;
    app.call(&anew, "nc_notes_search_notes", json!({ "query": "a" }))
        .await
        .structured();
}

#[tokio::test]
async fn s05_a_denied_consent_takes_the_app_password_back() {
    let app = OwnIssuerApp::boot().await;
    let client = app.client("opaque").await;
    let mut person = Person::new(&app, &app.alice);
    app.recorder.take();
    let page = person.consent_page(&client, &[("scope", ALL)]).await;
    let credentials = app.credentials_sent();
    assert_eq!(credentials.len(), 1);
    assert!(app.is_taken(&credentials[0]).await);
    let mut form = nc_testkit::browser::Form::find(&page.1.text);
    form.fields.retain(|(name, _)| name == "csrf" || name == "rid");
    let (_, answer) = person.open("POST", "/oauth/consent/deny", Some(&form.fields)).await;
    let location = answer.headers["location"].to_str().expect("text");
    assert!(location.contains("error=access_denied"), "{location}");
    assert!(!app.is_taken(&credentials[0]).await, "nothing lives from it");
}

#[tokio::test]
async fn e02_any_token_shows_the_tools_about_its_own_access_and_what_they_say_is_true() {
    let app = OwnIssuerApp::boot().await;
    let token = app.token(&app.alice, "notes:read").await;
    let tools = app.tools(&token).await;
    for name in ["check_logged_in", "nc_auth_check_status", "revoke_nextcloud_access"] {
        assert!(tools.contains(&name.to_owned()), "{name} in {tools:?}");
    }
    let call = async |name: &str, arguments: Value| app.call(&token, name, arguments).await.structured();
    assert_eq!(call("check_logged_in", json!({})).await["result"], "yes");
    let status = call("nc_auth_check_status", json!({})).await;
    assert_eq!(
        (&status["status"], &status["user_id"]),
        (&json!("active"), &json!("alice"))
    );
    assert_eq!(status["scopes"], json!(["notes:read"]));
    let status = call("check_provisioning_status", json!({})).await;
    assert_eq!(status["is_provisioned"], true);
    assert_eq!(status["provisioned_at"], "2027-01-15T08:00:06Z");
    assert_eq!(
        call("provision_nextcloud_access", json!({})).await["already_provisioned"],
        true
    );
    let changed = call("nc_auth_update_scopes", json!({ "add_scopes": ["notes.write"] })).await;
    assert_eq!(changed["new_scopes"], json!(["notes:read", "notes:write"]));
    let page = changed["login_url"].as_str().expect("a page");
    assert_eq!(send(app.request("GET", page)).await.status, 303, "to the sign-in");
    let refused = app
        .call(&token, "nc_auth_update_scopes", json!({ "add_scopes": ["notes"] }))
        .await;
    assert!(refused.error_text().contains("no scope `notes`"));

    app.recorder.take();
    app.call(&token, "nc_notes_search_notes", json!({ "query": "a" }))
        .await
        .structured();
    let credential = app.credentials_sent().remove(0);
    let others = app.token(&app.bob, ALL).await;
    call("revoke_nextcloud_access", json!({})).await;
    assert!(!app.is_taken(&credential).await, "it is taken back at the cloud");
    assert_eq!(send(app.message(&token, "tools/list", json!({}))).await.status, 401);
    app.call(&others, "nc_notes_search_notes", json!({ "query": "a" }))
        .await
        .structured();
}
