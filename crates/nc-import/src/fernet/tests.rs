//! With the test vectors of the specification.

use proptest::prelude::*;

use super::*;

/// `secret` of every vector.
const SECRET: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
/// `generate.json` and `verify.json`.
const HELLO: &str =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";

fn key() -> FernetKey {
    let bytes = BASE64_URL_SAFE.decode(SECRET).expect("base64url");
    FernetKey::new(&bytes.try_into().expect("32 bytes"))
}

#[test]
fn the_token_of_the_specification_opens() {
    assert_eq!(
        key().open(HELLO.as_bytes()).as_deref().map(Vec::as_slice),
        Ok(&b"hello"[..])
    );
}

/// `invalid.json`, but for the two tokens that are only too old or too new: no age is enforced.
#[test]
fn the_invalid_tokens_of_the_specification_are_refused() {
    for (token, why) in [
        // incorrect mac
        (
            "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
            FernetError::Key,
        ),
        // too short
        (
            "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==",
            FernetError::Form,
        ),
        // invalid base64
        (
            "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
            FernetError::Form,
        ),
        // payload size not multiple of block size
        (
            "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
            FernetError::Form,
        ),
        // payload padding error
        (
            "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
            FernetError::Form,
        ),
        // incorrect IV (causes padding error)
        (
            "gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==",
            FernetError::Form,
        ),
    ] {
        assert_eq!(key().open(token.as_bytes()).map(|_| ()), Err(why), "{token}");
    }
}

#[test]
fn the_expired_token_of_the_specification_opens_as_no_age_is_enforced() {
    let expired =
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==";
    assert!(key().open(expired.as_bytes()).is_ok());
}

#[test]
fn another_key_opens_nothing() {
    assert_eq!(
        FernetKey::new(&[7; 32]).open(HELLO.as_bytes()).map(|_| ()),
        Err(FernetError::Key)
    );
}

proptest! {
    #[test]
    fn every_flipped_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut token = BASE64_URL_SAFE.decode(HELLO).expect("base64url");
        let at = at.index(token.len());
        token[at] ^= 1 << bit;
        prop_assert!(key().open(BASE64_URL_SAFE.encode(token).as_bytes()).is_err());
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(key().open(&bytes).is_err());
        prop_assert!(key().open(BASE64_URL_SAFE.encode(&bytes).as_bytes()).is_err());
    }
}
