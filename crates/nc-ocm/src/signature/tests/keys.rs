use super::*;

/// The order of P-256.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// `(r, n - s)` of `(r, s)`.
pub(super) fn with_other_s(signature: &[u8]) -> Vec<u8> {
    let mut turned = signature.to_vec();
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i16::from(ORDER[at]) - i16::from(signature[32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        turned[32 + at] = u8::try_from(difference.rem_euclid(256)).expect("a byte");
    }
    turned
}

fn fit(jwk: &Value) -> bool {
    VerifyingKey::from_jwk(jwk, true).is_ok()
}

#[test]
fn ocm_n042_a_name_that_comes_twice_in_a_set_is_refused() {
    let (one, other) = (
        p256().public_jwk("a#k"),
        SigningKey::generate(SigningAlgorithm::Ed25519).expect("a key"),
    );
    let twice = set(&[one.clone(), other.public_jwk("a#k")]);
    assert_eq!(
        VerifyingKey::from_set(&twice, "a#k", false).err(),
        Some(KeyError::Ambiguous)
    );
    let same = set(&[one.clone(), one.clone()]);
    assert_eq!(
        VerifyingKey::from_set(&same, "a#k", false).err(),
        Some(KeyError::Ambiguous)
    );
    let others = set(&[other.public_jwk("a#x"), one, other.public_jwk("a#x")]);
    assert!(
        VerifyingKey::from_set(&others, "a#k", false).is_ok(),
        "the names of other keys do not count"
    );
}

#[test]
fn ocm_n043_keys_for_something_else_are_refused() {
    let good = p256().public_jwk("a#k");
    assert!(fit(&good));
    for (name, value) in [
        ("alg", Value::Null),
        ("alg", json!("HS256")),
        ("alg", json!("none")),
        ("alg", json!("ES384")),
        ("alg", json!("EdDSA")),
        ("alg", json!("ecdsa-p256-sha256")),
        ("use", json!("enc")),
        ("key_ops", json!(["sign"])),
        ("key_ops", json!("verify")),
        ("d", json!("AAAA")),
        ("k", json!("AAAA")),
        ("kid", json!(7)),
        ("y", good["x"].clone()),
        ("x", json!("AAAA")),
        ("crv", json!("secp256k1")),
        ("kty", json!("oct")),
    ] {
        let mut jwk = good.clone();
        jwk[name] = value.clone();
        assert!(!fit(&jwk), "{name}: {value}");
        let from_set = VerifyingKey::from_set(&set(&[jwk]), "a#k", true);
        assert!(from_set.is_err(), "{name}: {value}");
    }
    for name in ["alg", "kid"] {
        let mut jwk = good.clone();
        jwk.as_object_mut().expect("an object").remove(name);
        assert!(!fit(&jwk), "{name}");
    }
    let mut for_verifying = good;
    for_verifying["key_ops"] = json!(["verify"]);
    for_verifying.as_object_mut().expect("an object").remove("use");
    assert!(fit(&for_verifying));
}

#[test]
fn ocm_n046_only_both_numbers_side_by_side_are_a_signature_of_p256() {
    let text = b"text";
    let signature = p256().sign(text).expect("signed");
    let key = key(&p256().public_jwk("a#k"));
    let (r, s) = signature.split_at(32);
    let der = [&[0x30, 68, 2, 32], r, &[2, 32], s].concat();
    let zero = [0; 32];
    for bad in [
        signature[..63].to_vec(),
        [&signature[..], &[0]].concat(),
        [&[0], &signature[..]].concat(),
        der,
        [&zero, s].concat(),
        [r, &zero].concat(),
        [zero, zero].concat(),
        [r, &ORDER[..]].concat(),
        [&ORDER[..], s].concat(),
        [s, r].concat(),
        Vec::new(),
    ] {
        assert_eq!(key.verify(text, &bad), Err(SignatureError::Signature), "{bad:?}");
    }
    assert_eq!(key.verify(text, &signature), Ok(()));
}

#[test]
fn ocm_n047_short_rsa_keys_are_refused() {
    let n = "xW-D2DN7qglFdfTk22g4tjz4LZ5gZvL2bznlsklxHW41CGVkNn0ic8E_2z7-pDUG1tn3sM1DSOzYgYFf5FYvJt8qT4lZvc7GvPB1XKa1DoEN-TP1y4gysatOANDg-8iUfI3n-amPEhdJ8ea64IDwjNfhwE2pgjdRj6B99VDjcK0";
    for alg in ["RS256", "PS512"] {
        assert!(
            !fit(&json!({"kty": "RSA", "alg": alg, "kid": "a#k", "n": n, "e": "AQAB"})),
            "{alg}"
        );
    }
    let pem = "-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDFb4PYM3uqCUV19OTbaDi2PPgt\n\
        nmBm8vZvOeWySXEdbjUIZWQ2fSJzwT/bPv6kNQbW2fewzUNI7NiBgV/kVi8m3ypP\niVm9zsa88HVcprUOgQ35M/XLiDKxq04A0OD7yJR8jef5qY8SF0nx5rrggPCM1+HA\n\
        TamCN1GPoH31UONwrQIDAQAB\n-----END PUBLIC KEY-----\n";
    assert_eq!(CavageKey::from_pem(pem).err(), Some(KeyError::Unfit));
}

#[test]
fn ocm_n052_sets_have_bounds() {
    let good = p256().public_jwk("a#k");
    let many: Vec<Value> = (0..31)
        .map(|at| p256().public_jwk(&format!("a#{at}")))
        .chain([good.clone()])
        .collect();
    assert!(VerifyingKey::from_set(&set(&many), "a#k", false).is_ok());
    let more: Vec<Value> = many.into_iter().chain([p256().public_jwk("a#more")]).collect();
    let unreadable = |set: &[u8]| {
        assert_eq!(
            VerifyingKey::from_set(set, "a#k", false).err(),
            Some(KeyError::Unreadable)
        );
    };
    unreadable(&set(&more));
    let mut large = set(&[good]);
    large.extend(std::iter::repeat_n(b' ', 10 << 20));
    unreadable(&large);
    for junk in ["", "<html>", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[],\"keys\":[]}"] {
        unreadable(junk.as_bytes());
    }
}

#[test]
fn stored_keys_are_the_same_keys_and_tokens_verify_by_name_and_algorithm() {
    for algorithm in SigningAlgorithm::ALL {
        let fresh = SigningKey::generate(algorithm).expect("a key");
        let key = SigningKey::from_pkcs8(algorithm, &fresh.pkcs8().expect("stored")).expect("a key");
        assert_eq!(key.public_jwk("a#k"), fresh.public_jwk("a#k"));
        let public = super::key(&key.public_jwk("a#k"));
        assert_eq!(public.algorithm_name(), algorithm.http_name());
        let token = key
            .sign_jws(&json!({"typ": "at+jwt", "kid": "a#k"}), &json!({"sub": "alice"}))
            .expect("signed");
        let read = nc_proto::oauth::jose::Compact::read(&token).expect("readable");
        assert_eq!(public.verify_token(&read), Ok(()));
        let renamed = super::key(&key.public_jwk("a#other"));
        assert_eq!(renamed.verify_token(&read), Err(SignatureError::Algorithm));
        let other = SigningKey::generate(algorithm).expect("a key").public_jwk("a#k");
        assert_eq!(super::key(&other).verify_token(&read), Err(SignatureError::Signature));
        assert!(!format!("{key:?}{public:?}").contains(key.public_jwk("k")["x"].as_str().expect("text")));
    }
    let wrong = SigningKey::generate(SigningAlgorithm::Es256)
        .expect("a key")
        .pkcs8()
        .expect("stored");
    assert!(SigningKey::from_pkcs8(SigningAlgorithm::Ed25519, &wrong).is_err());
}
