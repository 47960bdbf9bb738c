use super::*;
use crate::signature::digest;

const TAIL: &str = ";keyid=\"https://sender.example.org/ocm#k1\";tag=\"ocm\"";

#[test]
fn a_good_message_is_believed() {
    assert_eq!(Draft::good().outcome(), Ok(()));
    let more = Draft::with(|draft| {
        draft.covered =
            "(\"date\" \"@target-uri\" \"content-length\" \"@method\" \"content-digest\" \"x-list\")".to_owned();
        draft.set("date", "Tue, 20 Apr 2021 02:07:55 GMT");
        draft.headers.push(("x-list", " a".to_owned()));
        draft.headers.push(("x-list", "b ".to_owned()));
        draft.parameters = format!("tag=\"ocm\";nonce=\"n\";created={CREATED};keyid=\"{KEY_ID}\";x;expires={CREATED}");
    });
    assert_eq!(more.outcome(), Ok(()), "further fields and parameters are signed too");
    let spaced = Draft::with(|draft| draft.covered = COVERED.replace('(', "( ").replace(')', "  )"));
    assert_eq!(spaced.outcome(), Ok(()), "what is signed is the text as it came");
}

#[test]
fn ocm_n022_both_headers_belong_together() {
    let draft = Draft::good();
    for name in ["signature-input", "signature"] {
        let mut headers = draft.sign();
        headers.remove(name);
        assert_eq!(draft.verdict(&headers), Err(SignatureError::Missing), "{name}");
    }
    let mut other = draft.sign();
    other.insert("signature", HeaderValue::from_static("sig2=:AAAA:"));
    assert_eq!(draft.verdict(&other), Err(SignatureError::Missing));
}

#[test]
fn ocm_n023_without_the_tag_a_message_is_unsigned() {
    for tag in ["", ";tag=\"other\"", ";tag=\"OCM\"", ";tag=\"\""] {
        let draft = Draft::with(|draft| draft.parameters = format!("created={CREATED};keyid=\"{KEY_ID}\"{tag}"));
        assert!(matches!(draft.judge(&draft.sign()), Ok(Found::Unsigned)), "{tag}");
    }
    assert!(matches!(Draft::good().judge(&HeaderMap::new()), Ok(Found::Unsigned)));
    let token = Draft::with(|draft| draft.parameters = format!("created={CREATED};keyid=\"{KEY_ID}\";tag=ocm"));
    assert!(token.judge(&token.sign()).is_err(), "that is no text");
}

#[test]
fn ocm_n024_two_signatures_with_the_tag_are_refused() {
    let draft = Draft::good();
    let mut headers = draft.sign();
    let again = format!("sig2={}", draft.input());
    headers.append("signature-input", HeaderValue::try_from(again).expect("a value"));
    let signature = headers["signature"].to_str().expect("text").replace("sig1", "sig2");
    headers.append("signature", HeaderValue::try_from(signature).expect("a value"));
    assert_eq!(draft.verdict(&headers), Err(SignatureError::Repeated));
}

#[test]
fn ocm_n025_a_label_that_comes_twice_is_refused() {
    let draft = Draft::good();
    for name in ["signature-input", "signature"] {
        let mut headers = draft.sign();
        let twice = headers[name].clone();
        headers.append(name, twice);
        assert_eq!(
            draft.verdict(&headers),
            Err(SignatureError::Repeated),
            "{name} in two lines"
        );
        let joined = format!("{0}, {0}", draft.sign()[name].to_str().expect("text"));
        headers.insert(name, HeaderValue::try_from(joined).expect("a value"));
        assert_eq!(
            draft.verdict(&headers),
            Err(SignatureError::Repeated),
            "{name} in one line"
        );
    }
    let tags = format!("created={CREATED};keyid=\"{KEY_ID}\";tag=\"other\";tag=\"ocm\"");
    assert_eq!(
        Draft::fault_of(&tags),
        Some(SignatureError::Repeated),
        "also of parameters"
    );
}

#[test]
fn ocm_n026_each_mandatory_component_is_needed() {
    for name in component::MANDATORY {
        let draft = Draft::with(|draft| draft.covered = COVERED.replace(&format!("\"{name}\""), "").replace("( ", "("));
        assert_eq!(draft.outcome(), Err(SignatureError::Component), "{name}");
        let foreign =
            Draft::with(|draft| draft.covered = COVERED.replace(&format!("\"{name}\""), &format!("\"{name}\";req")));
        assert_eq!(
            foreign.outcome(),
            Err(SignatureError::Component),
            "{name} of another message"
        );
    }
    for more in [
        "\"x-absent\"",
        "\"@status\"",
        "\"@query-param\";name=\"a\"",
        "\"Date\"",
        "\"@method\";sf",
    ] {
        let draft = Draft::with(|draft| draft.covered = COVERED.replace(')', &format!(" {more})")));
        assert_eq!(draft.outcome(), Err(SignatureError::Component), "{more}");
    }
    let twice = Draft::with(|draft| draft.covered = COVERED.replace(')', " \"@method\")"));
    assert_eq!(twice.outcome(), Err(SignatureError::Repeated));
}

#[test]
fn ocm_n027_created_is_a_number_that_is_a_time() {
    assert_eq!(Draft::fault_of(&TAIL[1..]), Some(SignatureError::Missing));
    for created in [
        format!("\"{CREATED}\""),
        "-1".to_owned(),
        "9007199254740992".to_owned(),
        "1.5".to_owned(),
        "?1".to_owned(),
        format!("@{CREATED}"),
    ] {
        assert_eq!(
            Draft::fault_of(&format!("created={created}{TAIL}")),
            Some(SignatureError::Time),
            "{created}"
        );
    }
    assert_eq!(Draft::fault_of(&format!("created=0{TAIL}")), Some(SignatureError::Old));
    assert_eq!(
        Draft::fault_of(&format!("created=999999999999999{TAIL}")),
        Some(SignatureError::Early)
    );
}

fn at(offset: i64) -> Result<(), SignatureError> {
    Draft::with(|draft| draft.now = CREATED - offset).outcome()
}

#[test]
fn ocm_n028_a_signature_from_the_future_is_refused() {
    assert_eq!(at(61), Err(SignatureError::Early));
}

#[test]
fn ocm_n029_an_old_signature_is_refused() {
    assert_eq!(at(-301), Err(SignatureError::Old));
}

#[test]
fn ocm_n030_clocks_may_differ_a_little() {
    for offset in [59, 60, 0, -299, -300] {
        assert_eq!(at(offset), Ok(()), "{offset}");
    }
}

#[test]
fn ocm_n031_a_signature_that_is_over_is_refused() {
    let over = format!("created={};expires={}{TAIL}", CREATED - 10, CREATED - 1);
    assert_eq!(Draft::fault_of(&over), Some(SignatureError::Old));
    assert_eq!(
        Draft::fault_of(&format!("created={CREATED};expires={CREATED}{TAIL}")),
        None
    );
    assert_eq!(
        Draft::fault_of(&format!("created={CREATED};expires=\"never\"{TAIL}")),
        Some(SignatureError::Time)
    );
    let backwards = format!("created={};expires={}{TAIL}", CREATED + 20, CREATED + 10);
    assert_eq!(Draft::fault_of(&backwards), Some(SignatureError::Old));
}

#[test]
fn ocm_n032_a_changed_body_is_refused() {
    let mut draft = Draft::good();
    let headers = draft.sign();
    for at in [0, 100, V1_BODY.len() - 1] {
        draft.body[at] ^= 1;
        assert_eq!(draft.verdict(&headers), Err(SignatureError::Digest), "{at}");
        draft.body[at] ^= 1;
    }
    assert_eq!(draft.verdict(&headers), Ok(()));
}

#[test]
fn ocm_n033_a_digest_that_was_made_to_fit_is_refused() {
    let mut draft = Draft::good();
    let mut headers = draft.sign();
    draft.body[10] ^= 1;
    let digest = HeaderValue::try_from(digest::content_digest(&draft.body)).expect("a value");
    headers.insert("content-digest", digest);
    assert_eq!(draft.verdict(&headers), Err(SignatureError::Signature));
}

fn with_digest(digest: &str) -> Result<(), SignatureError> {
    Draft::with(|draft| draft.set("content-digest", digest)).outcome()
}

const SHA_256: &str = "sha-256=:/Uz47cfD1HOdMTIqcWjd84iMLQ4gVJdC7ZFACf1ViqU=:";
const SHA_512: &str =
    "sha-512=:mArXXGrTQOODdm25GzfBNfGQD/XK5ZBZmwio9VNbXcMFLKWbs6kDVKCsyZcvvHhAiLlUBJf0cC3QLw8F6pjMwA==:";

#[test]
fn ocm_n034_every_known_digest_has_to_fit() {
    assert_eq!(with_digest(&format!("{SHA_256}, {SHA_512}")), Ok(()));
    assert_eq!(with_digest(SHA_512), Ok(()));
    let wrong = SHA_512.replace("mArX", "nArX");
    for digest in [
        format!("{SHA_256}, {wrong}"),
        format!("{wrong}, {SHA_256}"),
        format!("{SHA_256}, sha-512=:AAAA:"),
    ] {
        assert_eq!(with_digest(&digest), Err(SignatureError::Digest), "{digest}");
    }
    assert_eq!(
        with_digest(&format!("{SHA_256}, {SHA_256}")),
        Err(SignatureError::Repeated)
    );
    assert_eq!(with_digest("sha-256=\"x\""), Err(SignatureError::Malformed));
}

#[test]
fn ocm_n035_only_known_digests_count() {
    for digest in [
        "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:",
        "sha=:AAAA:",
        "unixsum=:AAA=:",
        "sha-384=:AAAA:",
    ] {
        assert_eq!(with_digest(digest), Err(SignatureError::Digest), "{digest}");
    }
    assert_eq!(with_digest(&format!("md5=:AAAA:, {SHA_256}")), Ok(()));
}

#[test]
fn ocm_n036_a_digest_that_is_not_signed_does_not_count() {
    let draft = Draft::with(|draft| draft.covered = COVERED.replace("\"content-digest\" ", ""));
    assert_eq!(draft.outcome(), Err(SignatureError::Component));
}

#[test]
fn ocm_n037_the_length_has_to_be_there_and_to_fit() {
    for length in [
        "520",
        "522",
        "0",
        "",
        "+521",
        "-1",
        "5 21",
        "0x209",
        "99999999999999999999999",
    ] {
        let draft = Draft::with(|draft| draft.set("content-length", length));
        assert_eq!(draft.outcome(), Err(SignatureError::Length), "{length}");
    }
    let twice = Draft::with(|draft| draft.headers.push(("content-length", "521".to_owned())));
    assert_eq!(twice.outcome(), Err(SignatureError::Length));
    let without = Draft::with(|draft| draft.headers.retain(|(name, _)| *name != "content-length"));
    assert_eq!(without.outcome(), Err(SignatureError::Component));
}

#[test]
fn ocm_n038_a_message_for_another_address_is_refused() {
    let headers = Draft::good().sign();
    for target in [
        "https://other.example.org/ocm/shares",
        "http://receiver.example.org/ocm/shares",
        "https://receiver.example.org/ocm/shares?a=b",
        "https://receiver.example.org/ocm/shares/",
        "https://receiver.example.org:443/ocm/shares",
        "https://receiver.example.org/ocm/notifications",
    ] {
        let draft = Draft::with(|draft| draft.target = target.to_owned());
        assert_eq!(draft.verdict(&headers), Err(SignatureError::Signature), "{target}");
    }
}

#[test]
fn ocm_n039_another_method_is_refused() {
    let headers = Draft::good().sign();
    for method in ["PUT", "GET", "post"] {
        let draft = Draft::with(|draft| draft.method = method.to_owned());
        assert_eq!(draft.verdict(&headers), Err(SignatureError::Signature), "{method}");
    }
}

#[test]
fn ocm_n040_the_key_has_to_be_named_and_known() {
    let without = format!("created={CREATED};tag=\"ocm\"");
    assert_eq!(Draft::fault_of(&without), Some(SignatureError::Missing));
    for key_id in [
        "",
        "#k1",
        "https:///ocm#k",
        "file:///x#k",
        "ho st#k",
        "mailto:a@sender.example.org",
    ] {
        let fault = Draft::fault_of(&format!("created={CREATED};keyid=\"{key_id}\";tag=\"ocm\""));
        assert_eq!(fault, Some(SignatureError::KeyId), "{key_id}");
    }
    let set = set(&[p256().public_jwk(KEY_ID)]);
    for unknown in [
        "https://sender.example.org/ocm#k2",
        "https://sender.example.org/ocm",
        "",
        &KEY_ID.to_uppercase(),
    ] {
        assert_eq!(
            VerifyingKey::from_set(&set, unknown, false).err(),
            Some(KeyError::Unknown),
            "{unknown}"
        );
    }
}

#[test]
fn ocm_n041_the_name_of_a_key_tells_its_server() {
    for (key_id, host) in [
        ("sender.example.org#key1", "sender.example.org"),
        ("Sender.Example.org:443#key1", "sender.example.org"),
        (
            "https://sender.example.org/ocm#ecdsa-p256-sha256-1",
            "sender.example.org",
        ),
        ("https://sender.example.org:8443/x/ocm#k", "sender.example.org:8443"),
        ("http://127.0.0.1:8080/ocm#k", "127.0.0.1:8080"),
    ] {
        let draft = Draft::with(|draft| draft.parameters = format!("created={CREATED};keyid=\"{key_id}\";tag=\"ocm\""));
        assert_eq!(rfc9421(draft.judge(&draft.sign())).claim().key_host().as_str(), host);
    }
    for trick in [
        "https://sender.example.org@evil.example/ocm#k",
        "sender.example.org@evil.example#k",
        "https://sender.example.org\\\\@evil.example/#k",
    ] {
        let fault = Draft::fault_of(&format!("created={CREATED};keyid=\"{trick}\";tag=\"ocm\""));
        assert_eq!(fault, Some(SignatureError::KeyId), "{trick}");
    }
    let other = key(&p256().public_jwk("https://evil.example/ocm#k1"));
    let signature = rfc9421(Draft::good().judge(&Draft::good().sign()));
    assert_eq!(
        signature.verify(&other),
        Err(SignatureError::Algorithm),
        "the same key by another name"
    );
}

#[test]
fn ocm_n044_the_named_algorithm_has_to_be_the_keys() {
    let with = |alg: &str| format!("created={CREATED};keyid=\"{KEY_ID}\";alg=\"{alg}\";tag=\"ocm\"");
    assert_eq!(Draft::fault_of(&with("ecdsa-p256-sha256")), None);
    for alg in [
        "hmac-sha256",
        "ES256",
        "ed25519",
        "rsa-v1_5-sha256",
        "ecdsa-p384-sha384",
        "none",
        "",
        "ECDSA-P256-SHA256",
    ] {
        assert_eq!(Draft::fault_of(&with(alg)), Some(SignatureError::Algorithm), "{alg}");
    }
    let token = with("x").replace("\"x\"", "ed25519");
    assert_eq!(Draft::fault_of(&token), Some(SignatureError::Malformed));
}

#[test]
fn ocm_n048_lines_cannot_be_added_to_what_is_signed() {
    for value in [&b"a\r\nb"[..], b"a\nb", b"a\r\n b", b"a\0b"] {
        assert!(HeaderValue::from_bytes(value).is_err(), "no such header can be held");
    }
    for (method, target) in [
        ("POST\n\"@path\": /x", SHARES),
        ("POST", "https://receiver.example.org/\n"),
        ("POST\r", SHARES),
    ] {
        let draft = Draft::with(|draft| {
            draft.method = method.to_owned();
            draft.target = target.to_owned();
        });
        assert_eq!(draft.outcome(), Err(SignatureError::Component), "{method:?}");
    }
}

#[test]
fn ocm_n049_the_older_kind_never_stands_in() {
    let draft = Draft::good();
    let url = SHARES.parse().expect("a URL");
    let older = cavage::rsa()
        .sign_cavage(&http::Method::POST, &url, &draft.body, KEY_ID, CREATED)
        .expect("signed");
    assert!(matches!(draft.judge(&older), Ok(Found::Cavage(_))), "good on its own");
    for wrong in ["sig1=:AAAA:", "sig2=:AAAA:", ""] {
        let mut headers = older.clone();
        headers.insert("content-digest", draft.sign()["content-digest"].clone());
        headers.insert("signature-input", draft.sign()["signature-input"].clone());
        if wrong.is_empty() {
            assert!(
                draft.verdict(&headers).is_err(),
                "the older header is no signature of the newer kind"
            );
            continue;
        }
        headers.append("signature", HeaderValue::from_static(wrong));
        assert!(draft.verdict(&headers).is_err(), "{wrong}");
        let mut only = draft.sign();
        only.insert("signature", HeaderValue::from_static(wrong));
        assert!(draft.verdict(&only).is_err(), "{wrong}");
    }
}

#[test]
fn ocm_n050_signatures_of_proxies_do_not_disturb() {
    let draft = Draft::good();
    let foreign_input =
        "proxy=(\"@authority\" \"@status\";req);created=1;keyid=\"p\";tag=\"proxy\", other=();alg=\"hmac-sha256\"";
    for first in [true, false] {
        let mut headers = draft.sign();
        for (name, foreign) in [
            ("signature-input", foreign_input),
            ("signature", "proxy=:AAAA:, other=:AAAA:"),
        ] {
            let own = headers.remove(name).expect("signed");
            let foreign = HeaderValue::from_static(foreign);
            let lines = if first { [foreign, own] } else { [own, foreign] };
            for line in lines {
                headers.append(name, line);
            }
        }
        assert_eq!(draft.verdict(&headers), Ok(()));
    }
}

#[test]
fn ocm_n051_junk_is_recognised_without_a_key() {
    for junk in [
        "",
        "sig1",
        "sig1=",
        "sig1=(",
        "sig1=\"x\"",
        "sig1=();tag=\"ocm",
        "=();tag=\"ocm\"",
        "sig1=(),",
        "sig1=() x",
        "Sig1=();tag=\"ocm\"",
        "sig1=(\"a\";);tag=\"ocm\"",
    ] {
        let draft = Draft::good();
        let mut headers = draft.sign();
        headers.insert("signature-input", HeaderValue::from_str(junk).expect("a value"));
        let fault = draft.verdict(&headers).expect_err(junk);
        assert!(fault.is_malformed(), "{junk}: {fault}");
    }
    for junk in ["sig1=x", "sig1=:A", "sig1=\"AAAA\"", "sig1=(:AAAA:)", "sig1=:!:"] {
        let draft = Draft::good();
        let mut headers = draft.sign();
        headers.insert("signature", HeaderValue::from_str(junk).expect("a value"));
        assert_eq!(draft.verdict(&headers), Err(SignatureError::Malformed), "{junk}");
    }
    let mut odd = Draft::good().sign();
    odd.insert(
        "signature-input",
        HeaderValue::from_bytes(b"sig1=();tag=\"\xff\"").expect("a value"),
    );
    assert_eq!(Draft::good().verdict(&odd), Err(SignatureError::Malformed));
    let tokens = Draft::with(|draft| draft.covered = COVERED.replace(['"', '@'], ""));
    assert!(tokens.outcome().is_err(), "names of components are texts");
}

#[test]
fn what_a_replay_is_known_by_survives_the_other_form_of_the_same_signature() {
    let draft = Draft::good();
    let headers = draft.sign();
    let signature = rfc9421(draft.judge(&headers));
    let turned = keys::with_other_s(signature.claim().bytes());
    let mut other = headers.clone();
    let value = format!(
        "sig1=:{}:",
        base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &turned)
    );
    other.insert("signature", HeaderValue::try_from(value).expect("a value"));
    assert_eq!(draft.verdict(&other), Ok(()), "anybody can make it, and it verifies");
    let again = rfc9421(draft.judge(&other));
    assert_ne!(again.claim().bytes(), signature.claim().bytes());
    assert_eq!(again.claim().replay_key(), signature.claim().replay_key());
    let anew = rfc9421(draft.judge(&draft.sign()));
    assert_ne!(
        anew.claim().replay_key(),
        signature.claim().replay_key(),
        "the same message signed anew is another one"
    );
}
