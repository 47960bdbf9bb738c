use std::sync::Arc;

use nc_proto::oauth::jose::Algorithm;
use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::{
    signer::Signer,
    testing::{Amnesia, Documents, Memory, NOW, clock, set},
    verifier::JwkSources,
};

const ISSUER: &str = "https://cloud.example";

fn claims() -> Value {
    json!({"iss": "c", "sub": "c", "aud": ISSUER, "exp": NOW + 60, "iat": NOW, "jti": "j"})
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

async fn verify(token: &str, keys: &JwkSource, now: i64, seen: &dyn SeenBefore) -> Result<(), AssertionRefusal> {
    let assertion = Assertion::read(token).map_err(|_| AssertionRefusal::Invalid)?;
    verify_assertion(&assertion, keys, ISSUER, Some("c"), now, seen).await
}

#[tokio::test]
async fn an_assertion_authenticates_once() {
    for algorithm in Algorithm::ALL {
        let (signer, memory) = (Signer::new(algorithm), Memory::default());
        let keys = JwkSource::fixed(set(&[&signer]));
        let token = signer.sign(&json!({}), &claims());
        assert_eq!(verify(&token, &keys, NOW, &memory).await, Ok(()));
        for later in [0, 60, 119, 120] {
            let again = verify(&token, &keys, NOW + later, &memory).await;
            assert_eq!(again, Err(AssertionRefusal::Invalid), "{later}");
        }
    }
}

#[tokio::test]
async fn t24_what_is_wrong_is_refused_and_spends_nothing() {
    let (signer, thief, memory) = (
        Signer::new(Algorithm::Es256),
        Signer::new(Algorithm::Es256),
        Memory::default(),
    );
    let keys = JwkSource::fixed(set(&[&signer]));
    for (name, value) in [
        ("aud", json!("https://cloud.example/apps/oidc/token")),
        ("exp", json!(NOW + 3600)),
        ("sub", json!("d")),
    ] {
        let token = signer.sign(&json!({}), &with(claims(), name, value));
        assert_eq!(
            verify(&token, &keys, NOW, &memory).await,
            Err(AssertionRefusal::Invalid),
            "{name}"
        );
    }
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "HS256"}),
        json!({"typ": "at+jwt"}),
    ] {
        let token = signer.sign(&header, &claims());
        assert_eq!(
            verify(&token, &keys, NOW, &memory).await,
            Err(AssertionRefusal::Invalid),
            "{header}"
        );
    }
    let forged = thief.sign(&json!({"kid": signer.kid}), &claims());
    assert_eq!(
        verify(&forged, &keys, NOW, &memory).await,
        Err(AssertionRefusal::Invalid)
    );
    assert!(memory.0.lock().expect("not poisoned").is_empty());
    assert_eq!(
        verify(&signer.sign(&json!({}), &claims()), &keys, NOW, &memory).await,
        Ok(())
    );
    assert_eq!(TokenError::from(AssertionRefusal::Invalid).code(), "invalid_client");
}

#[tokio::test]
async fn the_names_of_two_clients_do_not_run_into_each_other() {
    let (signer, memory) = (Signer::new(Algorithm::Es256), Memory::default());
    let keys = JwkSource::fixed(set(&[&signer]));
    for (sub, jti) in [("c", "1j"), ("c1", "j"), ("c|1", "j"), ("c", "|1j")] {
        let claims = with(
            with(with(claims(), "sub", json!(sub)), "iss", json!(sub)),
            "jti",
            json!(jti),
        );
        let token = signer.sign(&json!({}), &claims);
        let assertion = Assertion::read(&token).expect("readable");
        let outcome = verify_assertion(&assertion, &keys, ISSUER, None, NOW, &memory).await;
        assert_eq!(outcome, Ok(()), "{sub} {jti}");
    }
}

#[tokio::test]
async fn a_clients_keys_may_be_published_and_failing_to_fetch_them_is_no_success() {
    let signer = Signer::new(Algorithm::EdDsa);
    let documents = Arc::new(Documents::default());
    let sources = JwkSources::new(Arc::clone(&documents) as Arc<dyn crate::fetch::Fetch>, clock());
    let url = Url::parse("https://client.example/jwks").expect("a URL");
    let token = signer.sign(&json!({}), &claims());
    let memory = Memory::default();
    let outcome = verify(&token, &sources.at(&url), NOW, &memory).await;
    assert_eq!(outcome, Err(AssertionRefusal::Unavailable));
    assert_eq!(TokenError::from(AssertionRefusal::Unavailable).code(), "invalid_client");
    documents.serve(Some(set(&[&signer]).to_value().to_string()));
    assert_eq!(
        verify(&token, &sources.at(&url), NOW, &memory).await,
        Err(AssertionRefusal::Unavailable),
        "the source is the same one, and waits"
    );
    let elsewhere = Url::parse("https://client.example/other").expect("a URL");
    assert_eq!(verify(&token, &sources.at(&elsewhere), NOW, &memory).await, Ok(()));
    let token = signer.sign(&json!({}), &with(claims(), "jti", json!("k")));
    let outcome = verify(&token, &sources.at(&elsewhere), NOW, &Amnesia).await;
    assert_eq!(outcome, Err(AssertionRefusal::Memory(MemoryFailed)));
}
