//! Which keys count, and how they are fetched.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::*;
use crate::support::reply;

/// A stage whose other server has this key under the usual name.
async fn with_key(jwk: Value) -> Stage {
    let stage = Stage::start().await;
    stage.peer_says(|answers| answers.keys = json!({"keys": [jwk]}));
    stage
}

/// The usual key, changed.
async fn with_changed_key(change: impl FnOnce(&mut Value)) -> Stage {
    let stage = Stage::start().await;
    let mut jwk = stage.key.jwk(&stage.key_id(K1));
    change(&mut jwk);
    stage.peer_says(|answers| answers.keys = json!({"keys": [jwk]}));
    stage
}

#[tokio::test]
async fn ocm_n040_an_unknown_key_is_looked_for_once() {
    let stage = Stage::start().await;
    let missing = format!(";created={};tag=\"ocm\"", stage.now());
    stage
        .is_refused_or_junk("no keyid", stage.draft().with_parameters(missing).sign(&stage.key))
        .await;
    assert_eq!(stage.peer.requests(), 0);

    stage.is_accepted(good(&stage)).await;
    assert_eq!(stage.key_requests(), 1);
    stage.advance(40);
    let unknown = |kid: &str| {
        let draft = stage.draft().with_parameters(stage.parameters_of(stage.now(), kid));
        draft.sign(&stage.key)
    };
    stage.is_refused("unknown", unknown("k7")).await;
    assert_eq!(stage.key_requests(), 1, "one refetch");
    for kid in ["k7", "k8", "k9"] {
        stage.is_refused("unknown still", unknown(kid)).await;
    }
    assert_eq!(stage.key_requests(), 0, "not again within 30 s");
    stage.advance(31);
    stage.is_refused("known as missing", unknown("k7")).await;
    assert_eq!(stage.key_requests(), 0, "not for a name that was missing a minute ago");

    let new = Key::ed25519(2);
    stage.peer_says(|answers| {
        answers.keys = json!({"keys": [stage.key.jwk(&stage.key_id(K1)), new.jwk(&stage.key_id("k8"))]});
    });
    stage.advance(31);
    let draft = stage.draft().with_parameters(stage.parameters_of(stage.now(), "k8"));
    stage.is_accepted(draft.sign(&new)).await;
    assert_eq!(stage.key_requests(), 1, "a new key is found");
}

#[tokio::test]
async fn ocm_n041_keys_and_names_of_other_servers_do_not_count() {
    let stage = Stage::start().await;
    let other = Stage::start().await;
    // Another server's key under its own name: who speaks is another.
    let parameters = format!(";created={};keyid=\"{}\";tag=\"ocm\"", stage.now(), other.key_id(K1));
    let draft = stage.draft().with_parameters(parameters);
    assert_eq!(stage.send(draft.sign(&other.key)).await.0, 403);
    assert_eq!((stage.peer.requests(), other.peer.requests()), (0, 0));
    for kid in [
        format!("https://elsewhere.example/ocm#{}", stage.peer.host),
        format!("https://{}.elsewhere.example/ocm#k1", stage.peer.host.replace(':', ".")),
        format!("elsewhere.example#{}", stage.key_id(K1)),
        format!("http://{}@elsewhere.example/ocm#k1", stage.peer.host),
    ] {
        let parameters = format!(";created={};keyid=\"{kid}\";tag=\"ocm\"", stage.now());
        let signed = stage.draft().with_parameters(parameters).sign(&stage.key);
        let status = stage.send(signed).await.0;
        assert!([400, 401, 403].contains(&status), "{kid}: {status}");
        assert_eq!(stage.peer.requests(), 0, "{kid}");
    }
    // Another server's key in our set, under our name for it, is one of ours; under its own name it is not found.
    let key = Key::ed25519(5);
    stage.peer_says(|answers| answers.keys = json!({"keys": [key.jwk(&other.key_id(K1))]}));
    stage
        .is_refused("named after another server", stage.draft().sign(&key))
        .await;
}

#[tokio::test]
async fn a_name_without_a_scheme_is_one_too() {
    let stage = Stage::start().await;
    let kid = format!("{}#key1", stage.peer.host);
    stage.peer_says(|answers| answers.keys = json!({"keys": [stage.key.jwk(&kid)]}));
    let parameters = format!(";created={};keyid=\"{kid}\";tag=\"ocm\"", stage.now());
    stage
        .is_accepted(stage.draft().with_parameters(parameters).sign(&stage.key))
        .await;
}

#[tokio::test]
async fn ocm_n042_a_name_that_comes_twice_in_a_set_is_refused() {
    let stage = Stage::start().await;
    let kid = stage.key_id(K1);
    let sets = [
        json!([stage.key.jwk(&kid), Key::ed25519(2).jwk(&kid)]),
        json!([Key::ed25519(2).jwk(&kid), stage.key.jwk(&kid)]),
        json!([stage.key.jwk(&kid), stage.key.jwk(&kid)]),
    ];
    for set in sets {
        stage.peer_says(|answers| answers.keys = json!({"keys": set}));
        stage.is_refused("twice", good(&stage)).await;
        stage.advance(61);
    }
}

#[tokio::test]
async fn ocm_n043_keys_that_are_not_for_this_are_refused() {
    type Change = Box<dyn FnOnce(&mut Value)>;
    let secret = BASE64_URL_SAFE_NO_PAD.encode([7; 32]);
    let changes: Vec<(&str, Change)> = vec![
        (
            "no alg",
            Box::new(|jwk| drop(jwk.as_object_mut().expect("a key").remove("alg"))),
        ),
        ("none", Box::new(|jwk| jwk["alg"] = "none".into())),
        ("HS256", Box::new(|jwk| jwk["alg"] = "HS256".into())),
        ("of another kind", Box::new(|jwk| jwk["alg"] = "ES256".into())),
        ("for encryption", Box::new(|jwk| jwk["use"] = "enc".into())),
        ("to sign only", Box::new(|jwk| jwk["key_ops"] = json!(["sign"]))),
        ("private", Box::new(move |jwk| jwk["d"] = secret.into())),
        (
            "symmetric",
            Box::new(|jwk| {
                *jwk = json!({"kty": "oct", "alg": "HS256", "kid": jwk["kid"], "k": "AAAA"});
            }),
        ),
        (
            "without its name",
            Box::new(|jwk| drop(jwk.as_object_mut().expect("a key").remove("kid"))),
        ),
    ];
    for (what, change) in changes {
        let stage = with_changed_key(change).await;
        stage.is_refused(what, good(&stage)).await;
    }
    let stage = with_changed_key(|jwk| jwk["key_ops"] = json!(["verify"])).await;
    stage.is_accepted(good(&stage)).await;
    let stage = with_changed_key(|jwk| jwk["alg"] = "EdDSA".into()).await;
    stage.is_accepted(good(&stage)).await;
}

#[tokio::test]
async fn ocm_n044_the_named_algorithm_has_to_be_that_of_the_key() {
    let stage = Stage::start().await;
    for alg in [
        "hmac-sha256",
        "EdDSA",
        "Ed25519",
        "ES256",
        "ecdsa-p256-sha256",
        "rsa-v1_5-sha256",
        "none",
        "",
    ] {
        let parameters = format!("{};alg=\"{alg}\"", stage.parameters());
        stage
            .is_refused_or_junk(alg, stage.draft().with_parameters(parameters).sign(&stage.key))
            .await;
    }
    let parameters = format!("{};alg=\"ed25519\"", stage.parameters());
    stage
        .is_accepted(stage.draft().with_parameters(parameters).sign(&stage.key))
        .await;
}

#[tokio::test]
async fn ocm_n045_keys_of_small_order_and_large_numbers_are_refused() {
    // The neutral element: without a strict check R = A and S = 0 verify for every message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let stage = with_changed_key(|jwk| jwk["x"] = BASE64_URL_SAFE_NO_PAD.encode(neutral).into()).await;
    let draft = stage.draft();
    let mut signature = neutral.to_vec();
    signature.extend([0; 32]);
    let forged = draft.sign(&stage.key).set("signature", draft.member(&signature));
    stage.is_refused_or_junk("small order", forged).await;

    let stage = Stage::start().await;
    let draft = stage.draft();
    let mut signature = stage.key.sign(&draft.base());
    let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").expect("hex");
    let mut carry = 0;
    for (digit, add) in signature[32..].iter_mut().zip(&order) {
        let sum = u16::from(*digit) + u16::from(*add) + carry;
        *digit = (sum & 255) as u8;
        carry = sum >> 8;
    }
    let forged = draft.sign(&stage.key).set("signature", draft.member(&signature));
    stage.is_refused("S beyond the order", forged).await;
    stage.is_accepted(draft.sign(&stage.key)).await;
}

#[tokio::test]
async fn ocm_n046_signatures_of_p256_have_one_form() {
    let key = Key::p256();
    let stage = Stage::start().await;
    stage.peer_says(|answers| answers.keys = json!({"keys": [key.jwk(&stage.key_id(K1))]}));
    let draft = stage.draft();
    let good = key.sign(&draft.base());
    let zero_r: Vec<u8> = [&[0; 32], &good[32..]].concat();
    let zero_s: Vec<u8> = [&good[..32], &[0; 32]].concat();
    for (what, signature) in [
        ("DER", key.sign_der(&draft.base())),
        ("63 bytes", good[..63].to_vec()),
        ("65 bytes", [good.as_slice(), &[0]].concat()),
        ("r is 0", zero_r),
        ("s is 0", zero_s),
        ("empty", Vec::new()),
    ] {
        let signed = draft.sign(&key).set("signature", draft.member(&signature));
        stage.is_refused_or_junk(what, signed).await;
    }
    stage.is_accepted(draft.sign(&key)).await;
}

#[tokio::test]
async fn ocm_n047_short_keys_of_rsa_are_refused() {
    let jwk = |bytes: usize| {
        let mut modulus = vec![0xc5; bytes];
        modulus[bytes - 1] = 0x01;
        json!({
            "kty": "RSA", "alg": "RS256", "e": "AQAB", "n": BASE64_URL_SAFE_NO_PAD.encode(&modulus),
        })
    };
    for bytes in [128, 256] {
        let stage = Stage::with(move |config| config.allow_rsa = bytes == 128).await;
        let mut key = jwk(bytes);
        key["kid"] = stage.key_id(K1).into();
        stage.peer_says(|answers| answers.keys = json!({"keys": [key]}));
        let draft = stage.draft();
        let signed = draft.sign(&stage.key).set("signature", draft.member(&vec![1; bytes]));
        // The short one even where RSA is switched on, the other one where it is not.
        stage.is_refused("RSA", signed).await;
    }
}

#[tokio::test]
async fn ocm_n052_a_set_that_cannot_be_read_is_the_other_servers_fault_and_is_not_asked_for_again() {
    type Answer = Arc<dyn Fn() -> axum::response::Response + Send + Sync>;
    let answers: Vec<(&str, Answer)> = vec![
        (
            "10 MB",
            Arc::new(|| reply(200, "application/json", vec![b' '; 10 << 20])),
        ),
        (
            "dripping",
            Arc::new(|| {
                let drops = stream::unfold((), |()| async {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Some((Ok::<_, std::io::Error>(" "), ()))
                });
                reply(200, "application/json", Body::from_stream(drops.boxed()))
            }),
        ),
        (
            "redirecting",
            Arc::new(|| {
                let mut answer = reply(302, "text/plain", "");
                answer
                    .headers_mut()
                    .insert("location", "http://127.0.0.1:9/keys".parse().expect("a value"));
                answer
            }),
        ),
        ("500", Arc::new(|| reply(500, "application/json", "{}"))),
        (
            "compressed",
            Arc::new(|| {
                let mut answer = reply(200, "application/json", vec![0x1f, 0x8b, 8, 0]);
                answer
                    .headers_mut()
                    .insert("content-encoding", "gzip".parse().expect("a value"));
                answer
            }),
        ),
    ];
    for (what, answer) in answers {
        let stage = Stage::with(|config| config.timeout = Duration::from_millis(500)).await;
        stage.peer_says(|answers| answers.keys_answer = Some(answer));
        for round in [1, 0] {
            assert_eq!(stage.send(good(&stage)).await.0, 502, "{what}");
            assert_eq!(stage.key_requests(), round, "{what}");
        }
        // It is remembered for a minute, and then it may be better.
        stage.peer_says(|answers| answers.keys_answer = None);
        stage.advance(61);
        stage.is_accepted(good(&stage)).await;
    }
}

#[tokio::test]
async fn a_set_is_used_for_an_hour_and_no_longer() {
    let stage = Stage::start().await;
    stage.is_accepted(good(&stage)).await;
    assert_eq!(stage.key_requests(), 1);
    stage.peer_says(|answers| answers.keys = json!({"keys": []}));
    stage.advance(3599);
    stage.is_accepted(good(&stage)).await;
    assert_eq!(stage.key_requests(), 0);
    stage.advance(1);
    stage.is_refused("the key was taken back", good(&stage)).await;
    assert_eq!(stage.key_requests(), 1);
}

#[tokio::test]
async fn many_messages_at_a_time_cause_one_fetch() {
    let stage = Arc::new(Stage::start().await);
    let mut tasks = Vec::new();
    for number in 0..20 {
        let stage = Arc::clone(&stage);
        tasks.push(tokio::spawn(async move {
            let parameters = format!(";nonce=\"{number}\"{}", stage.parameters());
            stage
                .send(stage.draft().with_parameters(parameters).sign(&stage.key))
                .await
                .0
        }));
    }
    for task in tasks {
        assert_eq!(task.await.expect("it ran"), 200);
    }
    assert_eq!(stage.peer.requests(), 2, "one for the document, one for the keys");
}

#[tokio::test]
async fn what_was_fetched_of_a_server_that_signed_outlives_a_restart() {
    let stage = Stage::start().await;
    stage.is_accepted(good(&stage)).await;
    // Now that it has signed, what is fetched of it next is kept.
    stage.advance(25 * 3600);
    stage.is_accepted(good(&stage)).await;
    stage.peer.take();
    let stage = stage.restart().await;
    stage.peer.answer_with(|_| reply(500, "text/plain", ""));
    stage.advance(60);
    stage.is_accepted(good(&stage)).await;
    assert_eq!(stage.peer.take().len(), 0);
}

#[tokio::test]
async fn keys_beyond_what_a_set_may_hold_are_refused() {
    let stage = Stage::start().await;
    let mut keys: Vec<Value> = (0..32)
        .map(|number| Key::ed25519(number).jwk(&format!("x{number}")))
        .collect();
    keys.push(stage.key.jwk(&stage.key_id(K1)));
    stage.peer_says(|answers| answers.keys = json!({"keys": keys}));
    stage.is_refused("33 keys", good(&stage)).await;
    let stage = with_key(json!({})).await;
    stage.is_refused("an empty key", good(&stage)).await;
}
