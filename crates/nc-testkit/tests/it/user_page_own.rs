//! People see which clients act for them, where the MCP server issues the tokens itself.

use nc_testkit::{
    app::{Reply, send},
    browser::Form,
    own_issuer_app::{OwnIssuerApp, Person},
};
use serde_json::{Value, json};

const ALL: &str = "openid profile email offline_access notes:read notes:write files:read files:write";

fn text(reply: &Reply) -> String {
    reply.message()["error"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

async fn search(app: &OwnIssuerApp, token: &str) -> Reply {
    app.call(token, "nc_notes_search_notes", json!({ "query": "of" })).await
}

async fn user(person: &mut Person<'_>) -> Value {
    let reply = person.step("GET", "/user", None).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.message()
}

/// Posts as a form of the page does; the page after it.
async fn post(person: &mut Person<'_>, path: &str, scopes: &[&str]) -> (String, Reply) {
    let (_, page) = person.open("GET", "/user/page", None).await;
    let mut fields = Form::find(&page.text).fields;
    fields.retain(|(name, _)| name == "csrf");
    fields.extend(scopes.iter().map(|scope| ("scope".to_owned(), (*scope).to_owned())));
    person.open("POST", path, Some(&fields)).await
}

fn access(tokens: &Value) -> &str {
    tokens["access_token"].as_str().expect("a token")
}

#[tokio::test]
async fn a_person_signs_in_at_their_nextcloud_and_pauses_all_clients() {
    let app = OwnIssuerApp::boot().await;
    let (one, two) = (app.client("opaque").await, app.client("jwt").await);
    let first = Person::new(&app, &app.alice).tokens(&one, ALL).await;
    let second = Person::new(&app, &app.alice).tokens(&two, ALL).await;
    let bobs = app.token(&app.bob, ALL).await;
    let mut person = Person::new(&app, &app.alice);
    let (at, page) = person.log_in("/oauth/login").await;
    assert_eq!(at, format!("{}/user/page", app.url), "{}", page.text);
    assert!(
        page.text.contains("Test opaque") && page.text.contains("Test jwt"),
        "{}",
        page.text
    );
    let (_, page) = post(&mut person, "/user/pause", &[]).await;
    assert!(page.text.contains("All clients are paused since"), "{}", page.text);
    app.recorder.take();
    for tokens in [&first, &second] {
        let reply = search(&app, access(tokens)).await;
        assert_eq!(reply.status, 403);
        assert!(reply.headers.get("www-authenticate").is_none());
        assert!(text(&reply).contains(&format!("{}/user/page", app.url)), "{reply:?}");
    }
    assert!(app.recorder.take().is_empty());
    assert_eq!(search(&app, &bobs).await.status, 200);
    // The client keeps what it has: it can still refresh.
    let refreshed = app
        .refresh(&one, first["refresh_token"].as_str().expect("a token"))
        .await;
    assert_eq!(refreshed.status, 200);
    let refreshed = refreshed.message();
    assert_eq!(search(&app, access(&refreshed)).await.status, 403);
    post(&mut person, "/user/resume", &[]).await;
    assert_eq!(search(&app, access(&refreshed)).await.status, 200);
    assert_eq!(search(&app, access(&second)).await.status, 200);
    // One alone.
    let clients = user(&mut person).await["clients"].clone();
    let of = |name: &str| {
        let found = clients
            .as_array()
            .expect("a list")
            .iter()
            .find(|client| client["name"] == name);
        found.expect("the client")["id"].as_str().expect("an id").to_owned()
    };
    post(&mut person, &format!("/user/clients/{}/pause", of("Test jwt")), &[]).await;
    assert_eq!(search(&app, access(&second)).await.status, 403);
    assert_eq!(search(&app, access(&refreshed)).await.status, 200);
    post(&mut person, &format!("/user/clients/{}/resume", of("Test jwt")), &[]).await;
    assert_eq!(search(&app, access(&second)).await.status, 200);
    let records = app.issuer.provider().store().list_audit(100).await.expect("a log");
    for (word, count) in [("access.paused", 2), ("access.resumed", 2)] {
        assert_eq!(
            records.iter().filter(|record| record.event == word).count(),
            count,
            "{word}"
        );
    }
}

#[tokio::test]
async fn a_client_is_narrowed_and_disconnected() {
    let app = OwnIssuerApp::boot().await;
    let client = app.client("opaque").await;
    let mut person = Person::new(&app, &app.alice);
    let tokens = person.tokens(&client, ALL).await;
    let bobs = app.token(&app.bob, ALL).await;
    // Who gave it in this browser is signed in here.
    let known = user(&mut person).await;
    assert_eq!(known["deployment_mode"], "login_flow");
    assert_eq!(known["authorization_server"], app.url);
    assert_eq!(known["user"]["name"], "alice");
    assert_eq!(known["provisioning"]["type"], "app_password");
    assert_eq!(known["provisioning"]["status"], "active");
    let id = known["clients"][0]["id"].as_str().expect("an id").to_owned();
    let keep = ["openid", "offline_access", "notes:read", "files:read", "admin:write"];
    let (_, page) = post(&mut person, &format!("/user/clients/{id}/scopes"), &keep).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(
        search(&app, access(&tokens)).await.status,
        401,
        "tokens that say more end"
    );
    let tokens = app
        .refresh(&client, tokens["refresh_token"].as_str().expect("a token"))
        .await
        .message();
    let tools = app.tools(access(&tokens)).await;
    assert!(tools.contains(&"nc_notes_search_notes".to_owned()) && !tools.contains(&"nc_notes_create_note".to_owned()));
    let arguments = json!({ "title": "New", "content": "text", "category": "" });
    assert_eq!(
        app.call(access(&tokens), "nc_notes_create_note", arguments)
            .await
            .status,
        403
    );
    let (_, page) = post(&mut person, &format!("/user/clients/{id}/scopes"), &[]).await;
    assert!(page.text.contains("Leave at least one thing ticked"), "{}", page.text);
    let (_, page) = post(&mut person, "/user/clients/999/revoke", &[]).await;
    assert_eq!(page.status, 404);
    post(&mut person, &format!("/user/clients/{id}/pause"), &[]).await;
    let (_, page) = post(&mut person, &format!("/user/clients/{id}/revoke"), &[]).await;
    assert!(page.text.contains("Disconnected"), "{}", page.text);
    let reply = search(&app, access(&tokens)).await;
    assert_eq!(reply.status, 401);
    assert!(
        reply.headers["www-authenticate"]
            .to_str()
            .expect("text")
            .contains("invalid_token")
    );
    assert_eq!(search(&app, &bobs).await.status, 200);
    // Allowed anew, it is a new connection, which is not paused.
    let tokens = Person::new(&app, &app.alice).tokens(&client, ALL).await;
    assert_eq!(search(&app, access(&tokens)).await.status, 200);
}

#[tokio::test]
async fn access_that_is_taken_back_ends_everything_and_is_given_by_signing_in() {
    let app = OwnIssuerApp::boot().await;
    let client = app.client("opaque").await;
    let mut person = Person::new(&app, &app.alice);
    let tokens = person.tokens(&client, ALL).await;
    let (at, page) = post(&mut person, "/user/provision", &[]).await;
    assert!(at.ends_with("/oauth/signin"), "{at}");
    let waiting = person.submit((at, page)).await;
    person.grant_at_nextcloud(&waiting.1.text).await;
    let (at, _) = person.look_again(&waiting.1).await;
    assert!(at.ends_with("/user/page"), "{at}");
    assert_eq!(search(&app, access(&tokens)).await.status, 200);
    let (_, page) = post(&mut person, "/user/revoke", &[]).await;
    assert!(page.text.contains("taken back"), "{}", page.text);
    assert_eq!(search(&app, access(&tokens)).await.status, 401);
    assert_eq!(person.step("GET", "/user", None).await.status, 401);
}

#[tokio::test]
async fn the_session_of_the_page_opens_nothing_else_and_ends() {
    let app = OwnIssuerApp::boot().await;
    let client = app.client("opaque").await;
    let mut person = Person::new(&app, &app.alice);
    let tokens = person.tokens(&client, ALL).await;
    let cookies = person.cookie_header();
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let request = app.request("POST", "/mcp").header("cookie", &cookies).json(&message);
    assert_eq!(send(request).await.status, 401);
    // Forged, and from elsewhere.
    let (_, page) = person.open("GET", "/user/page", None).await;
    let csrf = Form::find(&page.text).fields[0].1.clone();
    for (token, origin) in [
        (&"0".repeat(64), app.url.as_str()),
        (&csrf, "https://evil.example"),
        (&csrf, "null"),
    ] {
        for path in [
            "/user/pause",
            "/user/revoke",
            "/user/provision",
            "/oauth/logout",
            "/user/clients/1/revoke",
        ] {
            let request = app
                .request("POST", path)
                .header("cookie", &cookies)
                .header("origin", origin);
            assert_eq!(send(request.form(&[("csrf", token)])).await.status, 403, "{path}");
        }
    }
    let mut bob = Person::new(&app, &app.bob);
    bob.log_in("/oauth/login").await;
    let request = app.request("POST", "/user/pause").header("cookie", bob.cookie_header());
    assert_eq!(send(request.form(&[("csrf", &csrf)])).await.status, 403);
    assert_eq!(search(&app, access(&tokens)).await.status, 200);
    // Signing out here leaves the clients alone.
    let (_, page) = post(&mut person, "/oauth/logout", &[]).await;
    assert!(page.text.contains("signed out of this page"), "{}", page.text);
    let request = app.request("GET", "/user").header("cookie", &cookies);
    assert_eq!(send(request).await.status, 401);
    assert_eq!(search(&app, access(&tokens)).await.status, 200);
    person.log_in("/user/page").await;
    user(&mut person).await;
    app.clock.advance(time::Duration::hours(8));
    assert_eq!(person.step("GET", "/user", None).await.status, 401);
    assert_eq!(
        person.step("GET", "/user/page", None).await.headers["location"],
        format!("{}/oauth/login", app.url)
    );
}

#[tokio::test]
async fn m20_after_the_sign_in_at_the_nextcloud_a_page_of_this_server_comes() {
    let app = OwnIssuerApp::boot().await;
    let page = format!("{}/user/page", app.url);
    for next in ["//evil", "/%5Cevil", "https:evil"] {
        let mut person = Person::new(&app, &app.alice);
        let (at, _) = person.log_in(&format!("/oauth/login?next={next}")).await;
        assert_eq!(at, page, "{next}");
        let reply = person.step("GET", &format!("/oauth/login?next={next}"), None).await;
        assert_eq!(reply.headers["location"], page);
    }
    let mut person = Person::new(&app, &app.alice);
    let (at, reply) = person.log_in("/oauth/login?next=/user").await;
    assert_eq!(at, format!("{}/user", app.url));
    assert_eq!(reply.message()["user"]["name"], "alice");
    assert_eq!(person.step("GET", "/app", None).await.headers["location"], page);
}
