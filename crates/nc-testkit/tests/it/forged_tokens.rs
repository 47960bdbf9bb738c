//! Tokens that are not ours, not for us, or not good any more, at the cloud's interfaces.

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_testkit::{
    app::send,
    cloud_app::{CloudApp, Format, Tokens},
};
use serde_json::{Value, json};

use crate::tokens::interfaces;

const SCOPES: &str = "openid profile notes:read files:read";

/// A token of ours, taken apart.
struct Parts {
    header: Value,
    claims: Value,
    signature: String,
}

impl Parts {
    fn of(token: &str) -> Self {
        let mut parts = token.split('.');
        let mut json = || serde_json::from_slice(&decode(parts.next().expect("a part"))).expect("JSON");
        Self {
            header: json(),
            claims: json(),
            signature: parts.next().expect("a signature").to_owned(),
        }
    }

    fn signed_part(&self) -> String {
        format!(
            "{}.{}",
            encode(self.header.to_string()),
            encode(self.claims.to_string())
        )
    }

    fn with_signature(&self, signature: &str) -> String {
        format!("{}.{signature}", self.signed_part())
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

async fn assert_refused(app: &CloudApp, token: &str, what: &str) {
    for (method, path, _) in interfaces(&app.alice) {
        let reply = app.with(method, &path, &format!("Bearer {token}")).await;
        assert_eq!(reply.status.as_u16(), 401, "{what} at {path}: {}", reply.text);
        let challenges = reply.headers.get_all("www-authenticate").iter();
        let named = challenges.filter_map(|value| value.to_str().ok());
        assert!(
            named.into_iter().any(|value| value.contains("invalid_token")),
            "{what} at {path}"
        );
    }
}

async fn assert_good(app: &CloudApp, tokens: &Tokens) {
    for (method, path, good) in interfaces(&app.alice) {
        assert_eq!(app.status(method, &path, &tokens.bearer()).await, good, "{path}");
    }
}

async fn boot() -> (CloudApp, Tokens) {
    let app = CloudApp::boot().await;
    let tokens = app.oauth_token(&app.alice, SCOPES).await;
    assert_good(&app, &tokens).await;
    (app, tokens)
}

#[tokio::test]
async fn j01_a_token_without_a_signature_is_refused() {
    let (app, tokens) = boot().await;
    let mut parts = Parts::of(tokens.access_token());
    assert_refused(&app, &parts.with_signature(""), "empty signature").await;
    for alg in ["none", "None", "NONE", "nOnE"] {
        parts.header["alg"] = alg.into();
        for signature in ["", &parts.signature.clone()] {
            assert_refused(&app, &parts.with_signature(signature), alg).await;
        }
    }
}

#[tokio::test]
async fn j02_a_public_key_is_no_shared_secret() {
    let (app, tokens) = boot().await;
    let mut parts = Parts::of(tokens.access_token());
    let keys = send(app.request("GET", "/apps/oidc/jwks")).await.message();
    let key = keys["keys"].as_array().expect("keys").iter();
    let key = key
        .clone()
        .find(|key| key["kid"] == parts.header["kid"])
        .expect("the key")
        .clone();
    let point = [
        vec![4],
        decode(key["x"].as_str().expect("x")),
        decode(key["y"].as_str().expect("y")),
    ]
    .concat();
    // SubjectPublicKeyInfo of P-256 (RFC 5480) up to the point.
    let head = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    let der = [&head[..], &point].concat();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        base64::prelude::BASE64_STANDARD.encode(&der)
    );
    parts.header["alg"] = "HS256".into();
    for (what, secret) in [
        ("PEM", pem.into_bytes()),
        ("DER", der),
        ("JWK", key.to_string().into_bytes()),
        ("point", point),
    ] {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let tag = hmac::sign(&secret, parts.signed_part().as_bytes());
        assert_refused(&app, &parts.with_signature(&encode(tag)), what).await;
    }
}

#[tokio::test]
async fn j06_an_id_token_and_other_types_are_no_access_tokens() {
    let (app, tokens) = boot().await;
    let id_token = tokens.answer["id_token"].as_str().expect("an ID token");
    assert_refused(&app, id_token, "ID token").await;
    let mut parts = Parts::of(tokens.access_token());
    for typ in [json!("JWT"), json!("dpop+jwt"), json!("logout+jwt"), Value::Null] {
        parts.header["typ"] = typ.clone();
        let signature = parts.signature.clone();
        assert_refused(&app, &parts.with_signature(&signature), &typ.to_string()).await;
    }
}

#[tokio::test]
async fn j08_another_audience_cannot_be_written_into_a_token() {
    let (app, tokens) = boot().await;
    let mut parts = Parts::of(tokens.access_token());
    assert_eq!(
        parts.claims["aud"][0].as_str().or(parts.claims["aud"].as_str()),
        Some(app.url.as_str())
    );
    for (claim, value) in [
        ("aud", json!("https://elsewhere.example")),
        ("sub", json!("somebody else")),
        ("scope", json!("openid admin:write")),
        ("exp", json!(4_000_000_000_u64)),
    ] {
        parts.claims[claim] = value;
        let signature = parts.signature.clone();
        assert_refused(&app, &parts.with_signature(&signature), claim).await;
    }
    // A token for user info is for user info.
    let client = app.client(Format::Jwt).await;
    let about = app.authorize(&app.alice, &client, &[("scope", "openid profile")]).await;
    assert_refused(&app, about.access_token(), "token for user info").await;
}

#[tokio::test]
async fn j09_an_expired_token_is_refused() {
    for format in [Format::Jwt, Format::Opaque] {
        let app = CloudApp::boot().await;
        let tokens = app.token_of(&app.alice, SCOPES, format).await;
        let lifetime = tokens.answer["expires_in"].as_i64().expect("seconds");
        app.clock.advance(time::Duration::seconds(lifetime - 1));
        assert_good(&app, &tokens).await;
        app.clock.advance(time::Duration::seconds(1));
        assert_refused(&app, tokens.access_token(), "expired").await;
    }
}

#[tokio::test]
async fn j11_a_changed_signature_or_form_is_refused() {
    let (app, tokens) = boot().await;
    let token = tokens.access_token();
    let parts = Parts::of(token);
    let signature = decode(&parts.signature);
    let mut flipped = signature.clone();
    flipped[10] ^= 1;
    let swapped = [&signature[32..], &signature[..32]].concat();
    for (what, bytes) in [
        ("flipped", flipped.as_slice()),
        ("truncated", &signature[..63]),
        ("zero", &[0; 64]),
        ("swapped", &swapped),
    ] {
        let (signed, _) = token.rsplit_once('.').expect("a token");
        assert_refused(&app, &format!("{signed}.{}", encode(bytes)), what).await;
    }
    for changed in [
        format!("{token}="),
        format!("{token}.x"),
        format!("{token}A"),
        token.replacen('.', "..", 1),
    ] {
        assert_refused(&app, &changed, "form").await;
    }
}

#[tokio::test]
async fn j14_a_token_of_a_mebibyte_is_refused_and_the_server_goes_on() {
    let (app, tokens) = boot().await;
    let head = tokens.access_token().split('.').next().expect("a header").to_owned();
    for length in [9_000, 1 << 20] {
        let huge = format!("Bearer {head}.{}.{}", "A".repeat(length), "A".repeat(86));
        for (method, path, _) in interfaces(&app.alice) {
            let sent = app.request(method, &path).header("authorization", &huge).send().await;
            // The HTTP layer may hang up on headers of this size before it answers.
            let status = sent.map(|answer| answer.status().as_u16());
            assert!(matches!(status, Ok(400 | 401 | 431) | Err(_)), "{path}: {status:?}");
        }
    }
    let deep = format!(
        "{head}.{}.{}",
        encode("[".repeat(100) + &"]".repeat(100)),
        "A".repeat(86)
    );
    assert_refused(&app, &deep, "100 levels").await;
    assert_good(&app, &tokens).await;
}

#[tokio::test]
async fn j15_a_token_that_was_given_up_is_refused_at_once() {
    for format in [Format::Jwt, Format::Opaque] {
        let app = CloudApp::boot().await;
        let (first, second) = (
            app.token_of(&app.alice, SCOPES, format).await,
            app.token_of(&app.alice, SCOPES, format).await,
        );
        assert_good(&app, &first).await;
        let form = [("token", first.access_token()), ("client_id", first.client_id.as_str())];
        let revoked = send(app.request("POST", "/apps/oidc/revoke").form(&form)).await;
        assert_eq!(revoked.status.as_u16(), 200, "{}", revoked.text);
        assert_refused(&app, first.access_token(), "revoked jti").await;
        assert_good(&app, &second).await;
    }
}
