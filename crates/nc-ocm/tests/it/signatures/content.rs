//! What is signed: the body, its length, the address and the method.

use http::Method;

use super::*;
use crate::support::http;

#[tokio::test]
async fn ocm_n032_a_byte_of_the_body_that_changed_is_noticed() {
    let stage = Stage::start().await;
    let signed = good(&stage);
    let mut body = signed.body.clone();
    body[3] ^= 1;
    let asked = stage.peer.requests();
    stage
        .is_refused_or_junk("changed", signed.clone().with_body(&body))
        .await;
    assert_eq!(stage.peer.requests(), asked, "a wrong digest needs no key");
    stage.is_accepted(signed).await;
}

#[tokio::test]
async fn ocm_n033_a_digest_made_for_another_body_breaks_the_signature() {
    let stage = Stage::start().await;
    let signed = good(&stage);
    let mut body = signed.body.clone();
    body[3] ^= 1;
    let changed = signed.set("content-digest", sha256(&body)).with_body(&body);
    stage.is_refused("changed with its digest", changed).await;
}

#[tokio::test]
async fn ocm_n034_every_known_digest_has_to_be_right() {
    let stage = Stage::start().await;
    let with_digest = |value: String| {
        let draft = Draft {
            content_digest: value,
            ..stage.draft()
        };
        draft.sign(&stage.key)
    };
    let body = stage.draft().body;
    let wrong = with_digest(format!("{}, {}", sha256(&body), sha512(b"other")));
    stage.is_refused_or_junk("sha-512 wrong", wrong).await;
    let wrong = with_digest(format!("{}, {}", sha256(b"other"), sha512(&body)));
    stage.is_refused_or_junk("sha-256 wrong", wrong).await;
    let both = with_digest(format!("{}, {}, md5=:AAAA:", sha256(&body), sha512(&body)));
    stage.is_accepted(both).await;
}

#[tokio::test]
async fn ocm_n035_a_digest_of_unknown_kind_is_none() {
    let stage = Stage::start().await;
    for digest in ["md5=:1B2M2Y8AsgTpgAmy7PhCfg==:", "sha-1024=:AAAA:", "unixsum=:AAAA:"] {
        let draft = Draft {
            content_digest: digest.to_owned(),
            ..stage.draft()
        };
        stage.is_refused_or_junk(digest, draft.sign(&stage.key)).await;
    }
}

#[tokio::test]
async fn ocm_n036_a_digest_that_is_not_covered_is_refused() {
    let stage = Stage::start().await;
    let mut draft = stage.draft();
    draft.covered.retain(|name| *name != "content-digest");
    stage.is_refused_or_junk("not covered", draft.sign(&stage.key)).await;
    let missing = good(&stage).without("content-digest");
    stage.is_refused_or_junk("not there", missing).await;
}

#[tokio::test]
async fn ocm_n037_the_length_has_to_be_there_and_right() {
    let stage = Stage::start().await;
    let draft = Draft {
        content_length: "7".to_owned(),
        ..stage.draft()
    };
    stage.is_refused_or_junk("another length", draft.sign(&stage.key)).await;

    let signed = good(&stage);
    let mut request = http().post(format!("{}/ocm/notifications", stage.checker()));
    for (name, value) in &signed.headers {
        request = request.header(*name, value);
    }
    let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>(signed.body.clone())]);
    let answer = request
        .body(reqwest::Body::wrap_stream(pieces))
        .send()
        .await
        .expect("an answer");
    assert!([400, 401].contains(&answer.status().as_u16()), "chunked");
    stage.is_accepted(signed).await;
}

#[tokio::test]
async fn ocm_n038_another_address_is_refused() {
    let stage = Stage::start().await;
    let good = stage.draft().target_uri;
    for other in [
        good.replace("127.0.0.1", "elsewhere.example"),
        good.replace("http://", "https://"),
        format!("{good}?a=b"),
        format!("{good}/"),
        good.replace("notifications", "shares"),
    ] {
        let draft = Draft {
            target_uri: other.clone(),
            ..stage.draft()
        };
        stage.is_refused(&other, draft.sign(&stage.key)).await;
    }
    let signed = stage.draft_to("/ocm/notifications?a=b").sign(&stage.key);
    assert_eq!(stage.send_to("/ocm/notifications?a=c", signed.clone()).await.0, 401);
    assert_eq!(stage.send_to("/ocm/notifications?a=b", signed).await.0, 200);
}

#[tokio::test]
async fn ocm_n039_another_method_is_refused() {
    let stage = Stage::start().await;
    let signed = good(&stage);
    assert_eq!(stage.send_by(Method::PUT, signed.clone()).await.0, 401);
    stage.is_accepted(signed).await;
}
