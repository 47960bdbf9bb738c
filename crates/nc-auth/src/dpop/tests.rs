use nc_proto::oauth::jose::Algorithm;
use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::{
    signer::Signer,
    testing::{Amnesia, Memory, NOW},
};

fn url() -> Url {
    Url::parse("https://cloud.example/apps/oidc/token").expect("a URL")
}

fn proof(signer: &Signer, jti: &str, nonce: Option<&str>) -> String {
    let mut claims = json!({"jti": jti, "htm": "POST", "htu": url().as_str(), "iat": NOW});
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    signer.sign(&header(signer), &claims)
}

fn header(signer: &Signer) -> Value {
    let mut key = signer.jwk().to_value();
    for name in ["kid", "alg", "use", "key_ops"] {
        key.as_object_mut().expect("an object").remove(name);
    }
    json!({"typ": "dpop+jwt", "jwk": key})
}

async fn verify(headers: &[&str], now: i64, nonces: &[&str], seen: &dyn SeenBefore) -> Result<String, ProofRefusal> {
    let url = url();
    let request = ProvenRequest {
        method: "POST",
        url: &url,
        now,
        access_token: None,
        nonces,
        bound_to: None,
    };
    verify_proof(headers, &request, seen).await
}

#[tokio::test]
async fn a_proof_proves_its_key_once() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let (signer, memory) = (Signer::new(algorithm), Memory::default());
        let proof = proof(&signer, "j", None);
        assert_eq!(
            verify(&[&proof], NOW, &[], &memory).await,
            Ok(signer.jwk().thumbprint())
        );
        assert_eq!(
            verify(&[&proof], NOW + 60, &[], &memory).await,
            Err(ProofRefusal::Invalid)
        );
        assert_eq!(
            verify(&[&proof], NOW + 61, &[], &memory).await,
            Err(ProofRefusal::Invalid)
        );
    }
}

#[tokio::test]
async fn t27_a_missing_or_second_proof_is_refused() {
    let (signer, memory) = (Signer::new(Algorithm::Es256), Memory::default());
    let (one, other) = (proof(&signer, "a", None), proof(&signer, "b", None));
    assert_eq!(verify(&[], NOW, &[], &memory).await, Err(ProofRefusal::Invalid));
    assert_eq!(
        verify(&[&one, &other], NOW, &[], &memory).await,
        Err(ProofRefusal::Invalid)
    );
    assert!(
        verify(&[&one], NOW, &[], &memory).await.is_ok(),
        "refusing it did not spend it"
    );
}

#[tokio::test]
async fn t27_a_signature_with_another_key_is_refused_and_spends_nothing() {
    let (signer, thief, memory) = (
        Signer::new(Algorithm::Es256),
        Signer::new(Algorithm::Es256),
        Memory::default(),
    );
    let good = proof(&signer, "j", None);
    let forged = thief.sign(
        &header(&signer),
        &json!({"jti": "j", "htm": "POST", "htu": url().as_str(), "iat": NOW}),
    );
    assert_eq!(verify(&[&forged], NOW, &[], &memory).await, Err(ProofRefusal::Invalid));
    assert!(memory.0.lock().expect("not poisoned").is_empty());
    // The same name under another key is another proof.
    assert!(verify(&[&proof(&thief, "j", None)], NOW, &[], &memory).await.is_ok());
    assert!(verify(&[&good], NOW, &[], &memory).await.is_ok());
}

#[tokio::test]
async fn without_a_memory_nothing_is_believed() {
    let signer = Signer::new(Algorithm::Es256);
    let outcome = verify(&[&proof(&signer, "j", None)], NOW, &[], &Amnesia).await;
    assert_eq!(outcome, Err(ProofRefusal::Memory(MemoryFailed)));
    assert_eq!(TokenError::from(ProofRefusal::Memory(MemoryFailed)).status(), 500);
}

#[tokio::test]
async fn nonces_rotate_without_memory_and_the_last_one_is_still_good() {
    let (signer, memory) = (Signer::new(Algorithm::Es256), Memory::default());
    let (nonces, replica, other) = (Nonces::new(&[1; 32]), Nonces::new(&[1; 32]), Nonces::new(&[2; 32]));
    let given = nonces.current(NOW);
    let ask = async |jti: &str, nonce: Option<&str>, now: i64| {
        let good = replica.good(now);
        let good: Vec<&str> = good.iter().map(String::as_str).collect();
        verify(&[&proof(&signer, jti, nonce)], NOW, &good, &memory).await
    };
    assert_eq!(ask("a", None, NOW).await, Err(ProofRefusal::Nonce));
    assert!(ask("a", Some(&given), NOW).await.is_ok());
    assert!(ask("b", Some(&given), NOW + NONCE_S).await.is_ok());
    assert_eq!(
        ask("c", Some(&given), NOW + 2 * NONCE_S).await,
        Err(ProofRefusal::Nonce)
    );
    assert_eq!(ask("d", Some(&other.current(NOW)), NOW).await, Err(ProofRefusal::Nonce));
    assert_ne!(nonces.current(NOW), nonces.current(NOW + NONCE_S));
    assert_eq!(TokenError::from(ProofRefusal::Nonce).code(), "use_dpop_nonce");
    assert_eq!(format!("{nonces:?}"), "Nonces");
}
