use proptest::prelude::*;

use super::*;

fn sign(key: &SigningKey, target: &str, body: &[u8], key_id: &str) -> HeaderMap {
    let mut headers = key.sign_rfc9421("POST", target, body, key_id, CREATED).expect("signed");
    headers.insert("content-length", body.len().into());
    headers
}

fn verdict(key: &SigningKey, target: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), SignatureError> {
    match read(&message(target, headers, body), &rules())? {
        Found::Rfc9421(signature) => signature.verify(&super::key(&key.public_jwk(signature.claim().key_id()))),
        _ => Err(SignatureError::Missing),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_signed_verifies(body in prop::collection::vec(any::<u8>(), 0..80), path in "[a-zA-Z0-9%/?=&;,\"'._~-]{0,30}",
        name in "[ -~]{0,20}", which in 0_usize..2) {
        let key = SigningKey::generate(SigningAlgorithm::ALL[which]).expect("a key");
        let target = format!("https://receiver.example.org/{path}");
        let key_id = format!("https://sender.example.org/ocm#{name}");
        let headers = sign(&key, &target, &body, &key_id);
        prop_assert_eq!(verdict(&key, &target, &headers, &body), Ok(()));
        prop_assert!(verdict(p256(), &target, &headers, &body).is_err());
    }

    #[test]
    fn every_changed_byte_is_noticed(which in 0_usize..3, at in any::<prop::sample::Index>(), change in 1_u8..=255) {
        let key = p256();
        let headers = sign(key, SHARES, V1_BODY.as_bytes(), KEY_ID);
        let name = ["content-digest", "signature-input", "signature"][which];
        let mut bytes = headers[name].as_bytes().to_vec();
        let at = at.index(bytes.len());
        // The last digit of base64 has bits that mean nothing (RFC 9651 §4.2.7): `X==:` at the end of the signature.
        prop_assume!(which != 2 || at != bytes.len() - 4);
        bytes[at] ^= change;
        let mut changed = headers.clone();
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            changed.insert(name, value);
            prop_assert!(verdict(key, SHARES, &changed, V1_BODY.as_bytes()).is_err(), "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn any_headers_are_read_or_refused(input in "(sig1=)?[()\"@;=a-z0-9:, -]{0,60}(;tag=\"ocm\")?", signature in "(sig1=:)?[ -~]{0,40}:?", cavage: bool) {
        let mut pairs = vec![("signature", signature.as_str()), ("content-length", "0"), ("date", "x"), ("digest", "SHA-256=")];
        if !cavage {
            pairs.push(("signature-input", &input));
        }
        let headers = headers(&pairs);
        let found = read(&message(SHARES, &headers, b""), &rules());
        prop_assert!(matches!(found, Err(_) | Ok(Found::Unsigned)), "nothing of this is signed");
    }
}
