//! How much of a message is read, and what strangers learn from a refusal.

use http::Method;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    draft::{Draft, Signed},
    stage::Stage,
    support::http,
};

/// The most that the checking server reads.
const LIMIT: usize = 64 << 10;

#[tokio::test]
async fn a_message_is_read_to_its_limit_and_not_beyond() {
    let stage = Stage::start().await;
    let fits = Draft::new(
        format!("{}/ocm/notifications", stage.server.url),
        stage.parameters(),
        &vec![b'x'; LIMIT],
    );
    stage.is_accepted(fits.sign(&stage.key)).await;
    stage.peer.take();

    let large = Signed {
        headers: Vec::new(),
        body: vec![b'x'; LIMIT + 1],
    };
    assert_eq!(stage.send(large).await.0, 413);
    let pieces = (0..=LIMIT / 1024).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1024]));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let answer = http().post(format!("{}/ocm/shares", stage.checker())).body(body);
    assert_eq!(
        answer.send().await.expect("an answer").status().as_u16(),
        413,
        "no length said"
    );
    assert_eq!(stage.peer.take().len(), 0);
}

/// The server does not wait for a body to refuse a length.
#[tokio::test]
async fn a_length_beyond_the_limit_is_refused_before_anything_is_sent() {
    let stage = Stage::start().await;
    let address = stage.checker().trim_start_matches("http://").to_owned();
    let mut connection = TcpStream::connect(&address).await.expect("connected");
    let head = format!("POST /ocm/shares HTTP/1.1\r\nhost: {address}\r\ncontent-length: 1000000000\r\n\r\n");
    connection.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn refusals_say_no_more_than_why() {
    let stage = Stage::start().await;
    let secret = "c2VjcmV0LW9mLWEtc2hhcmU";
    let body = format!("{{\"sharedSecret\":\"{secret}\"}}").into_bytes();
    let draft = Draft::new(
        format!("{}/ocm/notifications", stage.server.url),
        stage.parameters(),
        &body,
    );
    let good = draft.sign(&stage.key);
    let wrong = draft.sign(&crate::draft::Key::ed25519(9));
    let elsewhere = format!(
        ";created={};keyid=\"https://elsewhere.example/ocm#k1\";tag=\"ocm\"",
        stage.now()
    );
    let elsewhere = draft.with_parameters(elsewhere).sign(&stage.key);
    for (status, signed) in [
        (400, good.clone().set("signature-input", "sig1=(")),
        (401, wrong.clone()),
        (403, elsewhere),
    ] {
        let (found, text) = stage.send(signed.clone()).await;
        assert_eq!(found, status);
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert!(value["message"].as_str().is_some_and(|message| !message.is_empty()));
        for hidden in [
            secret,
            "elsewhere.example",
            &stage.peer.host,
            "k1",
            &signed.value("signature"),
        ] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
    }
    // Whatever is wrong with a signature, it is told alike.
    let unsigned = good.clone().without("signature").without("signature-input");
    let told = [stage.send(wrong).await, stage.send(unsigned).await];
    assert_eq!(told[0], told[1]);
    stage.is_accepted(good.clone()).await;
    assert_eq!(stage.send(good).await, told[0], "and a replay too");
}

#[tokio::test]
async fn nobody_else_than_posting_servers_is_answered_there() {
    let stage = Stage::start().await;
    for path in ["/.well-known/ocm", "/ocm-provider/", "/ocm/jwks"] {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let answer = stage
                .server
                .request(method.as_str(), path)
                .send()
                .await
                .expect("an answer");
            assert_eq!(answer.status().as_u16(), 405, "{method} {path}");
        }
    }
}
