//! Who has to sign.

use nc_ocm::InboundSignatures;
use serde_json::json;

use super::*;
use crate::stage::nextcloud_32;

fn unsigned(stage: &Stage) -> Signed {
    good(stage)
        .without("signature")
        .without("signature-input")
        .without("content-digest")
}

#[tokio::test]
async fn a_server_that_can_sign_has_to_and_one_that_cannot_need_not() {
    let stage = Stage::start().await;
    stage.is_refused("it can", unsigned(&stage)).await;
    let stage = Stage::start().await;
    stage.peer_says(|answers| answers.discovery["capabilities"] = json!([]));
    assert_eq!(stage.send(unsigned(&stage)).await, (200, "Unsigned".to_owned()));
}

#[tokio::test]
async fn a_server_that_ever_signed_has_to_from_then_on_also_after_a_restart() {
    let stage = Stage::start().await;
    stage.is_accepted(good(&stage)).await;
    stage.peer_says(|answers| answers.discovery["capabilities"] = json!([]));
    stage.advance(25 * 3600);
    stage.is_refused("it signed yesterday", unsigned(&stage)).await;
    let stage = stage.restart().await;
    let asked = stage.peer.requests();
    stage.is_refused("it signed before the restart", unsigned(&stage)).await;
    assert_eq!(stage.peer.requests(), asked, "that is known without asking");
}

#[tokio::test]
async fn whether_an_unreachable_server_can_sign_is_not_guessed() {
    let stage = Stage::start().await;
    stage.peer.answer_with(|_| crate::support::reply(500, "text/plain", ""));
    assert_eq!(stage.send(unsigned(&stage)).await.0, 502);
}

#[tokio::test]
async fn the_operator_decides_who_has_to_sign() {
    let stage = Stage::with(|config| config.inbound = InboundSignatures::Require).await;
    stage.peer_says(|answers| answers.discovery["capabilities"] = json!([]));
    stage.is_refused("all have to", unsigned(&stage)).await;
    assert_eq!(stage.peer.requests(), 0);

    let stage = Stage::with(|config| config.inbound = InboundSignatures::Optional).await;
    assert_eq!(stage.send(unsigned(&stage)).await, (200, "Unsigned".to_owned()));
    stage
        .is_refused("a bad one is bad", stage.draft().sign(&Key::ed25519(9)))
        .await;
}

#[tokio::test]
async fn ocm_n017_the_token_endpoint_wants_rfc_9421() {
    let stage = Stage::with(|config| config.inbound = InboundSignatures::Optional).await;
    let signed = |target: &str| stage.draft_to(target).sign(&stage.key);
    assert_eq!(
        stage.send_to("/ocm/token", unsigned(&stage)).await.0,
        401,
        "it can sign"
    );
    assert_eq!(stage.send_to("/ocm/token", signed("/ocm/token")).await.0, 200);

    let stage = Stage::start().await;
    let (key, pem) = crate::draft::rsa();
    stage.peer_says(|answers| answers.discovery = nextcloud_32(&stage.peer.url, &pem));
    assert_eq!(
        stage.send_to("/ocm/token", unsigned(&stage)).await.0,
        200,
        "it cannot sign"
    );
    assert_eq!(
        stage.send_to("/ocm/token?strict", unsigned(&stage)).await.0,
        401,
        "but it must"
    );
    let date = crate::cavage::http_date(stage.now());
    let legacy = crate::draft::Cavage::new(stage.key_id("signature"), &stage.server.host, "/ocm/token", date, b"{}");
    assert_eq!(
        stage.send_to("/ocm/token", legacy.sign(&key)).await.0,
        401,
        "cavage does not count"
    );
}

#[tokio::test]
async fn servers_that_the_operator_does_not_want_are_nobody_and_are_not_asked() {
    let stage = Stage::with(|config| {
        config.allow.insert("friend.example.org".to_owned());
    })
    .await;
    assert_eq!(stage.send(good(&stage)).await.0, 403);
    assert_eq!(stage.send(unsigned(&stage)).await.0, 403);
    assert_eq!(stage.peer.requests(), 0);
}

#[tokio::test]
async fn a_server_whose_document_promises_signatures_without_keys_is_refused() {
    let stage = Stage::start().await;
    stage.peer_says(|answers| drop(answers.discovery.as_object_mut().expect("an object").remove("jwksUri")));
    assert_eq!(stage.send(good(&stage)).await.0, 502);
    assert_eq!(stage.send(unsigned(&stage)).await.0, 502);
}
