//! What a signature has to look like.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;

#[tokio::test]
async fn ocm_n022_both_headers_of_a_signature_have_to_be_there() {
    let stage = Stage::start().await;
    stage
        .is_refused("no input", good(&stage).without("signature-input"))
        .await;
    stage
        .is_refused("no signature", good(&stage).without("signature"))
        .await;
    let other = good(&stage).set("signature", "other=:AAAA:");
    stage.is_refused("no signature of this name", other).await;
}

#[tokio::test]
async fn ocm_n023_without_the_tag_a_message_counts_as_unsigned() {
    let stage = Stage::start().await;
    let (now, key) = (stage.now(), stage.key_id(K1));
    for parameters in [
        format!(";created={now};keyid=\"{key}\""),
        format!(";created={now};keyid=\"{key}\";tag=\"other\""),
        format!(";created={now};keyid=\"{key}\";tag=\"OCM\""),
    ] {
        let signed = stage.draft().with_parameters(parameters).sign(&stage.key);
        stage.is_refused("a server that can sign has to", signed.clone()).await;
        let other = Stage::start().await;
        other.peer_says(|answers| answers.discovery["capabilities"] = serde_json::json!([]));
        assert_eq!(other.send(signed).await, (200, "Unsigned".to_owned()));
    }
}

#[tokio::test]
async fn ocm_n024_two_signatures_with_the_tag_are_one_too_many() {
    let stage = Stage::start().await;
    let first = stage.draft();
    let second = Draft {
        label: "sig2",
        ..stage
            .draft()
            .with_parameters(format!(";nonce=\"2\"{}", stage.parameters()))
    };
    let both = first.sign(&stage.key);
    let both = both
        .clone()
        .set(
            "signature-input",
            format!("{}, sig2={}", both.value("signature-input"), second.inner_list()),
        )
        .set(
            "signature",
            format!("{}, {}", both.value("signature"), second.signature(&stage.key)),
        );
    stage.is_refused_or_junk("two in one line", both).await;
    let lines = first
        .sign(&stage.key)
        .add("signature-input", format!("sig2={}", second.inner_list()))
        .add("signature", second.signature(&stage.key));
    stage.is_refused_or_junk("two in two lines", lines).await;
}

#[tokio::test]
async fn ocm_n025_a_label_that_comes_twice_is_refused() {
    let stage = Stage::start().await;
    let signed = good(&stage);
    let input = signed.value("signature-input");
    let foreign = "sig1=(\"@method\");created=1;keyid=\"x\";tag=\"other\"";
    for line in [
        format!("{input}, {input}"),
        format!("{foreign}, {input}"),
        format!("{input}, {foreign}"),
    ] {
        let twice = signed.clone().set("signature-input", line);
        stage.is_refused_or_junk("twice in the input", twice).await;
    }
    let twice = signed.clone().add("signature-input", foreign);
    stage.is_refused_or_junk("twice in two lines", twice).await;
    let twice = signed.clone().add("signature", "sig1=:AAAA:");
    stage.is_refused_or_junk("twice in the signatures", twice).await;
}

#[tokio::test]
async fn ocm_n026_each_component_has_to_be_covered() {
    let stage = Stage::start().await;
    for missing in ["@method", "@target-uri", "content-digest", "content-length"] {
        let mut draft = stage.draft();
        draft.covered.retain(|name| *name != missing);
        stage.is_refused_or_junk(missing, draft.sign(&stage.key)).await;
    }
}

#[tokio::test]
async fn ocm_n048_folded_lines_are_refused() {
    let stage = Stage::start().await;
    let signed = good(&stage);
    let address = stage.checker().trim_start_matches("http://").to_owned();
    for break_in in ["\r\n ", "\n ", "\r "] {
        let digest = signed.value("content-digest").replace("=:", &format!("={break_in}:"));
        let mut connection = TcpStream::connect(&address).await.expect("connected");
        let head = format!(
            "POST /ocm/notifications HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\
             content-digest: {digest}\r\nsignature-input: {}\r\nsignature: {}\r\n\r\n",
            signed.body.len(),
            signed.value("signature-input"),
            signed.value("signature"),
        );
        connection.write_all(head.as_bytes()).await.expect("sent");
        let _ = connection.write_all(&signed.body).await;
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let is_refused = ["HTTP/1.1 400", "HTTP/1.1 401"]
            .iter()
            .any(|status| answer.starts_with(status));
        assert!(is_refused, "{break_in:?}: {answer}");
    }
    stage.is_accepted(signed).await;
}

#[tokio::test]
async fn ocm_n049_a_good_cavage_signature_does_not_save_a_bad_one() {
    let stage = Stage::start().await;
    let (key, pem) = crate::draft::rsa();
    stage.peer_says(|answers| {
        answers.discovery["publicKey"] = serde_json::json!({"keyId": stage.key_id("signature"), "publicKeyPem": pem});
    });
    let bad = stage.draft().sign(&Key::ed25519(9));
    let host = stage.server.host.clone();
    let date = crate::cavage::http_date(stage.now());
    let key_id = stage.key_id("signature");
    let legacy = crate::draft::Cavage::new(key_id, &host, "/ocm/notifications", date, &bad.body).sign(&key);
    let mut both = bad;
    for (name, value) in legacy.headers {
        both = both.add(name, value);
    }
    stage.is_refused_or_junk("both", both).await;
}

#[tokio::test]
async fn ocm_n050_signatures_of_a_proxy_are_left_alone() {
    let stage = Stage::start().await;
    let signed = good(&stage);
    let foreign =
        "proxy=(\"@authority\" \"x-not-there\");created=1;keyid=\"somebody\";alg=\"hmac-sha256\";tag=\"edge\"";
    let beside = signed
        .clone()
        .set(
            "signature-input",
            format!("{foreign}, {}", signed.value("signature-input")),
        )
        .set("signature", format!("proxy=:AAAA:, {}", signed.value("signature")));
    stage.is_accepted(beside).await;
}

#[tokio::test]
async fn ocm_n051_junk_causes_no_request_to_anybody() {
    let stage = Stage::start().await;
    let signed = good(&stage);
    for input in [
        "",
        "sig1",
        "sig1=",
        "sig1=(",
        "sig1=()",
        "sig1=(\"@method\"",
        "sig1=\"x\";tag=\"ocm\"",
        "sig1=(@method);tag=\"ocm\"",
        "sig1=(\"@method\" \"@method\");created=1;keyid=\"x\";tag=\"ocm\"",
        "=;=",
        "sig1=(\"@method\");tag=ocm;created=1;keyid=\"x\"",
        "sig1=(\"@method\");tag=\"ocm\";created=1;keyid=5",
    ] {
        let junk = signed.clone().set("signature-input", input);
        let status = stage.send(junk).await.0;
        // Without any signature of the profile it is unsigned, and then the server has to be asked whether it can sign.
        assert!([400, 401].contains(&status), "{input:?}: {status}");
    }
    let stage = Stage::start().await;
    for (header, value) in [
        ("signature-input", "sig1=(\"@method\";tag=\"ocm\""),
        ("signature", "sig1=:!!!:"),
        ("signature", "sig1=\"text\""),
        ("signature", "sig1=:AAAA"),
        ("content-digest", "sha-256=:!!!:"),
        ("content-digest", "sha-256"),
    ] {
        let junk = good(&stage).set(header, value);
        assert!([400, 401].contains(&stage.send(junk).await.0), "{header}: {value}");
    }
    assert_eq!(stage.peer.requests(), 0);
}
