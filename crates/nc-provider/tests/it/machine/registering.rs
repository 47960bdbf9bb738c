//! Clients that register themselves and manage that.

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use nc_auth::UserId;
use nc_provider::{Endpoint, InitialAccessDocument, RegistrationMode, ResourceDocument, Role};
use nc_store::{ClientKind, Digest, TicketKind, TicketRecord};
use nc_web::ClientAddress;
use serde_json::{Value, json};

use super::world::{Answer, As, NOTES, REDIRECT, ROLES, World, basic, code_form};

fn request(method: Method, path: &str, token: Option<&str>, body: Option<&Value>) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .extension(ClientAddress([192, 0, 2, 1].into()));
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    request.body(body).expect("a request")
}

async fn register(world: &World, body: &Value) -> Answer {
    world
        .send(request(Method::POST, &world.path(Endpoint::Register), None, Some(body)))
        .await
}

async fn manage(world: &World, method: Method, id: &str, token: Option<&str>, body: Option<&Value>) -> Answer {
    let path = format!("{}/{id}", world.path(Endpoint::Register));
    world.send(request(method, &path, token, body)).await
}

fn web() -> Value {
    json!({"client_name": "Web app", "redirect_uris": [REDIRECT]})
}

fn native() -> Value {
    json!({"client_name": "App", "redirect_uris": ["http://127.0.0.1/cb"], "token_endpoint_auth_method": "none"})
}

fn text(answer: &Answer, name: &str) -> String {
    answer.json()[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name}: {}", answer.text()))
        .to_owned()
}

/// What common clients register, as of autumn 2026.
fn common_clients() -> [Value; 8] {
    let both = json!(["authorization_code", "refresh_token"]);
    [
        json!({
            "client_name": "Claude", "client_uri": "https://claude.ai", "token_endpoint_auth_method": "none",
            "redirect_uris": ["https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"],
            "grant_types": both, "response_types": ["code"], "scope": "notes:read",
        }),
        json!({
            "client_name": "Claude Code (nextcloud)", "redirect_uris": ["http://localhost:3118/callback"],
            "grant_types": both, "response_types": ["code"], "token_endpoint_auth_method": "none",
            "application_type": "native", "scope": "notes:read",
        }),
        json!({
            "client_name": "ChatGPT", "token_endpoint_auth_method": "none", "grant_types": both, "response_types": ["code"],
            "redirect_uris": [
                "https://chatgpt.com/connector_platform_oauth_redirect", "https://chatgpt.com/connector/oauth/Ab3-_x",
            ],
        }),
        json!({
            "client_name": "Visual Studio Code", "client_uri": "https://code.visualstudio.com",
            "redirect_uris": [
                "https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect", "http://127.0.0.1/",
                "http://127.0.0.1:33418/",
            ],
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"], "token_endpoint_auth_method": "none", "application_type": "native",
        }),
        json!({
            "client_name": "Cursor", "grant_types": both, "response_types": ["code"], "token_endpoint_auth_method": "none",
            "redirect_uris": [
                "cursor://anysphere.cursor-mcp/oauth/callback", "https://www.cursor.com/agents/mcp/oauth/callback",
                "http://localhost:8787/callback",
            ],
        }),
        json!({
            "client_name": "Open WebUI", "grant_types": both, "response_types": ["code"],
            "redirect_uris": ["https://chat.example/oauth/clients/mcp:nextcloud/callback"],
        }),
        json!({
            "client_name": "LibreChat MCP Client", "grant_types": both, "response_types": ["code"],
            "redirect_uris": ["https://chat.example/api/mcp/nextcloud/oauth/callback"],
            "token_endpoint_auth_method": "client_secret_basic", "scope": "notes:read",
        }),
        json!({
            "client_name": "MCP Inspector", "client_uri": "https://github.com/modelcontextprotocol/inspector", "scope": "",
            "redirect_uris": ["http://localhost:6274/oauth/callback"], "token_endpoint_auth_method": "none",
            "grant_types": both, "response_types": ["code"],
        }),
    ]
}

#[tokio::test]
async fn what_common_clients_register_is_accepted_and_echoed() {
    for role in ROLES {
        let world = World::new(role).await;
        for client in common_clients() {
            let answer = register(&world, &client).await;
            assert_eq!(answer.status, StatusCode::CREATED, "{client}: {}", answer.text());
            let made = answer.json();
            assert_eq!(made["redirect_uris"], client["redirect_uris"], "{client}");
            assert_eq!(made["client_name"], client["client_name"]);
            let grants = made["grant_types"].as_array().expect("grants");
            assert!(grants.contains(&json!("refresh_token")), "{client}: {grants:?}");
            if let Some(asked) = client.get("token_endpoint_auth_method") {
                assert_eq!(&made["token_endpoint_auth_method"], asked, "{client}");
            }
        }
        // Open WebUI knows no other way than these two.
        let answer = register(&world, &common_clients()[5]).await.json();
        let method = answer["token_endpoint_auth_method"].as_str().expect("text");
        assert!(["none", "client_secret_post"].contains(&method), "{method}");
    }
}

#[tokio::test]
async fn d01_unsafe_redirect_uris_are_refused() {
    for role in ROLES {
        let world = World::new(role).await;
        for uri in [
            "javascript:alert(1)",
            "data:text/html,x",
            "http://app.example/cb",
            "https://*.example/cb",
            "https://app.example/cb#x",
            "https://user@app.example/cb",
            "/cb",
        ] {
            let answer = register(&world, &json!({"client_name": "x", "redirect_uris": [uri]})).await;
            answer.is(400, "invalid_redirect_uri");
            world.pass(60);
        }
        register(&world, &json!({"client_name": "x"}))
            .await
            .is(400, "invalid_redirect_uri");
    }
}

#[tokio::test]
async fn d02_the_eleventh_registration_in_a_minute_has_to_wait() {
    for role in ROLES {
        let world = World::new(role).await;
        for _ in 0..10 {
            assert_eq!(register(&world, &web()).await.status, StatusCode::CREATED);
        }
        let late = register(&world, &web()).await;
        assert_eq!(
            (late.status, late.header("retry-after")),
            (StatusCode::TOO_MANY_REQUESTS, Some("60"))
        );
        let told = late.json()["error_description"].to_string();
        assert!(told.contains("try again in 60 seconds"), "{told}");
        let mut elsewhere = request(Method::POST, &world.path(Endpoint::Register), None, Some(&web()));
        elsewhere.extensions_mut().insert(ClientAddress([192, 0, 2, 2].into()));
        assert_eq!(world.send(elsewhere).await.status, StatusCode::CREATED);
        for _ in 1..10 {
            world.pass(60);
            for _ in 0..10 {
                assert_eq!(register(&world, &web()).await.status, StatusCode::CREATED);
            }
        }
        world.pass(60);
        assert_eq!(
            register(&world, &web()).await.status,
            StatusCode::TOO_MANY_REQUESTS,
            "a hundred a day"
        );
    }
}

#[tokio::test]
async fn d03_a_full_house_evicts_the_oldest_unused_client_and_turns_nobody_away() {
    for role in ROLES {
        let world = World::with(role, |config| config.max_dynamic_clients = 3, |store| store).await;
        let mut ids = Vec::new();
        for _ in 0..3 {
            world.pass(60);
            ids.push(text(&register(&world, &native()).await, "client_id"));
        }
        // The first one is used, so the second one goes.
        let (code, _) = world
            .code_with(&ids[0], &["openid"], &[], |_, code| code.redirect_uri = None)
            .await;
        assert_eq!(
            world.redeem(&As::Public(&ids[0]), &code).await.error().0,
            400,
            "its address is another one"
        );
        let (code, _) = world
            .code_with(&ids[0], &["openid"], &[], |_, code| {
                code.redirect_uri = Some(REDIRECT.to_owned());
            })
            .await;
        assert_eq!(world.redeem(&As::Public(&ids[0]), &code).await.status, StatusCode::OK);
        for round in 0..100_u8 {
            let mut request = request(Method::POST, &world.path(Endpoint::Register), None, Some(&native()));
            request
                .extensions_mut()
                .insert(ClientAddress([192, 0, 2, round].into()));
            assert_eq!(world.send(request).await.status, StatusCode::CREATED, "{round}");
        }
        assert_eq!(
            world.store.count_clients(ClientKind::Dynamic).await.expect("counted"),
            3
        );
        assert!(world.store.find_client(&ids[0]).await.expect("found").is_some());
        assert!(world.store.find_client(&ids[1]).await.expect("found").is_none());
    }
}

#[tokio::test]
async fn d03_ten_thousand_registrations_leave_room_for_one_more() {
    const HOUSE: u64 = 10_000;
    let world = World::with(Role::Cloud, |config| config.max_dynamic_clients = HOUSE, |store| store).await;
    let path = world.path(Endpoint::Register);
    let mut ids = Vec::new();
    // Each from an address of its own, as ten a minute are the most from one.
    for number in 0..HOUSE + 5 {
        let [.., high, middle, low] = number.to_be_bytes();
        let mut request = request(Method::POST, &path, None, Some(&native()));
        let address = ClientAddress([10, high, middle, low].into());
        request.extensions_mut().insert(address);
        let answer = world.send(request).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{number}: {}", answer.text());
        ids.push(text(&answer, "client_id"));
        if number % 500 == 499 {
            world.pass(60);
        }
    }
    let count = world.store.count_clients(ClientKind::Dynamic).await.expect("counted");
    assert_eq!(count, HOUSE);
    for (number, id) in ids
        .iter()
        .enumerate()
        .filter(|(number, _)| *number < 10 || *number > 9_995)
    {
        let is_left = world.store.find_client(id).await.expect("found").is_some();
        assert_eq!(is_left, number >= 5, "{number}");
    }
}

#[tokio::test]
async fn d04_only_the_clients_own_token_manages_it() {
    for role in ROLES {
        let world = World::new(role).await;
        let (one, other) = (register(&world, &web()).await, register(&world, &web()).await);
        let (id, token, foreign) = (
            text(&one, "client_id"),
            text(&one, "registration_access_token"),
            text(&other, "registration_access_token"),
        );
        let secret = text(&one, "client_secret");
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            for bad in [None, Some(foreign.as_str()), Some(secret.as_str()), Some("x")] {
                let answer = manage(&world, method.clone(), &id, bad, Some(&web())).await;
                answer.is(401, "invalid_token");
                assert_eq!(
                    answer.header("www-authenticate"),
                    Some("Bearer error=\"invalid_token\"")
                );
            }
            manage(&world, method.clone(), "unknown", Some(&token), Some(&web()))
                .await
                .is(401, "invalid_token");
            let path = format!("{}/{id}", world.path(Endpoint::Register));
            let mut with_basic = request(method.clone(), &path, None, Some(&web()));
            with_basic
                .headers_mut()
                .insert(header::AUTHORIZATION, basic(&id, &secret).parse().expect("a value"));
            world.send(with_basic).await.is(401, "invalid_token");
            let in_query = request(method, &format!("{path}?access_token={token}"), None, Some(&web()));
            world.send(in_query).await.is(401, "invalid_token");
        }
        let read = manage(&world, Method::GET, &id, Some(&token), None).await;
        assert_eq!(read.status, StatusCode::OK);
        assert!(!read.text().contains(&secret) && !read.text().contains("client_secret\""));
    }
}

#[tokio::test]
async fn d05_a_replacement_holds_nothing_that_only_the_server_sets() {
    for role in ROLES {
        let world = World::new(role).await;
        let registered = register(&world, &web()).await;
        let (id, token) = (
            text(&registered, "client_id"),
            text(&registered, "registration_access_token"),
        );
        let put = async |token: &str, more: Value| {
            let mut body = web();
            body["client_id"] = json!(id);
            for (name, value) in more.as_object().expect("an object") {
                body[name] = value.clone();
            }
            manage(&world, Method::PUT, &id, Some(token), Some(&body)).await
        };
        for bad in [
            json!({"client_secret_expires_at": 0}),
            json!({"client_id_issued_at": 1}),
            json!({"registration_access_token": token}),
            json!({"registration_client_uri": "https://x.example"}),
            json!({"client_id": "another"}),
            json!({"client_id": null}),
            json!({"client_secret": "wrong"}),
            json!({"redirect_uris": []}),
        ] {
            assert_eq!(put(&token, bad.clone()).await.status, StatusCode::BAD_REQUEST, "{bad}");
        }
        let good = put(
            &token,
            json!({"client_name": "New name", "client_secret": text(&registered, "client_secret")}),
        )
        .await;
        assert_eq!(text(&good, "client_name"), "New name");
        let next = text(&good, "registration_access_token");
        put(&token, json!({})).await.is(401, "invalid_token");
        // Whole, not in part: what is left out is gone.
        let bare = put(&next, json!({"client_name": null})).await;
        assert_ne!(text(&bare, "client_name"), "New name");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn d05_of_parallel_replacements_with_one_token_one_counts() {
    for round in 0..6 {
        let world = Arc::new(World::new(ROLES[round % 2]).await);
        let registered = register(&world, &web()).await;
        let (id, token) = (
            text(&registered, "client_id"),
            text(&registered, "registration_access_token"),
        );
        let tasks: Vec<_> = (0..8)
            .map(|index| {
                let (world, id, token) = (Arc::clone(&world), id.clone(), token.clone());
                tokio::spawn(async move {
                    let mut body = web();
                    body["client_id"] = json!(id);
                    body["client_name"] = json!(format!("Web app {index}"));
                    (manage(&world, Method::PUT, &id, Some(&token), Some(&body)).await, index)
                })
            })
            .collect();
        let mut replaced = Vec::new();
        for task in tasks {
            let (answer, index) = task.await.expect("ended");
            if answer.status == StatusCode::OK {
                replaced.push((text(&answer, "registration_access_token"), index));
            } else {
                answer.is(401, "invalid_token");
            }
        }
        let [(fresh, index)] = replaced.as_slice() else {
            panic!("{} replacements in round {round}", replaced.len());
        };
        let read = manage(&world, Method::GET, &id, Some(fresh), None).await;
        assert_eq!(text(&read, "client_name"), format!("Web app {index}"));
        let entries = world.store.list_audit(100).await.expect("read");
        let replacements = entries.iter().filter(|entry| entry.document.contains("\"replaced\""));
        assert_eq!(replacements.count(), 1);
    }
}

#[tokio::test]
async fn d06_s01_a_deleted_client_is_gone_with_its_tokens() {
    for role in ROLES {
        let world = World::new(role).await;
        let registered = register(&world, &web()).await;
        let (id, secret, token) = (
            text(&registered, "client_id"),
            text(&registered, "client_secret"),
            text(&registered, "registration_access_token"),
        );
        let code = world.code(&id, &["openid", "notes:read"], &[NOTES]).await;
        let form = [
            &code_form(&code)[..],
            &[("client_id", id.as_str()), ("client_secret", secret.as_str())],
        ]
        .concat();
        let access = world.token(&As::Nobody, &form).await.get("access_token");
        assert!(world.is_live(&access, NOTES).await);
        let wrong = [
            &code_form(&code)[..],
            &[("client_id", id.as_str()), ("client_secret", "wrong")],
        ]
        .concat();
        world.token(&As::Nobody, &wrong).await.is(401, "invalid_client");
        let deleted = manage(&world, Method::DELETE, &id, Some(&token), None).await;
        assert_eq!((deleted.status, deleted.body.len()), (StatusCode::NO_CONTENT, 0));
        assert!(!world.is_live(&access, NOTES).await);
        for method in [Method::DELETE, Method::GET] {
            manage(&world, method, &id, Some(&token), None)
                .await
                .is(401, "invalid_token");
        }
        world.token(&As::Nobody, &form).await.is(401, "invalid_client");
        let subject = world.provider.subject(&UserId::new("ann")).await.expect("a subject");
        assert!(
            world
                .store
                .find_consent(&subject, &id, NOTES)
                .await
                .expect("read")
                .is_none()
        );
        assert_eq!(world.audited("client.registration").await, 2);
    }
}

#[tokio::test]
async fn d07_a_client_that_asks_for_no_secret_gets_none() {
    for role in ROLES {
        let world = World::new(role).await;
        let public = register(&world, &native()).await;
        assert_eq!(public.status, StatusCode::CREATED);
        assert_eq!(public.header("cache-control"), Some("no-store"));
        assert!(public.json().get("client_secret").is_none());
        assert_eq!(public.json()["client_secret_expires_at"], 0);
        assert_eq!(public.json()["token_endpoint_auth_method"], "none");
        let web = register(&world, &web()).await.json();
        let id = web["client_id"].as_str().expect("text");
        assert!(id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let secret = web["client_secret"].as_str().expect("text");
        assert!(secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(web["client_secret_expires_at"], world.now() + 86_400);
        assert_eq!(web["client_id_issued_at"], world.now());
        for (name, value) in [
            ("application_type", json!("web")),
            ("token_endpoint_auth_method", json!("client_secret_post")),
            ("response_types", json!(["code"])),
            ("grant_types", json!(["authorization_code"])),
            ("token_type", json!("opaque")),
            ("id_token_signed_response_alg", json!("ES256")),
            (
                "registration_client_uri",
                json!(format!("{}/{id}", world.provider.config().url(Endpoint::Register))),
            ),
        ] {
            assert_eq!(web[name], value, "{name}");
        }
    }
}

#[tokio::test]
async fn d08_an_ended_client_is_refused_everywhere() {
    for role in ROLES {
        let world = World::new(role).await;
        let registered = register(&world, &web()).await;
        let (id, secret) = (text(&registered, "client_id"), text(&registered, "client_secret"));
        let own = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
        // Used, it lives on from its last token.
        world.pass(86_000);
        let code = world.code(&id, &["openid", "offline_access"], &[]).await;
        let first = world.token(&As::Nobody, &[&code_form(&code)[..], &own].concat()).await;
        assert_eq!(
            world.find_client(&id).await.record.expires_at,
            Some(world.now() + 90 * 86_400)
        );
        let token = text(&registered, "registration_access_token");
        let access = first.get("access_token");
        world
            .change_client(&id, |client| client.record.expires_at = Some(1_800_000_000 + 86_001))
            .await;
        world.pass(1);
        let refresh = first.get("refresh_token");
        let form = [
            &[("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())][..],
            &own,
        ]
        .concat();
        world.token(&As::Nobody, &form).await.is(401, "invalid_client");
        let form = [&[("token", access.as_str())][..], &own].concat();
        world
            .post(Endpoint::Introspect, &As::Nobody, &form)
            .await
            .is(401, "invalid_client");
        world
            .post(Endpoint::Revoke, &As::Nobody, &form)
            .await
            .is(401, "invalid_client");
        manage(&world, Method::GET, &id, Some(&token), None)
            .await
            .is(401, "invalid_token");
        let authorize = format!("{}?client_id={id}&response_type=code", world.path(Endpoint::Authorize));
        let answer = world.get(&authorize).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (StatusCode::BAD_REQUEST, None)
        );
        let userinfo = world.provider.config().url(Endpoint::UserInfo);
        assert!(!world.is_live(&access, &userinfo).await);
    }
}

#[tokio::test]
async fn a_never_used_client_ends_after_a_day() {
    let world = World::new(Role::Cloud).await;
    let registered = register(&world, &web()).await;
    let (id, token) = (
        text(&registered, "client_id"),
        text(&registered, "registration_access_token"),
    );
    world.pass(86_399);
    assert_eq!(
        manage(&world, Method::GET, &id, Some(&token), None).await.status,
        StatusCode::OK
    );
    world.pass(1);
    manage(&world, Method::GET, &id, Some(&token), None)
        .await
        .is(401, "invalid_token");
}

#[tokio::test]
async fn registration_is_off_or_needs_an_initial_access_token_or_is_open() {
    for role in ROLES {
        let world = World::with(
            role,
            |config| config.registration = RegistrationMode::Off,
            |store| store,
        )
        .await;
        register(&world, &web())
            .await
            .is(400, "dynamic_registration_not_allowed");
        world.set("dynamic_client_registration", "initial-access-token").await;
        register(&world, &web()).await.is(401, "invalid_token");
        let ticket = TicketRecord {
            kind: TicketKind::InitialAccessToken,
            key: Digest::of("initial"),
            document: serde_json::to_string(&InitialAccessDocument {
                resources: vec!["https://api.example/closed".to_owned()],
            })
            .expect("writable"),
            expires_at: world.now() + 100,
        };
        let unit = world.store.begin().await.expect("a unit");
        unit.put_ticket(&ticket).await.expect("stored");
        unit.commit().await.expect("committed");
        world
            .resource("https://api.example/closed", None, &ResourceDocument::default())
            .await;
        let mut body = web();
        body["resource_url"] = json!("https://api.example/closed");
        let attempt = async |token: &str| {
            world
                .send(request(
                    Method::POST,
                    &world.path(Endpoint::Register),
                    Some(token),
                    Some(&body),
                ))
                .await
        };
        attempt("wrong").await.is(401, "invalid_token");
        let registered = attempt("initial").await;
        let client = world.find_client(&text(&registered, "client_id")).await;
        assert_eq!(client.document.resources, ["https://api.example/closed"]);
        assert_eq!(
            client.document.default_resource.as_deref(),
            Some("https://api.example/closed")
        );
        world.pass(100);
        attempt("initial").await.is(401, "invalid_token");
        world.set("dynamic_client_registration", "true").await;
        let open = register(&world, &body).await;
        let client = world.find_client(&text(&open, "client_id")).await;
        assert_eq!(
            (client.document.resources, client.document.default_resource),
            (Vec::new(), None)
        );
    }
}

#[tokio::test]
async fn scopes_are_kept_within_what_is_offered_and_within_the_limits() {
    for role in ROLES {
        let world = World::new(role).await;
        let attempt = async |scope: &str| {
            world.pass(60);
            let mut body = web();
            body["scope"] = json!(scope);
            register(&world, &body).await
        };
        assert_eq!(
            text(&attempt("openid notes.read made:up admin:read").await, "scope"),
            "notes:read openid"
        );
        attempt("made:up").await.is(400, "invalid_client_metadata");
        attempt(&"x".repeat(4097)).await.is(400, "invalid_client_metadata");
        attempt(&format!("openid {}", "x".repeat(129)))
            .await
            .is(400, "invalid_client_metadata");
        let many: Vec<String> = (0..257).map(|index| format!("s{index}")).collect();
        attempt(&many.join(" ")).await.is(400, "invalid_client_metadata");
    }
}

#[tokio::test]
async fn a_registration_is_json_of_bounded_size() {
    let world = World::new(Role::Cloud).await;
    let path = world.path(Endpoint::Register);
    let form = Request::post(&path)
        .body(Body::from(web().to_string()))
        .expect("a request");
    assert_eq!(world.send(form).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let mut long = web();
    long["client_uri"] = json!("x".repeat(33 * 1024));
    register(&world, &long).await.is(400, "invalid_client_metadata");
    register(&world, &json!([])).await.is(400, "invalid_client_metadata");
    assert_eq!(world.get(&path).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a22_a_name_that_deceives_is_refused_at_registration() {
    for role in ROLES {
        let world = World::new(role).await;
        for name in [
            "",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{200f}b",
            "a\u{7}b",
            &"n".repeat(129),
        ] {
            let mut named = web();
            named["client_name"] = json!(name);
            let refused = register(&world, &named).await;
            refused.is(400, "invalid_client_metadata");
        }
        let mut named = web();
        named["client_name"] = json!("Wiki");
        assert_eq!(register(&world, &named).await.status, StatusCode::CREATED);
    }
}

#[tokio::test]
async fn a_replacement_does_not_undo_what_an_administrator_decided() {
    use nc_provider::admin::{Admin, ClientChange, WhichClient};
    for role in ROLES {
        let world = World::new(role).await;
        let registered = register(&world, &web()).await;
        let (id, token) = (
            text(&registered, "client_id"),
            text(&registered, "registration_access_token"),
        );
        let admin = Admin::new(&*world.store, world.now(), "root");
        let decided = vec![
            ClientChange::AllowedScopes(Some(vec!["openid".to_owned()])),
            ClientChange::TokensAreJwt(Some(true)),
            ClientChange::Name("Web app of a stranger".to_owned()),
        ];
        admin
            .change_client(WhichClient::Id(&id), decided)
            .await
            .expect("changed");
        let mut body = web();
        body["client_id"] = json!(id);
        body["scope"] = json!("openid notes:write");
        body["token_type"] = json!("opaque");
        let replaced = manage(&world, Method::PUT, &id, Some(&token), Some(&body)).await;
        assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.text());
        for (name, value) in [
            ("scope", "openid"),
            ("token_type", "jwt"),
            ("client_name", "Web app of a stranger"),
        ] {
            assert_eq!(text(&replaced, name), value);
        }
    }
}

#[tokio::test]
async fn a_replacement_does_not_bring_back_an_address_that_an_administrator_removed() {
    use nc_provider::admin::{Admin, ClientChange, WhichClient};
    for role in ROLES {
        let world = World::new(role).await;
        let two = json!([REDIRECT, "https://app.example/removed"]);
        let mut body = web();
        body["redirect_uris"] = two.clone();
        let registered = register(&world, &body).await;
        let (id, token) = (
            text(&registered, "client_id"),
            text(&registered, "registration_access_token"),
        );
        body["client_id"] = json!(id);
        let replace = async |token: &str, body: &Value| {
            let replaced = manage(&world, Method::PUT, &id, Some(token), Some(body)).await;
            assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.text());
            let token = text(&replaced, "registration_access_token");
            (replaced.json()["redirect_uris"].clone(), token)
        };
        let admin = Admin::new(&*world.store, world.now(), "root");
        let decide = async |change: ClientChange| {
            let changed = admin.change_client(WhichClient::Id(&id), vec![change]).await;
            changed.expect("changed");
        };
        // What nobody decided, the client says.
        decide(ClientChange::Name("Web app of a stranger".to_owned())).await;
        let (uris, token) = replace(&token, &body).await;
        assert_eq!(uris, two);
        decide(ClientChange::RemoveRedirectUri(
            "https://app.example/removed".to_owned(),
        ))
        .await;
        let (uris, token) = replace(&token, &body).await;
        assert_eq!(uris, json!([REDIRECT]));
        decide(ClientChange::AddRedirectUri("https://app.example/added".to_owned())).await;
        let (uris, _) = replace(&token, &body).await;
        assert_eq!(uris, json!([REDIRECT, "https://app.example/added"]));
        let stored = world.find_client(&id).await.document.redirect_uris;
        assert_eq!(json!(stored), uris);
    }
}

#[tokio::test]
async fn a_name_that_is_no_text_is_that_of_no_client() {
    for role in ROLES {
        let world = World::new(role).await;
        let registered = register(&world, &web()).await;
        let token = text(&registered, "registration_access_token");
        for (method, body) in [(Method::GET, None), (Method::PUT, Some(web())), (Method::DELETE, None)] {
            let unknown = manage(&world, method.clone(), "nobody", Some(&token), body.as_ref()).await;
            let garbled = manage(&world, method.clone(), "%FF", Some(&token), body.as_ref()).await;
            assert_eq!(garbled.status, StatusCode::UNAUTHORIZED, "{method}: {}", garbled.text());
            assert_eq!(garbled.text(), unknown.text(), "{method}");
        }
    }
}
