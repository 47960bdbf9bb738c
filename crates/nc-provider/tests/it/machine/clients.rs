//! Who a client is, and what a request for tokens may look like.

use axum::body::Body;
use http::{Request, StatusCode, header};
use nc_proto::oauth::client_auth::AuthMethod;
use nc_provider::{Endpoint, Role};
use nc_web::ClientAddress;

use super::world::{As, ROLES, World, basic, code_form};

async fn world(role: Role) -> World {
    let world = World::new(role).await;
    world.client("app", |_| {}).await;
    world
        .client("odd id:%", |document| {
            document.auth_method = AuthMethod::ClientSecretBasic;
        })
        .await;
    world
        .client("public", |document| document.auth_method = AuthMethod::None)
        .await;
    world
}

fn with_header(world: &World, value: &str, form: &[(&str, &str)]) -> Request<Body> {
    let mut request = world.form(Endpoint::Token, &As::Nobody, form);
    request
        .headers_mut()
        .insert(header::AUTHORIZATION, value.parse().expect("a value"));
    request
}

const REFRESH: [(&str, &str); 2] = [("grant_type", "refresh_token"), ("refresh_token", "x")];

#[tokio::test]
async fn t16_two_credentials_are_an_invalid_request() {
    for role in ROLES {
        let world = world(role).await;
        let form = [&REFRESH[..], &[("client_id", "app"), ("client_secret", "app-secret")]].concat();
        world
            .send(with_header(&world, &basic("app", "app-secret"), &form))
            .await
            .is(400, "invalid_request");
        let mut request = with_header(&world, &basic("app", "app-secret"), &REFRESH);
        request
            .headers_mut()
            .append(header::AUTHORIZATION, "Bearer x".parse().expect("a value"));
        world.send(request).await.is(400, "invalid_request");
    }
}

#[tokio::test]
async fn t17_basic_is_decoded_as_forms_are() {
    for role in ROLES {
        let world = world(role).await;
        for bad in ["Basic !!!", "Basic YXBw", "Bearer abc", "Basic"] {
            let answer = world.send(with_header(&world, bad, &REFRESH)).await;
            answer.is(401, "invalid_client");
            assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"oidc\""), "{bad}");
        }
        // Known by now; only the refresh token is wrong.
        world
            .token(&As::Basic("odd id:%"), &REFRESH)
            .await
            .is(400, "invalid_grant");
        let raw = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, "odd id:%:odd id:%-secret");
        world
            .send(with_header(&world, &format!("Basic {raw}"), &REFRESH))
            .await
            .is(401, "invalid_client");
    }
}

#[tokio::test]
async fn t18_a_public_client_has_no_secret_to_send() {
    for role in ROLES {
        let world = world(role).await;
        world
            .token(&As::Post("public"), &REFRESH)
            .await
            .is(401, "invalid_client");
        world
            .token(&As::Basic("public"), &REFRESH)
            .await
            .is(401, "invalid_client");
        world
            .token(&As::Public("public"), &REFRESH)
            .await
            .is(400, "invalid_grant");
    }
}

#[tokio::test]
async fn t19_r_f28_a_confidential_client_needs_its_secret_the_registered_way() {
    for role in ROLES {
        let world = world(role).await;
        world
            .token(&As::Public("app"), &REFRESH)
            .await
            .is(401, "invalid_client");
        world.token(&As::Basic("app"), &REFRESH).await.is(401, "invalid_client");
        world.token(&As::Nobody, &REFRESH).await.is(401, "invalid_client");
        world.token(&As::Post("app"), &REFRESH).await.is(400, "invalid_grant");
    }
}

#[tokio::test]
async fn t20_other_grants_are_not_supported() {
    for role in ROLES {
        let world = world(role).await;
        for grant in [
            "password",
            "implicit",
            "urn:ietf:params:oauth:grant-type:device_code",
            "x",
        ] {
            let form = [("grant_type", grant), ("username", "ann"), ("password", "pw")];
            world
                .token(&As::Post("app"), &form)
                .await
                .is(400, "unsupported_grant_type");
        }
        world.token(&As::Post("app"), &[]).await.is(400, "invalid_request");
    }
}

#[tokio::test]
async fn t21_only_posted_forms_without_repetition_are_read() {
    for role in ROLES {
        let world = world(role).await;
        let path = world.path(Endpoint::Token);
        for media_type in [Some("application/json"), Some("text/plain"), None] {
            let mut request = Request::post(&path);
            if let Some(media_type) = media_type {
                request = request.header(header::CONTENT_TYPE, media_type);
            }
            let request = request
                .body(Body::from("{\"grant_type\":\"refresh_token\"}"))
                .expect("a request");
            assert_eq!(world.send(request).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        assert_eq!(world.get(&path).await.status, StatusCode::METHOD_NOT_ALLOWED);
        let twice = [&REFRESH[..], &[("refresh_token", "y")]].concat();
        world.token(&As::Post("app"), &twice).await.is(400, "invalid_request");
        let resources = [
            &REFRESH[..],
            &[("resource", "https://a.example"), ("resource", "https://b.example")],
        ]
        .concat();
        world.token(&As::Post("app"), &resources).await.is(400, "invalid_grant");
        let long = "x".repeat(65 * 1024);
        world
            .token(&As::Post("app"), &[("grant_type", &long)])
            .await
            .is(400, "invalid_request");
    }
}

#[tokio::test]
async fn t22_the_eleventh_bad_secret_in_a_minute_has_to_wait() {
    for role in ROLES {
        let world = world(role).await;
        let attempt = async |address: u8, id: &str, secret: &str| {
            let form = [&REFRESH[..], &[("client_id", id), ("client_secret", secret)]].concat();
            let mut request = world.form(Endpoint::Token, &As::Nobody, &form);
            request
                .extensions_mut()
                .insert(ClientAddress([192, 0, 2, address].into()));
            world.send(request).await
        };
        for _ in 0..10 {
            attempt(1, "app", "wrong").await.is(401, "invalid_client");
        }
        let eleventh = attempt(1, "app", "app-secret").await;
        assert_eq!(
            eleventh.status,
            StatusCode::TOO_MANY_REQUESTS,
            "even with the right secret"
        );
        assert_eq!(eleventh.header("retry-after"), Some("60"));
        attempt(2, "app", "app-secret").await.is(400, "invalid_grant");
        world.pass(60);
        attempt(1, "app", "app-secret").await.is(400, "invalid_grant");
    }
}

#[tokio::test]
async fn a_disabled_and_an_ended_client_are_unknown() {
    for role in ROLES {
        let world = world(role).await;
        let code = world.code("app", &["openid"], &[]).await;
        world.change_client("app", |client| client.record.disabled = true).await;
        world
            .token(&As::Post("app"), &code_form(&code))
            .await
            .is(401, "invalid_client");
        let now = world.now();
        world
            .change_client("app", |client| {
                client.record.disabled = false;
                client.record.expires_at = Some(now);
            })
            .await;
        world
            .token(&As::Post("app"), &code_form(&code))
            .await
            .is(401, "invalid_client");
    }
}

#[tokio::test]
async fn basic_can_be_switched_off() {
    for role in ROLES {
        let world = world(role).await;
        world.set("disable_auth_client_secret_basic", "true").await;
        world
            .token(&As::Basic("odd id:%"), &REFRESH)
            .await
            .is(401, "invalid_client");
        let metadata = world.get("/.well-known/openid-configuration").await.json();
        assert!(!metadata.to_string().contains("client_secret_basic"));
    }
}
