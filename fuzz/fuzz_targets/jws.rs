//! Tokens, their headers, claims, keys and proofs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nc_proto::oauth::{
    dpop::Proof,
    jose::{AccessClaims, Compact, Header, IdClaims, Jwk, JwkSet},
};

fuzz_target!(|data: &[u8]| {
    // The decoded parts, which a fuzzer would rarely find behind base64url.
    if let Ok(header) = Header::read(data) {
        let plain: serde_json::Value = serde_json::from_slice(data).expect("strict JSON is JSON");
        assert_eq!(plain["alg"], header.algorithm.name());
        assert!(plain.get("crit").is_none() && plain.get("b64").is_none() && plain.get("zip").is_none());
    }
    if let Ok(claims) = AccessClaims::read(data) {
        let written = serde_json::to_vec(&claims).expect("writable");
        assert_eq!(AccessClaims::read(&written), Ok(claims));
    }
    if let Ok(claims) = IdClaims::read(data) {
        assert!(claims.exp >= 0 && claims.iat >= 0);
    }
    if let Ok(value) = serde_json::from_slice::<serde_json::Value>(data) {
        if let Ok(key) = Jwk::from_value(&value) {
            assert_eq!(Jwk::from_value(&key.to_value()), Ok(key));
        }
        if let Ok(set) = JwkSet::from_value(&value) {
            assert_eq!(JwkSet::from_value(&set.to_value()), Ok(set));
        }
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(token) = Compact::read(text) {
        assert!(text.starts_with(token.signing_input) && !token.signature.is_empty());
        // The signature of nobody is refused by every key, and nothing panics on the way.
        if let Ok(proof) = Proof::read(text) {
            let _ = nc_auth::jws::verify(&proof.token, &proof.key);
        }
    }
});
