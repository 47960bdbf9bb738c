//! The own consents: the page, and the interface for programs of the cloud.

use axum::body::Body;
use http::{Request as Http, header};
use nc_proto::oauth::redirect_uri::ApplicationType;
use nc_provider::{Endpoint, Role};
use serde_json::{Value, json};

use super::{
    agent::Agent,
    flow::{Request, redeem, world_with},
};
use crate::machine::world::{Answer, As, FILES, NOTES, ROLES, World};

async fn web(role: Role) -> World {
    world_with(role, ApplicationType::Web, |_| {}).await
}

/// Asks the interface with the cookies of a browser, as a page of the server does it.
async fn call(agent: &Agent<'_>, method: &str, below: &str, body: Option<Value>) -> Answer {
    call_from(agent, method, below, body, Some("same-origin")).await
}

async fn call_from(agent: &Agent<'_>, method: &str, below: &str, body: Option<Value>, site: Option<&str>) -> Answer {
    let cookies: Vec<String> = agent
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let path = format!("{}{below}", agent.world.path(Endpoint::Consents));
    let mut request = Http::builder()
        .method(method)
        .uri(path)
        .header(header::COOKIE, cookies.join("; "))
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(site) = site {
        request = request.header("sec-fetch-site", site);
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    agent.world.send(request.body(body).expect("a request")).await
}

/// Connects; access token and refresh token.
async fn connect(agent: &mut Agent<'_>) -> (String, String) {
    let request = Request::new("app").with("scope", "openid notes:read notes:write offline_access");
    let page = agent.connect(&request.with("resource", NOTES), "ann").await;
    let tokens = redeem(agent.world, &page.code()).await;
    let text = |name: &str| tokens[name].as_str().expect("text").to_owned();
    (text("access_token"), text("refresh_token"))
}

#[tokio::test]
async fn consents_are_listed_narrowed_widened_and_ended() {
    let world = web(Role::Cloud).await;
    let mut agent = Agent::new(&world);
    let (token, refresh) = connect(&mut agent).await;
    let number = world.find_client("app").await.record.number;
    let listed = call(&agent, "GET", "", None).await.json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let one = &listed[0];
    assert_eq!(
        (one["clientId"].as_i64(), one["clientIdentifier"].as_str()),
        (Some(number), Some("app"))
    );
    assert_eq!(one["clientName"], "Client app");
    assert_eq!(one["scopesGranted"], "notes:read notes:write offline_access openid");
    assert!(one["allowedScopes"].as_str().expect("text").contains("files:write"));
    assert_eq!(
        (one["createdAt"].as_i64(), one["updatedAt"].as_i64()),
        (Some(world.now()), Some(world.now()))
    );
    assert!(one["id"].is_i64());
    world.pass(10);
    let scopes = format!("/{number}/scopes");
    let less = json!({ "scopes": ["openid", "notes:read", "offline_access"] });
    let answer = call(&agent, "PATCH", &scopes, Some(less)).await;
    let expected = json!({
        "success": true,
        "scopesGranted": "notes:read offline_access openid",
        "updatedAt": world.now(),
    });
    assert_eq!(answer.json(), expected);
    assert!(!world.is_live(&token, NOTES).await);
    let refreshed = world.refresh(&As::Public("app"), &refresh).await;
    assert_eq!(refreshed.get("scope"), "notes:read offline_access openid");
    let more = json!({ "scopes": ["openid", "notes:read", "notes:write", "offline_access"] });
    assert_eq!(call(&agent, "PATCH", &scopes, Some(more)).await.status, 200);
    assert!(world.is_live(&refreshed.get("access_token"), NOTES).await);
    agent.ask(&Request::new("app").with("resource", NOTES)).await.code();
    let answer = call(&agent, "DELETE", &format!("/{number}"), None).await;
    assert_eq!(answer.json(), json!({ "success": true }));
    world
        .refresh(&As::Public("app"), &refreshed.get("refresh_token"))
        .await
        .is(400, "invalid_grant");
    assert_eq!(call(&agent, "GET", "", None).await.json(), json!([]));
    assert_eq!(call(&agent, "DELETE", &format!("/{number}"), None).await.status, 404);
    agent
        .ask(&Request::new("app").with("resource", NOTES))
        .await
        .form("/consent/grant");
}

#[tokio::test]
async fn consents_are_changed_only_by_their_user_from_our_own_pages_and_within_bounds() {
    let world = web(Role::Cloud).await;
    let mut agent = Agent::new(&world);
    let (token, _) = connect(&mut agent).await;
    let number = world.find_client("app").await.record.number;
    let (one, scopes) = (format!("/{number}"), format!("/{number}/scopes"));
    let good = || Some(json!({ "scopes": ["openid"] }));
    let nobody = Agent::new(&world);
    for (method, below) in [("GET", ""), ("DELETE", one.as_str()), ("PATCH", scopes.as_str())] {
        assert_eq!(call(&nobody, method, below, good()).await.status, 401);
    }
    for site in [None, Some("cross-site"), Some("same-site")] {
        assert_eq!(call_from(&agent, "DELETE", &one, None, site).await.status, 403);
        assert_eq!(call_from(&agent, "PATCH", &scopes, good(), site).await.status, 403);
    }
    for bad in [
        json!({ "scopes": [] }),
        json!({ "scopes": ["nonsense"] }),
        json!({ "scopes": "openid" }),
        json!([]),
    ] {
        assert_eq!(call(&agent, "PATCH", &scopes, Some(bad)).await.status, 400);
    }
    for other in ["/4711", "/app", "/%FF"] {
        assert_eq!(call(&agent, "DELETE", other, None).await.status, 404);
        assert_eq!(
            call(&agent, "PATCH", &format!("{other}/scopes"), good()).await.status,
            404
        );
    }
    assert!(world.is_live(&token, NOTES).await);
    world.set("allow_user_settings", "no").await;
    assert_eq!(call(&agent, "PATCH", &scopes, good()).await.status, 403);
    assert_eq!(call(&agent, "DELETE", &one, None).await.status, 200);
    assert!(!world.is_live(&token, NOTES).await);
}

/// The profile that the user info tells `app`, and the claims of its ID token.
async fn profile(agent: &mut Agent<'_>) -> (Value, Value) {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    let request = Request::new("app").with("scope", "openid profile");
    let page = agent.connect(&request, "ann").await;
    let tokens = redeem(agent.world, &page.code()).await;
    let payload = tokens["id_token"]
        .as_str()
        .expect("text")
        .split('.')
        .nth(1)
        .expect("a payload");
    let claims = BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64");
    let token = tokens["access_token"].as_str().expect("text");
    let request =
        Http::get(agent.world.path(Endpoint::UserInfo)).header(header::AUTHORIZATION, format!("Bearer {token}"));
    let told = agent.world.send(request.body(Body::empty()).expect("a request")).await;
    (told.json(), serde_json::from_slice(&claims).expect("JSON"))
}

#[tokio::test]
async fn what_a_person_keeps_back_is_told_to_nobody_in_user_info_and_id_tokens() {
    let world = web(Role::Cloud).await;
    world.set("always_include_scope_claims", "true").await;
    let mut agent = Agent::new(&world);
    let every = ["picture", "address", "phone_number", "website"];
    let told = async |agent: &mut Agent<'_>, expected: &[&str]| {
        let (told, claims) = profile(agent).await;
        for name in every {
            assert_eq!(
                told.get(name).is_some(),
                expected.contains(&name),
                "{name} in the user info"
            );
            assert_eq!(
                claims.get(name).is_some(),
                expected.contains(&name),
                "{name} in the ID token"
            );
        }
    };
    let restrict = async |agent: &Agent<'_>, prefix: &str, body: &Value, site: Option<&str>| {
        let cookies: Vec<String> = agent
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = Http::post(format!("{prefix}/user/restrictUserInformation"))
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        let request = request.body(Body::from(body.to_string())).expect("a request");
        agent.world.send(request).await
    };
    let ours = Some("same-origin");
    told(&mut agent, &every).await;
    let body = json!({ "restrictUserInformation": "Avatar phone nonsense " });
    // Nobody else's pages, and nobody who is not signed in.
    for (who, site, status) in [
        (&agent, Some("cross-site"), 403),
        (&agent, None, 403),
        (&Agent::new(&world), ours, 401),
    ] {
        assert_eq!(restrict(who, "/apps/oidc", &body, site).await.status, status);
    }
    told(&mut agent, &every).await;
    let answer = restrict(&agent, "/apps/oidc", &body, ours).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()),
        (200, json!({ "restrict_user_information": "avatar phone" }))
    );
    told(&mut agent, &["address", "website"]).await;
    // What administrators keep back comes on top.
    world.set("restrict_user_information", "website").await;
    told(&mut agent, &["address"]).await;
    world.set("restrict_user_information", "no").await;
    // Where people may decide nothing, what they decided before does not count.
    world.set("allow_user_settings", "no").await;
    told(&mut agent, &every).await;
    assert_eq!(restrict(&agent, "/apps/oidc", &body, ours).await.status, 403);
    world.set("allow_user_settings", "enabled").await;
    told(&mut agent, &["address", "website"]).await;
    // It lasts, and it is one person's.
    world.pass(60 * 60);
    world.provider.upkeep().await.expect("kept up");
    told(&mut agent, &["address", "website"]).await;
    world.people.put(nc_provider::Person {
        uid: "bob".to_owned(),
        ..crate::machine::world::ann()
    });
    let mut bob = Agent::new(&world);
    let request = Request::new("app").with("scope", "openid profile");
    let page = bob.connect(&request, "bob").await;
    let tokens = redeem(&world, &page.code()).await;
    assert!(tokens.contains_key("id_token"));
    let everything = json!({ "restrictUserInformation": "avatar address phone website" });
    let other_path = restrict(&bob, "/index.php/apps/oidc/api/v2", &everything, ours).await;
    assert_eq!(
        other_path.json()["restrict_user_information"],
        "avatar address phone website"
    );
    told(&mut agent, &["address", "website"]).await;
    for (body, stored) in [
        (json!({ "restrictUserInformation": "no" }), Some("no")),
        (json!({ "restrictUserInformation": "" }), Some("no")),
        (json!({ "restrictUserInformation": ["phone"] }), None),
        (json!({}), None),
    ] {
        let answer = restrict(&agent, "/apps/oidc", &body, ours).await;
        match stored {
            Some(word) => assert_eq!(answer.json()["restrict_user_information"], word),
            None => assert_eq!(answer.status, 400, "{body}"),
        }
    }
    told(&mut agent, &every).await;
}

#[tokio::test]
async fn the_mcp_server_has_a_page_and_no_interface_for_consents() {
    let world = web(Role::McpServer).await;
    let mut agent = Agent::new(&world);
    connect(&mut agent).await;
    assert_eq!(call(&agent, "GET", "", None).await.status, 404);
}

#[tokio::test]
async fn connected_apps_are_narrowed_and_disconnected_without_a_script() {
    for role in ROLES {
        let world = web(role).await;
        let mut agent = Agent::new(&world);
        // Who is not signed in does so first, and comes back.
        let page = agent.open(&world.path(Endpoint::ConnectedApps)).await;
        let page = agent.sign_in(&page, "ann").await;
        assert!(page.html.contains("No app is connected"), "{}", page.html);
        let (token, refresh) = connect(&mut agent).await;
        let page = agent.open(&world.path(Endpoint::ConnectedApps)).await;
        assert!(
            page.html.contains("Client app") && page.html.contains(NOTES),
            "{}",
            page.html
        );
        let form = page.form("/scopes");
        agent.submit(&form.clone().fill("csrf", "")).await.is_page(403);
        agent
            .submit(
                &form
                    .clone()
                    .untick("openid")
                    .untick("notes:read")
                    .untick("notes:write")
                    .untick("offline_access"),
            )
            .await
            .is_page(400);
        assert!(world.is_live(&token, NOTES).await);
        let page = agent.submit(&form.untick("notes:write")).await;
        assert!(page.html.contains("Saved"), "{}", page.html);
        assert_eq!(
            page.form("/scopes").scopes(),
            ["openid", "notes:read", "offline_access"]
        );
        assert!(!world.is_live(&token, NOTES).await);
        let refreshed = world.refresh(&As::Public("app"), &refresh).await;
        assert_eq!(refreshed.get("scope"), "notes:read offline_access openid");
        let form = page.form("/revoke");
        agent.submit(&form.clone().fill("csrf", "")).await.is_page(403);
        let page = agent.submit(&form).await;
        assert!(page.html.contains("No app is connected"), "{}", page.html);
        assert!(!world.is_live(&refreshed.get("access_token"), NOTES).await);
        let page = agent.submit(&page.form("/confirm")).await;
        assert!(page.html.contains("You are signed out"), "{}", page.html);
        assert_eq!(agent.session(), None);
    }
}

#[tokio::test]
async fn where_users_may_not_change_scopes_they_still_disconnect() {
    for role in ROLES {
        let world = web(role).await;
        let mut agent = Agent::new(&world);
        let (token, _) = connect(&mut agent).await;
        let page = agent.open(&world.path(Endpoint::ConnectedApps)).await;
        world.set("allow_user_settings", "no").await;
        agent.submit(&page.form("/scopes")).await.is_page(403);
        let page = agent.open(&world.path(Endpoint::ConnectedApps)).await;
        assert!(page.forms().iter().all(|form| !form.action.ends_with("/scopes")));
        agent.submit(&page.form("/revoke")).await.is_page(200);
        assert!(!world.is_live(&token, NOTES).await);
    }
}

#[tokio::test]
async fn a_code_that_was_not_redeemed_yet_is_narrowed_with_its_consent() {
    let world = web(Role::Cloud).await;
    let mut agent = Agent::new(&world);
    let page = agent.connect(&Request::new("app").with("resource", NOTES), "ann").await;
    let number = world.find_client("app").await.record.number;
    let less = json!({ "scopes": ["openid", "notes:read"] });
    let answer = call(&agent, "PATCH", &format!("/{number}/scopes"), Some(less)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(redeem(&world, &page.code()).await["scope"], "notes:read openid");
}

#[tokio::test]
async fn saving_the_page_as_it_is_gives_no_resource_a_scope_of_another() {
    let (one, other) = ("https://api.example/one", "https://api.example/other");
    for role in ROLES {
        let world = web(role).await;
        let shared = nc_provider::ResourceDocument {
            scopes: vec!["notes:read".to_owned(), "notes:write".to_owned()],
            open_to_dynamic_clients: true,
            ..nc_provider::ResourceDocument::default()
        };
        world.resource(one, None, &shared).await;
        world.resource(other, None, &shared).await;
        let mut agent = Agent::new(&world);
        for (resource, scope) in [(one, "openid notes:read"), (other, "openid notes:read notes:write")] {
            let request = Request::new("app").with("scope", scope).with("resource", resource);
            agent.connect(&request, "ann").await.code();
        }
        let page = agent.open(&world.path(Endpoint::ConnectedApps)).await;
        assert_eq!(page.form("/scopes").scopes(), ["openid", "notes:read", "notes:write"]);
        agent.submit(&page.form("/scopes")).await.is_page(200);
        // Still asked for: it was never allowed there.
        let more = Request::new("app")
            .with("scope", "openid notes:write")
            .with("resource", one);
        agent.ask(&more).await.form("/consent/grant");
    }
}

#[tokio::test]
async fn what_a_person_takes_from_a_client_that_need_not_ask_stays_taken() {
    let world = World::new(Role::Cloud).await;
    let ours = |document: &mut nc_provider::ClientDocument| document.auto_grant = true;
    world.client_of("ours", nc_store::ClientKind::FirstParty, ours).await;
    let mut agent = Agent::new(&world);
    let request = Request::new("ours").with("scope", "openid notes:read notes:write offline_access");
    let page = agent.connect(&request.with("resource", NOTES), "ann").await;
    let tokens = world.redeem(&As::Post("ours"), &page.code()).await;
    assert_eq!(tokens.get("scope"), "notes:read notes:write offline_access openid");
    let number = world.find_client("ours").await.record.number;
    let less = json!({ "scopes": ["openid", "notes:read", "offline_access"] });
    let answer = call(&agent, "PATCH", &format!("/{number}/scopes"), Some(less)).await;
    assert_eq!(answer.status, 200);
    let refreshed = world.refresh(&As::Post("ours"), &tokens.get("refresh_token")).await;
    assert_eq!(refreshed.get("scope"), "notes:read offline_access openid");
}

#[tokio::test]
async fn what_a_person_took_from_a_client_that_need_not_ask_does_not_come_back_without_a_question() {
    let world = World::new(Role::Cloud).await;
    let ours = |document: &mut nc_provider::ClientDocument| document.auto_grant = true;
    world.client_of("ours", nc_store::ClientKind::FirstParty, ours).await;
    let mut agent = Agent::new(&world);
    let all = Request::new("ours").with("resource", NOTES);
    agent.connect(&all, "ann").await.code();
    let number = world.find_client("ours").await.record.number;
    let less = json!({ "scopes": ["openid", "notes:read"] });
    let answer = call(&agent, "PATCH", &format!("/{number}/scopes"), Some(less)).await;
    assert_eq!(answer.status, 200);
    let silent = all.clone().with("prompt", "none");
    assert_eq!(agent.ask(&silent).await.error(), "consent_required");
    // What was not taken it still gets at once.
    let kept = all.clone().with("scope", "openid notes:read");
    let page = agent.ask(&kept).await;
    let tokens = world.redeem(&As::Post("ours"), &page.code()).await;
    assert_eq!(tokens.get("scope"), "notes:read openid");
    assert_eq!(agent.ask(&silent).await.error(), "consent_required");
    // The person keeps it back once more, at the page that asks.
    let page = agent.ask(&all).await;
    let page = agent.submit(&page.form("/consent/grant").untick("notes:write")).await;
    let tokens = world.redeem(&As::Post("ours"), &page.code()).await;
    assert_eq!(tokens.get("scope"), "notes:read openid");
    assert_eq!(agent.ask(&silent).await.error(), "consent_required");
    let listed = call(&agent, "GET", "", None).await.json();
    assert_eq!(listed[0]["scopesGranted"], "notes:read openid");
    // Until the person gives it.
    let page = agent.ask(&all).await;
    agent.allow(&page).await.code();
    let page = agent.ask(&silent).await;
    let tokens = world.redeem(&As::Post("ours"), &page.code()).await;
    assert_eq!(tokens.get("scope"), "notes:read notes:write openid");
}

#[tokio::test]
async fn what_a_person_took_for_one_resource_stays_taken_when_the_consent_for_another_ended() {
    let world = World::new(Role::Cloud).await;
    let ours = |document: &mut nc_provider::ClientDocument| document.auto_grant = true;
    world.client_of("ours", nc_store::ClientKind::FirstParty, ours).await;
    let mut agent = Agent::new(&world);
    let request = Request::new("ours").with("scope", "openid notes:read notes:write files:read offline_access");
    let request = request.with("resource", NOTES).add("resource", FILES);
    let page = agent.connect(&request, "ann").await;
    let tokens = world.redeem(&As::Post("ours"), &page.code()).await;
    let number = world.find_client("ours").await.record.number;
    let less = json!({ "scopes": ["openid", "notes:read", "files:read", "offline_access"] });
    let answer = call(&agent, "PATCH", &format!("/{number}/scopes"), Some(less)).await;
    assert_eq!(answer.status, 200);
    let subject = world.provider.subject(&nc_auth::UserId::new("ann")).await;
    let subject = subject.expect("a subject");
    let consent = world.store.find_consent(&subject, "ours", FILES).await;
    let mut consent = consent.expect("found").expect("a consent");
    consent.expires_at = world.now();
    let unit = world.store.begin().await.expect("a unit");
    unit.put_consent(&consent).await.expect("stored");
    unit.commit().await.expect("committed");
    let refreshed = world.refresh(&As::Post("ours"), &tokens.get("refresh_token")).await;
    assert_eq!(refreshed.get("scope"), "files:read notes:read offline_access openid");
}
