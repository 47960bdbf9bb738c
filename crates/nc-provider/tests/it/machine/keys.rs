//! Clients that prove that they have a key: assertions and proofs of possession.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use axum::body::Body;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{Request, StatusCode, header};
use nc_proto::oauth::{
    client_auth::{AuthMethod, JWT_ASSERTION},
    dpop::access_token_hash,
    jose::{Algorithm, JwkSet},
};
use nc_provider::{Endpoint, Role, SigningKey};
use serde_json::{Value, json};

use super::world::{Answer, As, ROLES, World, code_form};

const SCOPES: &[&str] = &["openid", "notes:read", "offline_access"];

/// A client's key for proofs.
struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    fn jwk(&self) -> Value {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encode(header), encode(claims));
        let signature = self.0.sign(&SystemRandom::new(), input.as_bytes()).expect("signed");
        format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    fn header(&self) -> Value {
        json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()})
    }

    fn proof(&self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

fn claims(world: &World, method: &str, endpoint: Endpoint) -> Value {
    let jti = uuid::Uuid::new_v4().to_string();
    json!({"jti": jti, "htm": method, "htu": world.provider.config().url(endpoint), "iat": world.now()})
}

async fn world(role: Role) -> World {
    let world = World::new(role).await;
    world.client("app", |_| {}).await;
    world
}

async fn post(world: &World, form: &[(&str, &str)], proofs: &[&str]) -> Answer {
    let mut request = world.form(Endpoint::Token, &As::Post("app"), form);
    for proof in proofs {
        request.headers_mut().append("dpop", proof.parse().expect("a value"));
    }
    world.send(request).await
}

async fn userinfo(world: &World, scheme: &str, token: &str, proof: Option<&str>) -> Answer {
    let mut request =
        Request::get(world.path(Endpoint::UserInfo)).header(header::AUTHORIZATION, format!("{scheme} {token}"));
    if let Some(proof) = proof {
        request = request.header("dpop", proof);
    }
    world.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn t24_assertions_that_are_not_for_us_now_once_are_refused() {
    for role in ROLES {
        let world = world(role).await;
        let key = SigningKey::generate(Algorithm::Es256, 2048).expect("a key");
        let set = JwkSet(vec![key.public().clone()]).to_value();
        world
            .client("signer", |document| {
                document.auth_method = AuthMethod::PrivateKeyJwt;
                document.jwks = Some(set);
            })
            .await;
        let now = world.now();
        let good = || {
            let jti = uuid::Uuid::new_v4().to_string();
            json!({"iss": "signer", "sub": "signer", "aud": world.provider.config().issuer, "exp": now + 60, "jti": jti})
        };
        let attempt = async |assertion: &str| {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", "x"),
                ("client_assertion_type", JWT_ASSERTION),
                ("client_assertion", assertion),
            ];
            // Each from somewhere else: the limit for failures is not what is tested here.
            let mut request = world.form(Endpoint::Token, &As::Nobody, &form);
            request.extensions_mut().remove::<nc_web::ClientAddress>();
            let octet = u8::try_from(assertion.len() % 200).expect("small");
            let other = uuid::Uuid::new_v4().as_bytes()[0];
            request
                .extensions_mut()
                .insert(nc_web::ClientAddress([198, 51, octet, other].into()));
            world.send(request).await
        };
        let sign = |claims: &Value| key.sign("JWT", claims).expect("signed");
        let used = sign(&good());
        attempt(&used).await.is(400, "invalid_grant");
        attempt(&used).await.is(401, "invalid_client");
        for bad in [
            with(good(), "aud", json!("https://other.example")),
            with(good(), "aud", json!(world.provider.config().url(Endpoint::Token))),
            with(
                good(),
                "aud",
                json!([world.provider.config().issuer, "https://other.example"]),
            ),
            with(good(), "exp", json!(now + 3600)),
            with(good(), "exp", json!(now - 61)),
            with(good(), "sub", json!("app")),
            with(good(), "iss", json!("app")),
            with(good(), "jti", json!("")),
        ] {
            attempt(&sign(&bad)).await.is(401, "invalid_client");
        }
        let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        let none = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(&good().to_string()));
        attempt(&none).await.is(401, "invalid_client");
        // The public key as a shared secret.
        let secret = key.public().to_value().to_string();
        let input = format!("{}.{}", encode(r#"{"alg":"HS256"}"#), encode(&good().to_string()));
        let mac = aws_lc_rs::hmac::sign(
            &aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes()),
            input.as_bytes(),
        );
        attempt(&format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac)))
            .await
            .is(401, "invalid_client");
        let stranger = SigningKey::generate(Algorithm::Es256, 2048).expect("a key");
        attempt(&stranger.sign("JWT", &good()).expect("signed"))
            .await
            .is(401, "invalid_client");
    }
}

#[tokio::test]
async fn t27_a_proof_that_proves_nothing_is_refused_at_the_token_endpoint() {
    for role in ROLES {
        let world = world(role).await;
        let key = Key::new();
        let good = || claims(&world, "POST", Endpoint::Token);
        let code = world.code("app", SCOPES, &[]).await;
        let form = code_form(&code);
        for bad in [
            with(good(), "htm", json!("GET")),
            with(good(), "htu", json!("https://other.example/token")),
            with(good(), "iat", json!(world.now() - 61)),
            with(good(), "iat", json!(world.now() + 61)),
            with(good(), "jti", json!("")),
        ] {
            post(&world, &form, &[&key.proof(&bad)])
                .await
                .is(400, "invalid_dpop_proof");
        }
        let private = with(key.jwk(), "d", json!("AA"));
        for header in [
            with(key.header(), "jwk", private),
            with(key.header(), "alg", json!("HS256")),
            with(key.header(), "typ", json!("JWT")),
            with(key.header(), "jwk", Key::new().jwk()),
        ] {
            post(&world, &form, &[&key.sign(&header, &good())])
                .await
                .is(400, "invalid_dpop_proof");
        }
        let two = [key.proof(&good()), key.proof(&good())];
        post(&world, &form, &[&two[0], &two[1]])
            .await
            .is(400, "invalid_dpop_proof");
        // None of this has spent the code.
        let proof = key.proof(&good());
        let answer = post(&world, &form, &[&proof]).await;
        assert_eq!(answer.get("token_type"), "DPoP");
        let refresh = answer.get("refresh_token");
        let again = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        post(&world, &again, &[&proof]).await.is(400, "invalid_dpop_proof");
        post(&world, &again, &[&Key::new().proof(&good())])
            .await
            .is(400, "invalid_dpop_proof");
        post(&world, &again, &[]).await.is(400, "invalid_dpop_proof");
        assert_eq!(
            post(&world, &again, &[&key.proof(&good())]).await.get("token_type"),
            "DPoP"
        );
    }
}

#[tokio::test]
async fn t27_a_bound_token_needs_its_proof() {
    for role in ROLES {
        let world = world(role).await;
        let key = Key::new();
        let code = world.code("app", SCOPES, &[]).await;
        let proof = key.proof(&claims(&world, "POST", Endpoint::Token));
        let token = post(&world, &code_form(&code), &[&proof]).await.get("access_token");
        let good = || {
            with(
                claims(&world, "GET", Endpoint::UserInfo),
                "ath",
                json!(access_token_hash(&token)),
            )
        };
        userinfo(&world, "Bearer", &token, None).await.is(401, "invalid_token");
        userinfo(&world, "Bearer", &token, Some(&key.proof(&good())))
            .await
            .is(401, "invalid_token");
        let missing = userinfo(&world, "DPoP", &token, None).await;
        missing.is(401, "invalid_dpop_proof");
        for bad in [
            with(good(), "ath", json!("x")),
            with(good(), "htm", json!("POST")),
            claims(&world, "GET", Endpoint::UserInfo),
        ] {
            userinfo(&world, "DPoP", &token, Some(&key.proof(&bad)))
                .await
                .is(401, "invalid_dpop_proof");
        }
        userinfo(&world, "DPoP", &token, Some(&Key::new().proof(&good())))
            .await
            .is(401, "invalid_dpop_proof");
        let proof = key.proof(&good());
        assert_eq!(
            userinfo(&world, "DPoP", &token, Some(&proof)).await.status,
            StatusCode::OK
        );
        userinfo(&world, "DPoP", &token, Some(&proof))
            .await
            .is(401, "invalid_dpop_proof");
        // A token that is bound to no key is not good as one that is.
        let code = world.code("app", SCOPES, &[]).await;
        let plain = world.redeem(&As::Post("app"), &code).await.get("access_token");
        let ath = with(
            claims(&world, "GET", Endpoint::UserInfo),
            "ath",
            json!(access_token_hash(&plain)),
        );
        userinfo(&world, "DPoP", &plain, Some(&key.proof(&ath)))
            .await
            .is(401, "invalid_token");
    }
}

#[tokio::test]
async fn t27_a_key_named_at_the_authorization_is_the_only_one() {
    for role in ROLES {
        let world = world(role).await;
        let key = Key::new();
        let jwk = nc_proto::oauth::jose::Jwk::from_value(&key.jwk()).expect("a key");
        let bind = |grant: &mut nc_provider::GrantDocument, _: &mut nc_provider::CodeDocument| {
            grant.dpop_jkt = Some(jwk.thumbprint());
        };
        let proof = |key: &Key| key.proof(&claims(&world, "POST", Endpoint::Token));
        let (code, _) = world.code_with("app", SCOPES, &[], bind).await;
        post(&world, &code_form(&code), &[&proof(&Key::new())])
            .await
            .is(400, "invalid_dpop_proof");
        let (code, _) = world.code_with("app", SCOPES, &[], bind).await;
        post(&world, &code_form(&code), &[]).await.is(400, "invalid_dpop_proof");
        let (code, _) = world.code_with("app", SCOPES, &[], bind).await;
        assert_eq!(
            post(&world, &code_form(&code), &[&proof(&key)]).await.status,
            StatusCode::OK
        );
        world
            .change_client("app", |client| client.document.require_dpop = true)
            .await;
        let code = world.code("app", SCOPES, &[]).await;
        post(&world, &code_form(&code), &[]).await.is(400, "invalid_dpop_proof");
    }
}

#[tokio::test]
async fn t27_a_nonce_is_asked_for_where_it_is_required() {
    for role in ROLES {
        let world = world(role).await;
        world.set("require_dpop_nonce", "true").await;
        let key = Key::new();
        let code = world.code("app", SCOPES, &[]).await;
        let good = || claims(&world, "POST", Endpoint::Token);
        let asked = post(&world, &code_form(&code), &[&key.proof(&good())]).await;
        asked.is(400, "use_dpop_nonce");
        let nonce = asked.header("dpop-nonce").expect("a nonce").to_owned();
        let answer = post(
            &world,
            &code_form(&code),
            &[&key.proof(&with(good(), "nonce", json!(nonce)))],
        )
        .await;
        let token = answer.get("access_token");
        let at_api = || {
            with(
                claims(&world, "GET", Endpoint::UserInfo),
                "ath",
                json!(access_token_hash(&token)),
            )
        };
        let asked = userinfo(&world, "DPoP", &token, Some(&key.proof(&at_api()))).await;
        asked.is(401, "use_dpop_nonce");
        let nonce = asked.header("dpop-nonce").expect("a nonce").to_owned();
        let proof = key.proof(&with(at_api(), "nonce", json!(nonce)));
        assert_eq!(
            userinfo(&world, "DPoP", &token, Some(&proof)).await.status,
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn a_request_that_is_pushed_with_a_proof_binds_its_code_to_the_key() {
    for role in ROLES {
        let world = world(role).await;
        let key = Key::new();
        let thumbprint = nc_proto::oauth::jose::Jwk::from_value(&key.jwk())
            .expect("a key")
            .thumbprint();
        let push = async |more: &[(&str, &str)], proof: &str| {
            let challenge = nc_proto::oauth::pkce::Challenge::of(super::world::VERIFIER);
            let fields = [
                ("redirect_uri", super::world::REDIRECT),
                ("response_type", "code"),
                ("scope", "openid"),
                ("code_challenge", challenge.value()),
                ("code_challenge_method", "S256"),
            ];
            let mut request = world.form(Endpoint::Par, &As::Post("app"), &[&fields[..], more].concat());
            request.headers_mut().insert("dpop", proof.parse().expect("a value"));
            world.send(request).await
        };
        let proof = || key.proof(&claims(&world, "POST", Endpoint::Par));
        push(&[], "garbage").await.is(400, "invalid_dpop_proof");
        let of_another = Key::new();
        let other = nc_proto::oauth::jose::Jwk::from_value(&of_another.jwk())
            .expect("a key")
            .thumbprint();
        push(&[("dpop_jkt", &other)], &proof())
            .await
            .is(400, "invalid_dpop_proof");
        assert_eq!(
            push(&[("dpop_jkt", &thumbprint)], &proof()).await.status,
            StatusCode::CREATED
        );
        let pushed = push(&[], &proof()).await;
        assert_eq!(pushed.status, StatusCode::CREATED, "{}", pushed.text());
        let stored = world
            .store
            .find_ticket(
                nc_store::TicketKind::PushedRequest,
                nc_store::Digest::of(pushed.json()["request_uri"].as_str().expect("text")),
                world.now(),
            )
            .await
            .expect("asked")
            .expect("there");
        assert!(stored.document.contains(&thumbprint), "{}", stored.document);
    }
}

#[tokio::test]
async fn t22_proofs_of_a_client_that_may_not_have_what_it_asks_for_are_not_stored_without_end() {
    for role in ROLES {
        let world = world(role).await;
        let key = Key::new();
        let attempt = async || {
            let proof = key.proof(&claims(&world, "POST", Endpoint::Token));
            post(&world, &[("grant_type", "client_credentials")], &[&proof]).await
        };
        for _ in 0..10 {
            attempt().await.is(400, "unauthorized_client");
        }
        let late = attempt().await;
        assert_eq!((late.status.as_u16(), late.header("retry-after")), (429, Some("60")));
    }
}
