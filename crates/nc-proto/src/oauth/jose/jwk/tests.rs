use proptest::prelude::*;

use super::*;

const RSA_N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

fn rsa() -> Value {
    json!({"kty": "RSA", "n": RSA_N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"})
}

fn ed25519() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
}

/// RFC 7517 appendix A.1.
fn ec() -> Value {
    json!({"kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM", "use": "sig", "kid": "1"})
}

fn with(mut key: Value, name: &str, value: Value) -> Value {
    key[name] = value;
    key
}

fn key(value: &Value) -> Jwk {
    Jwk::from_value(value).expect("acceptable")
}

#[test]
fn the_thumbprints_of_rfc_7638_and_rfc_8037_hold() {
    assert_eq!(key(&rsa()).thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(
        key(&ed25519()).thumbprint(),
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
    let bare = with(ec(), "kid", json!("other"));
    assert_eq!(
        key(&bare).thumbprint(),
        key(&ec()).thumbprint(),
        "a name does not change the key"
    );
}

#[test]
fn keys_write_and_read_back() {
    for value in [rsa(), ed25519(), ec(), with(ec(), "key_ops", json!(["verify"]))] {
        assert_eq!(key(&value).to_value(), value);
    }
    let set = JwkSet(vec![key(&rsa()), key(&ec())]);
    assert_eq!(JwkSet::from_value(&set.to_value()), Ok(set));
}

#[test]
fn a_published_key_has_only_public_members_and_its_thumbprint_as_name() {
    let published = Jwk::published(key(&ec()).key, Algorithm::Es256);
    let value = published.to_value();
    let mut names: Vec<&str> = value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["alg", "crv", "key_ops", "kid", "kty", "use", "x", "y"]);
    assert_eq!(value["kid"], published.thumbprint());
    assert!(published.fits(Algorithm::Es256));
}

#[test]
fn t27_private_and_symmetric_keys_are_refused() {
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for value in [rsa(), ec(), ed25519()] {
            assert_eq!(
                Jwk::from_value(&with(value, name, json!("AA"))),
                Err(JoseError::Key),
                "{name}"
            );
        }
    }
    for value in [
        json!({"kty": "oct", "k": "AAAA"}),
        json!({"kty": "oct"}),
        json!({}),
        json!("x"),
        json!(null),
    ] {
        assert_eq!(Jwk::from_value(&value), Err(JoseError::Key));
    }
}

#[test]
fn j12_weak_and_malformed_keys_are_refused() {
    let modulus = |bytes: usize| URL_SAFE_NO_PAD.encode(vec![0xff_u8; bytes]);
    let padded = URL_SAFE_NO_PAD.encode([vec![0], vec![0xff; 256]].concat());
    for (name, value) in [
        ("n", modulus(255)),
        ("n", modulus(1025)),
        ("n", padded),
        ("n", String::new()),
        ("n", format!("{RSA_N}=")),
        ("e", "AQ".to_owned()),
        ("e", "Ag".to_owned()),
        ("e", String::new()),
    ] {
        assert_eq!(
            Jwk::from_value(&with(rsa(), name, json!(value))),
            Err(JoseError::Key),
            "{name} {value}"
        );
    }
    assert!(Jwk::from_value(&with(rsa(), "n", json!(modulus(256)))).is_ok());
    for (name, value) in [
        ("crv", json!("P-384")),
        ("crv", json!("secp256k1")),
        ("x", json!("AA")),
        ("y", json!(1)),
    ] {
        assert_eq!(Jwk::from_value(&with(ec(), name, value)), Err(JoseError::Key), "{name}");
    }
    for (name, value) in [("crv", "X25519"), ("crv", "Ed448"), ("x", "AAAA")] {
        assert_eq!(
            Jwk::from_value(&with(ed25519(), name, json!(value))),
            Err(JoseError::Key),
            "{name}"
        );
    }
}

#[test]
fn j12_points_of_small_order_are_refused_in_every_spelling() {
    let order_8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
    let other_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
    let known: Vec<[u8; 32]> = [order_8, other_8]
        .into_iter()
        .map(|hex| std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hex")))
        .chain([0, 1].map(|first| std::array::from_fn(|at| if at == 0 { first } else { 0 })))
        .chain([0xec, 0xed, 0xee].map(|first| {
            std::array::from_fn(|at| match at {
                0 => first,
                31 => 0x7f,
                _ => 0xff,
            })
        }))
        .collect();
    for mut point in known {
        for sign in [0, 0x80] {
            point[31] = point[31] & 0x7f | sign;
            let value = with(ed25519(), "x", json!(URL_SAFE_NO_PAD.encode(point)));
            assert_eq!(Jwk::from_value(&value), Err(JoseError::Key), "{point:?}");
        }
    }
}

#[test]
fn j12_j13_a_key_verifies_only_what_it_is_for() {
    use Algorithm::{EdDsa, Es256, Rs256, Rs384, Rs512};
    let fits = |value: Value| {
        Algorithm::ALL
            .into_iter()
            .filter(|algorithm| key(&value).fits(*algorithm))
            .collect::<Vec<_>>()
    };
    let mut plain = rsa();
    plain.as_object_mut().expect("an object").remove("alg");
    assert_eq!(fits(plain), [Rs256, Rs384, Rs512]);
    assert_eq!(fits(rsa()), [Rs256]);
    assert_eq!(fits(ec()), [Es256]);
    assert_eq!(fits(ed25519()), [EdDsa]);
    assert_eq!(fits(with(ec(), "use", json!("enc"))), []);
    assert_eq!(fits(with(ec(), "alg", json!("ES384"))), []);
    assert_eq!(fits(with(ec(), "alg", json!("HS256"))), []);
    assert_eq!(fits(with(ec(), "key_ops", json!(["sign"]))), []);
}

#[test]
fn j03_a_key_is_found_by_its_name_or_because_it_is_the_only_one() {
    let set = JwkSet::from_value(&json!({"keys": [rsa(), ec(), {"kty": "oct", "k": "AA"}, 7]})).expect("a set");
    assert_eq!(set.0.len(), 2, "what cannot be used is left out");
    assert_eq!(set.find(Some("1"), Algorithm::Es256), Ok(&set.0[1]));
    assert_eq!(set.find(Some("1"), Algorithm::Rs256), Err(KeyError::Unfit));
    assert_eq!(set.find(Some("2"), Algorithm::Es256), Err(KeyError::Unknown));
    assert_eq!(set.find(Some("../../key"), Algorithm::Es256), Err(KeyError::Unknown));
    assert_eq!(set.find(None, Algorithm::Es256), Ok(&set.0[1]));
    let twice = JwkSet::from_value(&json!({"keys": [with(ec(), "kid", json!("2")), ec()]})).expect("a set");
    assert_eq!(twice.find(None, Algorithm::Es256), Err(KeyError::Ambiguous));
    assert_eq!(JwkSet::default().find(None, Algorithm::Es256), Err(KeyError::Unknown));
    assert!(JwkSet::from_value(&json!([])).is_err());
}

proptest! {
    #[test]
    fn ed25519_keys_of_almost_any_bytes_write_and_read_back(bytes in any::<[u8; 32]>(), kid in prop::option::of("\\PC{0,20}")) {
        let mut value = with(ed25519(), "x", json!(URL_SAFE_NO_PAD.encode(bytes)));
        if let Some(kid) = kid {
            value["kid"] = json!(kid);
        }
        let read = key(&value);
        prop_assert_eq!(read.to_value(), value);
        prop_assert!(crate::oauth::jose::is_thumbprint(&read.thumbprint()));
    }
}
