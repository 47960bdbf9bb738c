//! Answers that must not tell anything take the same questions to the store.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_proto::oauth::{
    client_auth::{AuthMethod, JWT_ASSERTION},
    jose::{Algorithm, JwkSet},
};
use nc_provider::{Endpoint, ResourceDocument, Role, SigningKey};
use serde_json::json;

use super::{
    counting::Counting,
    world::{Answer, As, ROLES, World, basic},
};

const API: &str = "https://api.example/shop";

async fn counted(role: Role) -> (World, Arc<Counting>) {
    let mut counting = None;
    let world = World::with(
        role,
        |_| {},
        |store| {
            let wrapped = Counting::new(store);
            counting = Some(Arc::clone(&wrapped));
            wrapped
        },
    )
    .await;
    (world, counting.expect("wrapped"))
}

#[tokio::test]
async fn t15_a_wrong_secret_and_an_unknown_client_cost_and_answer_the_same() {
    for role in ROLES {
        let (world, store) = counted(role).await;
        world.client("app", |_| {}).await;
        world
            .client("basic", |document| document.auth_method = AuthMethod::ClientSecretBasic)
            .await;
        world
            .client("public", |document| document.auth_method = AuthMethod::None)
            .await;
        world.client("stopped", |_| {}).await;
        world
            .change_client("stopped", |client| client.record.disabled = true)
            .await;
        let attempt = async |id: &str, secret: &str| -> (Answer, Vec<&'static str>) {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", "x"),
                ("client_id", id),
                ("client_secret", secret),
            ];
            store.take();
            let answer = world.token(&As::Nobody, &form).await;
            (answer, store.take())
        };
        attempt("app", "wrong").await;
        let (wrong, work) = attempt("app", "wrong").await;
        wrong.is(401, "invalid_client");
        assert_eq!(work, ["find_client"]);
        for (id, secret) in [
            ("unknown", "wrong"),
            ("public", "wrong"),
            ("basic", "basic-secret"),
            ("stopped", "stopped-secret"),
        ] {
            let (other, other_work) = attempt(id, secret).await;
            assert_eq!(
                (other.status, &other.body, &other.headers),
                (wrong.status, &wrong.body, &wrong.headers),
                "{id}"
            );
            assert_eq!(other_work, work, "{id}");
        }
    }
}

#[tokio::test]
async fn t15_the_same_holds_for_basic_and_for_signed_assertions() {
    for role in ROLES {
        let (world, store) = counted(role).await;
        world.client("post", |_| {}).await;
        world
            .client("basic", |document| document.auth_method = AuthMethod::ClientSecretBasic)
            .await;
        let key = SigningKey::generate(Algorithm::Es256, 2048).expect("a key");
        let set = JwkSet(vec![key.public().clone()]).to_value();
        world
            .client("signer", |document| {
                document.auth_method = AuthMethod::PrivateKeyJwt;
                document.jwks = Some(set);
            })
            .await;
        let attempt = async |authorization: Option<String>, form: &[(&str, &str)]| -> (Answer, Vec<&'static str>) {
            let form = [&[("grant_type", "refresh_token"), ("refresh_token", "x")], form].concat();
            let mut request = world.form(Endpoint::Token, &As::Nobody, &form);
            if let Some(value) = authorization {
                let headers = request.headers_mut();
                headers.insert(http::header::AUTHORIZATION, value.parse().expect("a value"));
            }
            store.take();
            let answer = world.send(request).await;
            (answer, store.take())
        };
        let by_basic = async |id: &str, secret: &str| attempt(Some(basic(id, secret)), &[]).await;
        // By the key that is known, but not the one that it was signed with: whoever has the name of the key can say it.
        let stranger = SigningKey::generate(Algorithm::Es256, 2048).expect("a key");
        let by_assertion = async |id: &str| {
            let claims = json!({
                "iss": id, "sub": id, "aud": world.provider.config().issuer, "exp": world.now() + 60, "jti": "1",
            });
            let signed = stranger.sign("JWT", &claims).expect("signed");
            let rest = signed.split_once('.').expect("a token").1;
            let header = json!({"typ": "JWT", "alg": "ES256", "kid": key.kid()}).to_string();
            let assertion = format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header));
            let form = [
                ("client_assertion_type", JWT_ASSERTION),
                ("client_assertion", assertion.as_str()),
            ];
            attempt(None, &form).await
        };
        by_basic("basic", "wrong").await;
        let (wrong, work) = by_basic("basic", "wrong").await;
        wrong.is(401, "invalid_client");
        assert_eq!(work, ["find_client"]);
        let others = [
            ("a wrong key", by_assertion("signer").await),
            ("no such signer", by_assertion("nobody").await),
            ("a client without a key", by_assertion("post").await),
            ("no such name", by_basic("nobody", "wrong").await),
            ("another way", by_basic("post", "post-secret").await),
            ("a signer with a secret", by_basic("signer", "signer-secret").await),
        ];
        for (what, (answer, other_work)) in others {
            assert_eq!(
                (answer.status, &answer.body, &answer.headers),
                (wrong.status, &wrong.body, &wrong.headers),
                "{what}"
            );
            assert_eq!(other_work, work, "{what}");
        }
    }
}

#[tokio::test]
async fn i02_i03_every_inactive_answer_costs_the_same() {
    for role in ROLES {
        let (world, store) = counted(role).await;
        for id in ["app", "server", "third"] {
            world
                .client(id, |document| document.resources = vec![API.to_owned()])
                .await;
        }
        let document = ResourceDocument {
            scopes: vec!["notes:read".to_owned()],
            ..ResourceDocument::default()
        };
        world.resource(API, Some("server"), &document).await;
        let code = world
            .code("app", &["openid", "notes:read", "offline_access"], &[API])
            .await;
        let first = world.redeem(&As::Post("app"), &code).await;
        let (spent, ended) = (first.get("refresh_token"), first.get("access_token"));
        let second = world.refresh(&As::Post("app"), &spent).await;
        let (live, refresh) = (second.get("access_token"), second.get("refresh_token"));
        let ask = async |who: &'static str, token: &str| {
            store.take();
            let answer = world
                .post(Endpoint::Introspect, &As::Post(who), &[("token", token)])
                .await;
            assert_eq!(answer.text(), "{\"active\":false}");
            store.take()
        };
        ask("third", "unknown").await;
        let work = ask("third", "unknown").await;
        assert!(work.contains(&"find_token"), "{work:?}");
        for token in [
            live.as_str(),
            &refresh,
            &spent,
            &ended,
            "nca_malformed",
            "a.b.c",
            "ncc_x",
        ] {
            assert_eq!(ask("third", token).await, work, "{token}");
        }
        for token in [refresh.as_str(), &spent, &ended, "x"] {
            assert_eq!(ask("server", token).await, work, "{token}");
        }
    }
}
