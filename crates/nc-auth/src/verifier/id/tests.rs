use serde_json::{Value, json};

use super::*;
use crate::{
    signer::Signer,
    testing::{NOW, clock, set},
};

const ISSUER: &str = "https://cloud.example";

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "u1", "aud": "c", "exp": NOW + 300, "iat": NOW, "nonce": "n", "email": "a@b.example"})
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

async fn check(header: &Value, claims: &Value, access_token: Option<&str>) -> Result<IdClaims, IdTokenRefusal> {
    let signer = Signer::new(Algorithm::Es256);
    let keys = JwkSource::fixed(set(&[&signer]));
    let verifier = IdTokenVerifier::for_client(ISSUER, "c", keys, &[Algorithm::Es256], clock());
    verifier
        .verify(&signer.sign(header, claims), Some("n"), access_token)
        .await
}

#[tokio::test]
async fn a_good_id_token_is_believed() {
    for header in [json!({"typ": "JWT"}), json!({})] {
        let claims = check(&header, &claims(), None).await.expect("good");
        assert_eq!(
            (claims.sub.as_str(), claims.others["email"].as_str()),
            ("u1", Some("a@b.example"))
        );
    }
}

#[tokio::test]
async fn an_access_token_is_no_id_token() {
    for typ in ["at+jwt", "application/at+jwt", "dpop+jwt", "logout+jwt"] {
        let outcome = check(&json!({"typ": typ}), &claims(), None).await;
        assert_eq!(outcome, Err(IdTokenRefusal::Invalid), "{typ}");
    }
}

#[tokio::test]
async fn claims_that_do_not_fit_are_refused() {
    for (name, value) in [
        ("iss", json!("https://other.example")),
        ("aud", json!("d")),
        ("aud", json!(["c", "d"])),
        ("azp", json!("d")),
        ("exp", json!(NOW - 60)),
        ("iat", json!(NOW + 61)),
        ("nonce", json!("m")),
        ("nonce", json!(null)),
        ("sub", json!("")),
    ] {
        let outcome = check(&json!({}), &with(claims(), name, value.clone()), None).await;
        assert_eq!(outcome, Err(IdTokenRefusal::Invalid), "{name} {value}");
    }
}

#[tokio::test]
async fn the_access_token_has_to_be_the_one_that_came_with_it() {
    let claims = with(claims(), "at_hash", json!(token_hash("nca_x", Algorithm::Es256)));
    assert!(check(&json!({}), &claims, Some("nca_x")).await.is_ok());
    assert_eq!(
        check(&json!({}), &claims, Some("nca_y")).await,
        Err(IdTokenRefusal::Invalid)
    );
}

#[tokio::test]
async fn another_key_or_algorithm_is_refused() {
    let (ours, theirs) = (Signer::new(Algorithm::Es256), Signer::new(Algorithm::Es256));
    let keys = JwkSource::fixed(set(&[&ours]));
    let verifier = IdTokenVerifier::for_client(ISSUER, "c", keys, &[Algorithm::EdDsa], clock());
    let token = ours.sign(&json!({}), &claims());
    assert_eq!(
        verifier.verify(&token, Some("n"), None).await,
        Err(IdTokenRefusal::Invalid)
    );
    let keys = JwkSource::fixed(set(&[&ours]));
    let verifier = IdTokenVerifier::for_client(ISSUER, "c", keys, &[Algorithm::Es256], clock());
    let forged = theirs.sign(&json!({"kid": ours.kid}), &claims());
    assert_eq!(
        verifier.verify(&forged, Some("n"), None).await,
        Err(IdTokenRefusal::Invalid)
    );
    assert!(verifier.verify(&token, Some("n"), None).await.is_ok());
}
