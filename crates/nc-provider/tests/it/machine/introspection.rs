//! What tokens are worth, and to whom.

use http::{Request, StatusCode, header};
use nc_proto::oauth::client_auth::AuthMethod;
use nc_provider::{Endpoint, ResourceDocument, Role};
use serde_json::json;

use super::world::{As, NOTES, ROLES, World};

const API: &str = "https://api.example/shop";
const SCOPES: &[&str] = &["openid", "notes:read", "files:read", "offline_access"];

async fn world(role: Role) -> World {
    let world = World::new(role).await;
    for id in ["app", "server", "third"] {
        world
            .client(id, |document| document.resources = vec![API.to_owned()])
            .await;
    }
    world
        .client("public", |document| document.auth_method = AuthMethod::None)
        .await;
    let document = ResourceDocument {
        scopes: vec!["notes:read".to_owned()],
        ..ResourceDocument::default()
    };
    world.resource(API, Some("server"), &document).await;
    world
}

async fn tokens(world: &World, resources: &[&str]) -> (String, String) {
    let code = world.code("app", SCOPES, resources).await;
    let answer = world.redeem(&As::Post("app"), &code).await;
    (answer.get("access_token"), answer.get("refresh_token"))
}

async fn ask(world: &World, who: &As<'_>, token: &str) -> super::world::Answer {
    world.post(Endpoint::Introspect, who, &[("token", token)]).await
}

#[tokio::test]
async fn i01_only_clients_with_a_secret_may_ask() {
    for role in ROLES {
        let world = world(role).await;
        for who in [
            As::Nobody,
            As::Public("public"),
            As::Public("app"),
            As::Basic("app"),
            As::Post("nobody"),
        ] {
            ask(&world, &who, "x").await.is(401, "invalid_client");
        }
    }
}

#[tokio::test]
async fn i02_i03_every_inactive_answer_has_the_same_bytes() {
    for role in ROLES {
        let world = world(role).await;
        let (access, refresh) = tokens(&world, &[API]).await;
        let (revoked, _) = tokens(&world, &[API]).await;
        world
            .post(Endpoint::Revoke, &As::Post("app"), &[("token", &revoked)])
            .await;
        let mut answers = vec![
            ask(&world, &As::Post("third"), &access).await,
            ask(&world, &As::Post("third"), &refresh).await,
            ask(&world, &As::Post("server"), &refresh).await,
            ask(&world, &As::Post("server"), &revoked).await,
            ask(&world, &As::Post("app"), &revoked).await,
        ];
        for unknown in [
            "x",
            "nca_",
            "eyJhbGciOiJFUzI1NiJ9.e30.c2ln",
            &format!("{access}x"),
            "ncc_abc",
            "\u{e4}",
        ] {
            answers.push(ask(&world, &As::Post("server"), unknown).await);
        }
        world.pass(300);
        answers.push(ask(&world, &As::Post("app"), &access).await);
        answers.push(ask(&world, &As::Post("server"), &access).await);
        let first = &answers[0];
        for answer in &answers {
            assert_eq!(
                (answer.status, answer.text().as_str()),
                (StatusCode::OK, "{\"active\":false}")
            );
            assert_eq!(answer.headers, first.headers);
        }
        assert_eq!(world.audited("introspection.denied").await, answers.len());
    }
}

#[tokio::test]
async fn i04_the_owner_and_the_resource_server_are_told() {
    for role in ROLES {
        for format in ["opaque", "jwt"] {
            let world = world(role).await;
            world.set("default_token_type", format).await;
            let (access, refresh) = tokens(&world, &[API, NOTES]).await;
            let owner = ask(&world, &As::Post("app"), &access).await.json();
            assert_eq!(owner["active"], true);
            assert_eq!(owner["aud"], json!([API, NOTES]));
            assert_eq!(owner["exp"], world.now() + 300);
            assert_eq!(owner["iat"], world.now());
            assert_eq!(
                (&owner["client_id"], &owner["username"]),
                (&json!("app"), &json!("ann"))
            );
            assert_eq!(owner["scope"], "notes:read offline_access openid");
            assert_eq!(owner["sid"], "session-1");
            assert_eq!(owner["iss"], world.provider.config().issuer);
            let server = ask(&world, &As::Post("server"), &access).await;
            assert_eq!(server.header("cache-control"), Some("no-store"));
            assert_eq!(server.json()["sub"], owner["sub"]);
            assert_eq!(server.json()["scope"], "notes:read offline_access openid");
            let refresh = ask(&world, &As::Post("app"), &refresh).await.json();
            assert_eq!(
                (&refresh["active"], &refresh["client_id"]),
                (&json!(true), &json!("app"))
            );
        }
    }
}

#[tokio::test]
async fn i04_a_resource_server_sees_the_scopes_of_its_resource_only() {
    for role in ROLES {
        let world = world(role).await;
        let (access, _) = tokens(&world, &[API, super::world::FILES]).await;
        let owner = ask(&world, &As::Post("app"), &access).await.json();
        assert_eq!(owner["scope"], "files:read notes:read offline_access openid");
        let server = ask(&world, &As::Post("server"), &access).await.json();
        assert_eq!(server["scope"], "notes:read offline_access openid");
    }
}

#[tokio::test]
async fn i05_claiming_a_resource_does_not_make_its_server() {
    for role in ROLES {
        let world = world(role).await;
        let body = json!({"redirect_uris": ["https://evil.example/cb"], "resource_url": API, "client_name": "Evil",
            "token_endpoint_auth_method": "client_secret_post"});
        let request = Request::post(world.path(Endpoint::Register)).header(header::CONTENT_TYPE, "application/json");
        let registered = world
            .send(request.body(body.to_string().into()).expect("a request"))
            .await;
        assert_eq!(registered.status, StatusCode::CREATED, "{}", registered.text());
        let (access, _) = tokens(&world, &[API]).await;
        let (id, secret) = (
            registered.json()["client_id"].clone(),
            registered.json()["client_secret"].clone(),
        );
        let form = [
            ("client_id", id.as_str().expect("an id")),
            ("client_secret", secret.as_str().expect("a secret")),
            ("token", &access),
        ];
        let answer = world.post(Endpoint::Introspect, &As::Nobody, &form).await;
        assert_eq!(answer.text(), "{\"active\":false}");
        // Its own wish for a token for that resource is not granted either.
        let found = world.find_client(id.as_str().expect("an id")).await;
        assert_eq!(found.document.requested_resource.as_deref(), Some(API));
        assert_eq!(
            (found.document.default_resource, found.document.resources),
            (None, Vec::new())
        );
    }
}

#[tokio::test]
async fn i06_after_a_refresh_the_old_access_token_is_inactive() {
    for role in ROLES {
        let world = world(role).await;
        let (access, refresh) = tokens(&world, &[API]).await;
        world.refresh(&As::Post("app"), &refresh).await.get("access_token");
        assert_eq!(
            ask(&world, &As::Post("server"), &access).await.text(),
            "{\"active\":false}"
        );
        assert_eq!(
            ask(&world, &As::Post("app"), &refresh).await.text(),
            "{\"active\":false}"
        );
    }
}

#[tokio::test]
async fn i07_asking_is_posting_a_token() {
    for role in ROLES {
        let world = world(role).await;
        assert_eq!(
            world.get(&world.path(Endpoint::Introspect)).await.status,
            StatusCode::METHOD_NOT_ALLOWED
        );
        world
            .post(Endpoint::Introspect, &As::Post("server"), &[])
            .await
            .is(400, "invalid_request");
    }
}

#[tokio::test]
async fn introspection_can_be_switched_off_and_has_a_limit() {
    for role in ROLES {
        let world = world(role).await;
        for _ in 0..600 {
            assert_eq!(ask(&world, &As::Post("server"), "x").await.status, StatusCode::OK);
        }
        let late = ask(&world, &As::Post("server"), "x").await;
        assert_eq!(
            (late.status, late.header("retry-after")),
            (StatusCode::TOO_MANY_REQUESTS, Some("60"))
        );
        assert_eq!(
            world.audited("introspection.denied").await,
            60,
            "the rest says nothing new"
        );
        assert_eq!(ask(&world, &As::Post("third"), "x").await.status, StatusCode::OK);
        world.set("introspection_enabled", "false").await;
        assert_eq!(ask(&world, &As::Post("third"), "x").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn no_page_of_another_origin_may_introspect() {
    for role in ROLES {
        let world = world(role).await;
        let request = Request::options(world.path(Endpoint::Introspect))
            .header(header::ORIGIN, "https://page.example")
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
        let answer = world
            .send(request.body(axum::body::Body::empty()).expect("a request"))
            .await;
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_token_of_a_disabled_user_or_client_is_inactive() {
    for role in ROLES {
        let world = world(role).await;
        let (access, _) = tokens(&world, &[API]).await;
        world.people.disable("ann");
        assert_eq!(
            ask(&world, &As::Post("server"), &access).await.text(),
            "{\"active\":false}"
        );
        assert!(!world.is_live(&access, API).await);
        world.people.put(super::world::ann());
        assert!(world.is_live(&access, API).await);
        world.change_client("app", |client| client.record.disabled = true).await;
        assert_eq!(
            ask(&world, &As::Post("server"), &access).await.text(),
            "{\"active\":false}"
        );
        assert!(!world.is_live(&access, API).await);
    }
}

#[tokio::test]
async fn i04_a_resource_server_may_be_named_by_its_own_client_id() {
    for role in ROLES {
        for format in ["opaque", "jwt"] {
            let world = world(role).await;
            world.set("default_token_type", format).await;
            let document = ResourceDocument {
                scopes: vec!["notes:read".to_owned()],
                ..ResourceDocument::default()
            };
            world.resource("server", Some("server"), &document).await;
            world
                .change_client("app", |client| client.document.resources.push("server".to_owned()))
                .await;
            let (access, _) = tokens(&world, &["server"]).await;
            let told = ask(&world, &As::Post("server"), &access).await.json();
            assert_eq!((&told["active"], &told["aud"]), (&json!(true), &json!("server")));
            assert_eq!(told["scope"], "notes:read offline_access openid");
            // Who only has a client id speaks for nothing by that.
            let third = ask(&world, &As::Post("third"), &access).await;
            assert_eq!(third.text(), "{\"active\":false}");
            let (other, _) = tokens(&world, &[API]).await;
            world.resource(API, None, &document).await;
            let told = ask(&world, &As::Post("server"), &other).await;
            assert_eq!(told.text(), "{\"active\":false}");
        }
    }
}

#[tokio::test]
async fn i05_a_client_that_replaces_its_registration_may_wish_for_its_own_id_and_gets_nothing_by_it() {
    for role in ROLES {
        let world = world(role).await;
        let send = async |request: http::request::Builder, body: &serde_json::Value| {
            let request = request.header(header::CONTENT_TYPE, "application/json");
            let request = request.body(axum::body::Body::from(body.to_string()));
            world.send(request.expect("a request")).await.json()
        };
        let mut body = json!({"client_name": "App", "redirect_uris": ["https://app.example/cb"]});
        let registered = send(Request::post(world.path(Endpoint::Register)), &body).await;
        let id = registered["client_id"].as_str().expect("text").to_owned();
        let token = registered["registration_access_token"].as_str().expect("text");
        let path = format!("{}/{id}", world.path(Endpoint::Register));
        let replace = |token: &str| Request::put(&path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        body["client_id"] = json!(id);
        body["resource_url"] = json!("another-id");
        assert_eq!(send(replace(token), &body).await["error"], "invalid_client_metadata");
        body["resource_url"] = json!(id);
        let replaced = send(replace(token), &body).await;
        assert_eq!(replaced["resource_url"], id);
        assert_eq!(world.find_client(&id).await.document.default_resource, None);
        assert!(world.store.find_resource(&id).await.expect("read").is_none());
    }
}

#[tokio::test]
async fn the_name_of_a_signed_token_is_no_token() {
    for role in ROLES {
        let world = world(role).await;
        world.set("default_token_type", "jwt").await;
        let (access, _) = tokens(&world, &[API]).await;
        let jti = ask(&world, &As::Post("app"), &access).await.get("jti");
        for who in [As::Post("app"), As::Post("server"), As::Post("third")] {
            let (named, unknown) = (ask(&world, &who, &jti).await, ask(&world, &who, "x").await);
            assert_eq!(named.text(), "{\"active\":false}", "{who:?}");
            assert_eq!((named.status, named.headers), (unknown.status, unknown.headers));
        }
        for form in [
            &[("token", jti.as_str())][..],
            &[("token", &jti), ("token_type_hint", "access_token")],
        ] {
            let given_up = world.post(Endpoint::Revoke, &As::Post("app"), form).await;
            assert_eq!(given_up.status, StatusCode::OK);
        }
        assert!(world.is_live(&access, API).await);
        assert_eq!(world.audited("token.revoked").await, 0);
        let code = world.code("app", &["openid"], &[]).await;
        let access = world.redeem(&As::Post("app"), &code).await.get("access_token");
        let jti = ask(&world, &As::Post("app"), &access).await.get("jti");
        for (token, status) in [(access, StatusCode::OK), (jti, StatusCode::UNAUTHORIZED)] {
            let request = Request::get(world.path(Endpoint::UserInfo));
            let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            let told = world.send(request.body(axum::body::Body::empty()).expect("a request"));
            assert_eq!(told.await.status, status);
        }
    }
}
