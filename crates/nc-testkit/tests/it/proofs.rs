//! Tokens that are bound to a key (RFC 9449) at every interface of the cloud, with real proofs.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_proto::oauth::dpop::access_token_hash;
use nc_provider::admin::Admin;
use nc_testkit::{
    app::{Reply, send},
    browser::Browser,
    cloud_app::{CloudApp, Format, REDIRECT, Tokens, cookies_of},
};
use serde_json::{Value, json};

use crate::tokens::{DECK, FORMATS, NOTES, OCS, SCOPES, every_interface};

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A client's key.
struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    fn proof(&self, claims: &Value) -> String {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)});
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk});
        let input = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = self.0.sign(&SystemRandom::new(), input.as_bytes()).expect("signed");
        format!("{input}.{}", encode(signature))
    }
}

/// What a proof for a request says.
fn claims(app: &CloudApp, method: &str, path: &str) -> Value {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let jti = format!("proof-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    // RFC 9449 §4.2: without query and fragment.
    let path = path.split('?').next().expect("a path");
    let htu = format!("{}{path}", app.url);
    json!({"jti": jti, "htm": method, "htu": htu, "iat": app.clock.now().unix_timestamp()})
}

/// The same at a resource.
fn claims_with(app: &CloudApp, method: &str, path: &str, token: &str) -> Value {
    with(claims(app, method, path), "ath", json!(access_token_hash(token)))
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

/// Tokens of alice that are bound to the key.
async fn bound(app: &CloudApp, key: &Key, format: Format) -> Tokens {
    let client_id = app.client(format).await;
    let mut browser = Browser::new(app);
    let asked = [("scope", SCOPES), ("resource", app.url.as_str())];
    let (code, verifier) = browser.code(&app.alice, &client_id, &asked).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("client_id", &client_id),
        ("code_verifier", &verifier),
        ("resource", &app.url),
    ];
    let path = "/apps/oidc/token";
    let request = app.request("POST", path).form(&form);
    let reply = send(request.header("dpop", key.proof(&claims(app, "POST", path)))).await;
    let answer = reply.message();
    assert_eq!(answer["token_type"], "DPoP", "{}", reply.text);
    Tokens { answer, client_id }
}

/// A request with a token of this scheme and these proofs.
async fn ask(app: &CloudApp, method: &str, path: &str, authorization: &str, proofs: &[String]) -> Reply {
    let mut request = app.request(method, path).header("authorization", authorization);
    for proof in proofs {
        request = request.header("dpop", proof);
    }
    send(request).await
}

/// The error of the challenge for the scheme.
fn error(reply: &Reply, scheme: &str) -> String {
    let challenges = reply.headers.get_all("www-authenticate").iter();
    let mut texts = challenges.filter_map(|value| value.to_str().ok());
    let challenge = texts.find(|text| text.starts_with(scheme)).unwrap_or_default();
    let rest = challenge.split_once("error=\"").map_or("", |(_, rest)| rest);
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn t27_a_bound_token_opens_every_interface_with_a_proof_for_each_request() {
    let app = CloudApp::boot().await;
    let key = Key::new();
    for format in FORMATS {
        let tokens = bound(&app, &key, format).await;
        let token = tokens.access_token();
        assert_eq!(token.starts_with("nca_"), format == Format::Opaque);
        let plain = NOTES.strip_prefix("/index.php").expect("below index.php").to_owned();
        let others = [
            ("GET", plain, 200),
            ("GET", format!("{NOTES}?exclude=content&chunkSize=1"), 200),
        ];
        for (method, path, good) in every_interface(&app.alice).into_iter().chain(others) {
            let proof = key.proof(&claims_with(&app, method, &path, token));
            let reply = ask(&app, method, &path, &format!("DPoP {token}"), &[proof]).await;
            assert_eq!(reply.status.as_u16(), good, "{format:?} {path}: {}", reply.text);
            assert!(cookies_of(&reply.headers).is_empty(), "{path}");
            // RFC 9449 §4.3: what stands behind the path is not compared, so it may be there.
            let whole = with(
                claims_with(&app, method, &path, token),
                "htu",
                json!(format!("{}{path}", app.url)),
            );
            let reply = ask(&app, method, &path, &format!("dpop {token}"), &[key.proof(&whole)]).await;
            assert_eq!(reply.status.as_u16(), good, "{format:?} {path}: {}", reply.text);
        }
        let body = json!({ "title": "By proof" });
        let proof = key.proof(&claims_with(&app, "POST", NOTES, token));
        let request = app
            .request("POST", NOTES)
            .header("authorization", format!("DPoP {token}"));
        let made = send(request.header("dpop", proof).json(&body)).await;
        assert_eq!(made.status.as_u16(), 200, "{}", made.text);
    }
}

#[tokio::test]
async fn t27_a_proof_for_anything_else_opens_no_interface() {
    let app = CloudApp::boot().await;
    let (key, stranger) = (Key::new(), Key::new());
    for format in FORMATS {
        let tokens = bound(&app, &key, format).await;
        let free = app.token_of(&app.alice, SCOPES, format).await;
        let (token, other) = (tokens.access_token(), free.access_token());
        let scheme = format!("DPoP {token}");
        for (method, path, good) in every_interface(&app.alice) {
            let fitting = || claims_with(&app, method, &path, token);
            let now = app.clock.now().unix_timestamp();
            let bare = path.split('?').next().expect("a path");
            let elsewhere = |place: &str| json!(format!("{}{place}", app.url));
            let without_ath = claims(&app, method, &path);
            for (what, wrong) in [
                ("htm", with(fitting(), "htm", json!("DELETE"))),
                (
                    "htm in small letters",
                    with(fitting(), "htm", json!(method.to_lowercase())),
                ),
                (
                    "htu of another path",
                    with(fitting(), "htu", elsewhere("/ocs/v2.php/cloud/users")),
                ),
                ("htu below it", with(fitting(), "htu", elsewhere(&format!("{bare}/x")))),
                (
                    "htu of another host",
                    with(fitting(), "htu", json!(format!("https://other.example{bare}"))),
                ),
                (
                    "htu of another prefix",
                    with(fitting(), "htu", elsewhere(&format!("/index.php{bare}"))),
                ),
                (
                    "ath of another token",
                    with(fitting(), "ath", json!(access_token_hash(other))),
                ),
                ("no ath", without_ath),
                ("iat too old", with(fitting(), "iat", json!(now - 61))),
                ("iat too new", with(fitting(), "iat", json!(now + 61))),
                ("no jti", with(fitting(), "jti", json!(""))),
            ] {
                let reply = ask(&app, method, &path, &scheme, &[key.proof(&wrong)]).await;
                assert_eq!(reply.status.as_u16(), 401, "{what} at {path}: {}", reply.text);
                assert_eq!(error(&reply, "DPoP"), "invalid_dpop_proof", "{what} at {path}");
            }
            let two = [key.proof(&fitting()), key.proof(&fitting())];
            for (what, proofs) in [
                ("another key", &[stranger.proof(&fitting())][..]),
                ("none", &[]),
                ("two", &two),
                ("garbage", &["a.b.c".to_owned()]),
            ] {
                let reply = ask(&app, method, &path, &scheme, proofs).await;
                assert_eq!(reply.status.as_u16(), 401, "{what} at {path}: {}", reply.text);
                assert_eq!(error(&reply, "DPoP"), "invalid_dpop_proof", "{what} at {path}");
            }
            // A bound token is none under the plain scheme, with its proof or without; nor is a free one a bound one.
            for proofs in [vec![], vec![key.proof(&fitting())]] {
                let reply = ask(&app, method, &path, &tokens.bearer(), &proofs).await;
                assert_eq!(reply.status.as_u16(), 401, "{path}");
                assert_eq!(error(&reply, "Bearer"), "invalid_token", "{path}");
            }
            let proof = key.proof(&claims_with(&app, method, &path, other));
            let reply = ask(&app, method, &path, &format!("DPoP {other}"), &[proof]).await;
            assert_eq!(reply.status.as_u16(), 401, "{path}");
            // A proof is good once, here and everywhere.
            let once = key.proof(&fitting());
            let first = ask(&app, method, &path, &scheme, std::slice::from_ref(&once)).await;
            assert_eq!(first.status.as_u16(), good, "{path}: {}", first.text);
            let again = ask(&app, method, &path, &scheme, &[once]).await;
            assert_eq!(again.status.as_u16(), 401, "{path}");
            assert_eq!(error(&again, "DPoP"), "invalid_dpop_proof", "{path}");
        }
    }
}

#[tokio::test]
async fn t27_a_nonce_is_asked_for_at_the_interfaces_where_it_is_required() {
    let app = CloudApp::boot().await;
    let key = Key::new();
    let tokens = bound(&app, &key, Format::Jwt).await;
    let token = tokens.access_token();
    let scheme = format!("DPoP {token}");
    let admin = Admin::new(app.provider.store(), app.provider.now(), "test");
    admin
        .put_setting("require_dpop_nonce", Some("true"))
        .await
        .expect("set");
    // Settings are looked at again after a moment.
    app.clock.advance(time::Duration::seconds(10));
    for path in [OCS, NOTES, DECK] {
        let fitting = || claims_with(&app, "GET", path, token);
        let bare = ask(&app, "GET", path, &scheme, &[key.proof(&fitting())]).await;
        assert_eq!(
            (bare.status.as_u16(), error(&bare, "DPoP").as_str()),
            (401, "use_dpop_nonce"),
            "{path}"
        );
        let nonce = bare.headers["dpop-nonce"].to_str().expect("text").to_owned();
        let made_up = with(fitting(), "nonce", json!("made up"));
        let refused = ask(&app, "GET", path, &scheme, &[key.proof(&made_up)]).await;
        assert_eq!(error(&refused, "DPoP"), "use_dpop_nonce", "{path}");
        let given = with(fitting(), "nonce", json!(nonce));
        let reply = ask(&app, "GET", path, &scheme, &[key.proof(&given)]).await;
        assert_eq!(reply.status.as_u16(), 200, "{path}: {}", reply.text);
    }
}
