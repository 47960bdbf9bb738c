//! Signatures as RFC 9421 says, through HTTP.

use crate::{
    draft::{Draft, Key, Signed, sha256, sha512},
    stage::{K1, Stage},
};

mod content;
mod fresh;
mod keys;
mod policy;
mod syntax;

/// A good message.
fn good(stage: &Stage) -> Signed {
    stage.draft().sign(&stage.key)
}

#[tokio::test]
async fn a_good_signature_is_good_whatever_the_order_of_its_parameters() {
    let stage = Stage::start().await;
    let (now, key) = (stage.now(), stage.key_id(K1));
    for parameters in [
        format!(";created={now};keyid=\"{key}\";tag=\"ocm\""),
        format!(";tag=\"ocm\";keyid=\"{key}\";created={now}"),
        format!(";keyid=\"{key}\";created={now};alg=\"ed25519\";tag=\"ocm\""),
        format!(
            ";created={now};expires={};nonce=\"x\";keyid=\"{key}\";tag=\"ocm\"",
            now + 10
        ),
    ] {
        stage
            .is_accepted(stage.draft().with_parameters(parameters).sign(&stage.key))
            .await;
    }
    let p256 = Key::p256();
    stage.advance(60);
    stage.peer_says(|answers| answers.keys = serde_json::json!({"keys": [p256.jwk(&stage.key_id("k2"))]}));
    let draft = stage.draft().with_parameters(stage.parameters_of(stage.now(), "k2"));
    // Of the same message every signature with P-256 is another one.
    stage.is_accepted(draft.sign(&p256)).await;
    stage.is_accepted(draft.sign(&p256)).await;
}

#[tokio::test]
async fn a_message_signed_for_another_server_is_not_good_here() {
    let stage = Stage::start().await;
    let mut elsewhere = stage.draft();
    elsewhere.target_uri = "https://elsewhere.example/ocm/notifications".to_owned();
    stage.is_refused("another server", elsewhere.sign(&stage.key)).await;
    // The address it was sent to: what a proxy calls this server does not count.
    let mut at_the_proxy = stage.draft();
    at_the_proxy.target_uri = format!("{}/ocm/notifications", stage.checker());
    stage
        .is_refused("the address behind a proxy", at_the_proxy.sign(&stage.key))
        .await;
}
