use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};

use super::*;
use crate::signature::digest;

const V1_DIGEST: &str = "sha-256=:/Uz47cfD1HOdMTIqcWjd84iMLQ4gVJdC7ZFACf1ViqU=:";
const V2_BODY: &str = "grant_type=authorization_code&client_id=receiver.example.org&code=my_secret_code";
const V2_DIGEST: &str = "sha-256=:81kCnlO5UY/mZ8UgpxBWnq18GY3WhzJnDjOTvSvjbhw=:";

fn v1_headers(parameters: &str, signature: &str) -> HeaderMap {
    headers(&[
        ("content-digest", V1_DIGEST),
        ("content-length", "521"),
        ("signature-input", &format!("ocm={COVERED};{parameters}")),
        ("signature", &format!("ocm=:{signature}:")),
    ])
}

/// PKCS#8 of RFC 8410 around the private half of RFC 9421's key.
fn test_key_ed25519() -> SigningKey {
    let private = BASE64_URL_SAFE_NO_PAD
        .decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU")
        .expect("base64");
    let mut pkcs8 = hex::decode("302e020100300506032b657004220420").expect("hex");
    pkcs8.extend_from_slice(&private);
    let key = aws_lc_rs::signature::Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).expect("a key");
    let whole = key.to_pkcs8v1().expect("a key");
    SigningKey::from_pkcs8(SigningAlgorithm::Ed25519, whole.as_ref()).expect("a key")
}

fn jwk_ed25519(kid: &str, x: &str) -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "kid": kid, "x": x})
}

#[test]
fn ocm_v01_the_example_of_the_draft_verifies() {
    assert_eq!(V1_BODY.len(), 521);
    let parameters = "created=1785060500;keyid=\"sender.example.org#key1\";alg=\"ed25519\";tag=\"ocm\"";
    let signature = "Epax4XFqvbrrDzQUAaNl+uECasEKbArgz8AlEkXspvYX2fSkQFlCkaXImZnYU898C2t0IdmbFhjR8bkN0hZgCg==";
    let headers = v1_headers(parameters, signature);
    let signature = rfc9421(read(&message(SHARES, &headers, V1_BODY.as_bytes()), &rules()));
    assert_eq!(
        (signature.claim().key_id(), signature.claim().key_host().as_str()),
        ("sender.example.org#key1", "sender.example.org")
    );
    let jwk = jwk_ed25519("sender.example.org#key1", "AzeStPAdQ-vbi6bJVxcQjBPF2I7fDZdfDZ_XZ3J4Azs");
    let key = VerifyingKey::from_set(&set(&[jwk]), signature.claim().key_id(), false).expect("a key");
    assert_eq!(signature.verify(&key), Ok(()));
}

#[test]
fn ocm_v01_v02_digests_are_those_of_the_draft() {
    assert_eq!(digest::content_digest(V1_BODY.as_bytes()), V1_DIGEST);
    assert_eq!(
        (V2_BODY.len(), digest::content_digest(V2_BODY.as_bytes())),
        (80, V2_DIGEST.to_owned())
    );
    let legacy = "SHA-512=mArXXGrTQOODdm25GzfBNfGQD/XK5ZBZmwio9VNbXcMFLKWbs6kDVKCsyZcvvHhAiLlUBJf0cC3QLw8F6pjMwA==";
    assert_eq!(digest::legacy_digest(V1_BODY.as_bytes()), legacy);
}

/// RFC 9530 appendices B.1 and D.
#[test]
fn ocm_v03_the_digests_of_rfc_9530_hold() {
    let body = b"{\"hello\": \"world\"}";
    let sha_256 = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
    let sha_512 = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
    for text in [
        sha_256.to_owned(),
        sha_512.to_owned(),
        format!("{sha_256}, {sha_512}"),
        format!("unixsum=:AAA=:,{sha_256}"),
    ] {
        assert_eq!(digest::check_content_digest(&text, body), Ok(()), "{text}");
    }
    let with_line_end = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
    assert_eq!(
        digest::check_content_digest(with_line_end, b"{\"hello\": \"world\"}\n"),
        Ok(())
    );
    assert_eq!(
        digest::check_content_digest(with_line_end, body),
        Err(SignatureError::Digest)
    );
}

/// RFC 9421 appendix B.2.6.
#[test]
fn ocm_v03_the_ed25519_example_of_rfc_9421_verifies_and_is_what_we_make() {
    let headers = headers(&[
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ]);
    let names = [
        "date",
        "@method",
        "@path",
        "@authority",
        "content-type",
        "content-length",
    ];
    let items: Vec<sfv::Item> = names
        .map(|name| sfv::Item::new(sfv::String::from_string(name.to_owned()).expect("text")))
        .into();
    let message = message(
        "https://example.com/foo?param=Value&Pet=dog",
        &headers,
        b"{\"hello\": \"world\"}",
    );
    let mut base = component::lines(&message, &items).expect("a base");
    let covered = names.map(|name| format!("\"{name}\"")).join(" ");
    base.extend_from_slice(
        format!("\"@signature-params\": ({covered});created=1618884473;keyid=\"test-key-ed25519\"").as_bytes(),
    );
    let expected = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    let signature = BASE64_STANDARD.decode(expected).expect("base64");
    let jwk = jwk_ed25519("test-key-ed25519", "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs");
    assert_eq!(key(&jwk).verify(&base, &signature), Ok(()));
    assert_eq!(test_key_ed25519().sign(&base).expect("signed"), signature);
}

#[test]
fn ocm_v04_every_order_of_parameters_verifies_and_signing_gives_the_same_bytes() {
    let jwk = test_key_ed25519().public_jwk("sender.example.org#key2");
    for (parameters, expected) in [
        (
            "created=1785060500;keyid=\"sender.example.org#key2\";tag=\"ocm\"",
            "aC+7fXECrDAqwFj93rsZZZEn86XeheZd++QxRyYRlX57CESyr1g4F5gBApEaV/Yvdrf+o416LkgjKvR3GBjgCg==",
        ),
        (
            "keyid=\"sender.example.org#key2\";created=1785060500;tag=\"ocm\"",
            "ew5srNV0/KOO+tPt7eEcyNzhHge8tG915NNOx0zLa2I81ASqqE/qubvQRj/6dQj7xJ95JvE5Qe/UK97VkXnlCQ==",
        ),
        (
            "created=1785060500;alg=\"ed25519\";keyid=\"sender.example.org#key2\";tag=\"ocm\"",
            "4tOZpNN/7HfweCtqDq5Mk6HB4/xfF1Eo2XuU8Io5shvSghwoNm+F1jiRnvKiwONSoE/rQnaCdd8EsEVYXOYVCg==",
        ),
    ] {
        let received = v1_headers(parameters, expected);
        let signature = rfc9421(read(&message(SHARES, &received, V1_BODY.as_bytes()), &rules()));
        assert_eq!(signature.verify(&key(&jwk)), Ok(()), "{parameters}");
        let made = test_key_ed25519()
            .sign_with("POST", SHARES, V1_BODY.as_bytes(), parameters)
            .expect("signed");
        assert_eq!(made["signature"], format!("sig1=:{expected}:"));
    }
    let ours = test_key_ed25519().sign_rfc9421("POST", SHARES, V1_BODY.as_bytes(), "sender.example.org#key2", CREATED);
    let ours = ours.expect("signed");
    assert_eq!(
        ours["signature-input"],
        format!("sig1={COVERED};created=1785060500;keyid=\"sender.example.org#key2\";tag=\"ocm\"")
    );
    assert!(
        ours["signature"]
            .to_str()
            .expect("text")
            .contains("aC+7fXECrDAqwFj93rsZ")
    );
}

#[test]
fn ocm_v05_a_token_request_signed_with_p256_verifies() {
    let key_id = "https://receiver.example.org/ocm#ecdsa-p256-sha256-1";
    let headers = headers(&[
        ("content-digest", V2_DIGEST),
        ("content-length", "80"),
        (
            "signature-input",
            &format!("sig1={COVERED};created=1785060500;keyid=\"{key_id}\";tag=\"ocm\""),
        ),
        (
            "signature",
            "sig1=:fNvECEmWi16i2PIzyvAnrnufdbwAWz6N2CZPCuVZM2WbF4Cng4uY6sXawZaMKsNqgq79MC4q6QAEGf4FhSTPKg==:",
        ),
    ]);
    let signature = rfc9421(read(
        &message("https://sender.example.org/ocm/token", &headers, V2_BODY.as_bytes()),
        &rules(),
    ));
    assert_eq!(signature.claim().key_host().as_str(), "receiver.example.org");
    assert_eq!(signature.verify(&key(&test_key_p256(key_id))), Ok(()));
}

fn test_key_p256(kid: &str) -> Value {
    json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": kid,
        "x": "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA", "y": "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0"})
}

/// RFC 9421 appendix B.2.4: an answer, of which only the signature is of interest.
#[test]
fn ocm_v03_the_p256_example_of_rfc_9421_verifies() {
    let base = "\"@status\": 200\n\"content-type\": application/json\n\"content-digest\": \
        sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:\n\"content-length\": 23\n\
        \"@signature-params\": (\"@status\" \"content-type\" \"content-digest\" \"content-length\");created=1618884473;\
        keyid=\"test-key-ecc-p256\"";
    let signature = "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==";
    let signature = BASE64_STANDARD.decode(signature).expect("base64");
    assert_eq!(key(&test_key_p256("k")).verify(base.as_bytes(), &signature), Ok(()));
    assert_eq!(
        key(&test_key_p256("k")).verify(&base.as_bytes()[1..], &signature),
        Err(SignatureError::Signature)
    );
}

/// RFC 9421 appendices B.2.1 to B.2.3, of which the last goes through what reads components.
#[test]
fn ocm_v03_the_rsa_pss_examples_of_rfc_9421_verify() {
    let digest = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
    let headers = headers(&[
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        ("content-digest", digest),
        ("content-length", "18"),
    ]);
    let message = message(
        "https://example.com/foo?param=Value&Pet=dog",
        &headers,
        b"{\"hello\": \"world\"}",
    );
    let names = [
        "date",
        "@method",
        "@path",
        "@query",
        "@authority",
        "content-type",
        "content-digest",
        "content-length",
    ];
    let items: Vec<sfv::Item> = names
        .map(|name| sfv::Item::new(sfv::String::from_string(name.to_owned()).expect("text")))
        .into();
    let mut full = component::lines(&message, &items).expect("a base");
    let covered = names.map(|name| format!("\"{name}\"")).join(" ");
    full.extend_from_slice(
        format!("\"@signature-params\": ({covered});created=1618884473;keyid=\"test-key-rsa-pss\"").as_bytes(),
    );
    let minimal =
        "\"@signature-params\": ();created=1618884473;keyid=\"test-key-rsa-pss\";nonce=\"b3k2pp5k7z-50gnwp.yemd\"";
    let selective = format!(
        "\"@authority\": example.com\n\"content-digest\": {digest}\n\"@query-param\";name=\"Pet\": dog\n\
         \"@signature-params\": (\"@authority\" \"content-digest\" \"@query-param\";name=\"Pet\");created=1618884473;\
         keyid=\"test-key-rsa-pss\";tag=\"header-example\""
    );
    let jwk = json!({"kty": "RSA", "alg": "PS512", "kid": "test-key-rsa-pss", "e": "AQAB", "n": RSA_PSS_N});
    for (base, signature) in [(minimal.as_bytes(), B21), (selective.as_bytes(), B22), (&full, B23)] {
        let signature = BASE64_STANDARD.decode(signature).expect("base64");
        assert_eq!(
            key(&jwk).verify(base, &signature),
            Ok(()),
            "{}",
            String::from_utf8_lossy(base)
        );
    }
    assert_eq!(
        VerifyingKey::from_jwk(&jwk, false).err(),
        Some(KeyError::Unfit),
        "RSA has to be switched on"
    );
}

const RSA_PSS_N: &str = "r4tmm3r20Wd_PbqvP1s2-QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct-Lh1GH45x28Rw3Ry53mm-oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL-Wokqltd11nqqzi-bJ9cvSKADYdUAAN5WUtzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9v6d-nb4bnNkQVklLQ3fVAvJm-xdDOp9LCNCN48V2pnDOkFV6-U9nV5oyc6XI2w";
const B21: &str = "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==";
const B22: &str = "LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==";
const B23: &str = "bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==";
