use proptest::prelude::*;
use serde_json::json;

use super::*;

fn token(header: &str, payload: &str) -> String {
    format!(
        "{}.{}.c2ln",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    )
}

fn fault(header: &str) -> JoseError {
    Compact::read(&token(header, "{}")).expect_err(header)
}

#[test]
fn the_example_of_rfc_7515_appendix_a_3_is_read() {
    let token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let read = Compact::read(token).expect("readable");
    assert_eq!((read.header.algorithm, read.signature.len()), (Algorithm::Es256, 64));
    assert_eq!(
        read.payload,
        b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
    );
    assert_eq!(
        format!("{}.{}", read.signing_input, URL_SAFE_NO_PAD.encode(&read.signature)),
        token
    );
}

#[test]
fn j01_j02_no_algorithm_without_a_private_key_is_taken() {
    for algorithm in [
        "none", "None", "NONE", "HS256", "HS384", "HS512", "rs256", "RS1", "", "A128KW", "dir",
    ] {
        assert_eq!(
            fault(&json!({"alg": algorithm}).to_string()),
            JoseError::Algorithm,
            "{algorithm}"
        );
    }
    assert_eq!(fault("{}"), JoseError::Algorithm);
    assert_eq!(fault("{\"alg\":null}"), JoseError::Member);
    let unsigned = token("{\"alg\":\"ES256\"}", "{}");
    let unsigned = unsigned.strip_suffix("c2ln").expect("signed");
    assert_eq!(Compact::read(unsigned), Err(JoseError::Form));
    assert_eq!(
        super::super::error::BearerError::from(JoseError::Algorithm).code(),
        "invalid_token"
    );
}

#[test]
fn j03_the_name_of_a_key_is_a_text() {
    for kid in ["7", "[\"a\"]", "null", "{}"] {
        assert_eq!(
            fault(&format!("{{\"alg\":\"ES256\",\"kid\":{kid}}}")),
            JoseError::Member,
            "{kid}"
        );
    }
}

#[test]
fn j04_keys_that_a_token_brings_along_are_ignored() {
    let header = json!({"alg": "RS256", "kid": "k", "jku": "https://evil.example", "x5u": "https://evil.example",
        "x5c": ["x"], "jwk": {"kty": "RSA"}});
    let text = token(&header.to_string(), "{}");
    let read = Compact::read(&text).expect("readable").header;
    assert_eq!((read.algorithm, read.kid.as_deref()), (Algorithm::Rs256, Some("k")));
}

#[test]
fn j05_extensions_and_duplicates_are_refused() {
    for member in [
        "\"crit\":[\"exp\"]",
        "\"crit\":[]",
        "\"b64\":false",
        "\"zip\":\"DEF\"",
        "\"enc\":\"A128GCM\"",
    ] {
        assert_eq!(
            fault(&format!("{{\"alg\":\"ES256\",{member}}}")),
            JoseError::Extension,
            "{member}"
        );
    }
    assert_eq!(fault("{\"alg\":\"ES256\",\"alg\":\"ES256\"}"), JoseError::Json);
    assert_eq!(fault("{\"alg\":\"ES256\",\"x\":1,\"x\":1}"), JoseError::Json);
}

#[test]
fn j06_types_are_told_apart() {
    let typ = |typ: &str| Header::read(json!({"alg": "ES256", "typ": typ}).to_string().as_bytes()).expect("readable");
    for good in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/at+JWT"] {
        assert!(typ(good).is_access_token(), "{good}");
    }
    for bad in [
        "JWT",
        "dpop+jwt",
        "logout+jwt",
        "",
        "at+jwt ",
        "application/application/at+jwt",
        "xat+jwt",
    ] {
        assert!(!typ(bad).is_access_token(), "{bad}");
    }
    assert!(
        !Header::read(b"{\"alg\":\"ES256\"}")
            .expect("readable")
            .is_access_token()
    );
    assert!(typ("dpop+jwt").is_typ("dpop+jwt"));
}

#[test]
fn j11_only_the_canonical_compact_form_is_read() {
    let good = token("{\"alg\":\"ES256\"}", "{}");
    assert!(Compact::read(&good).is_ok());
    let (input, _) = good.rsplit_once('.').expect("dots");
    for bad in [
        format!("{good}="),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.x.y"),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{input}.c2lnb"),
        format!("{input}.c2k_/"),
        // The same signature with unused bits set: "c2k" decodes to two bytes, "c2l" would as well.
        format!("{input}.c2l"),
        input.to_owned(),
        String::new(),
        "..".to_owned(),
    ] {
        assert!(Compact::read(&bad).is_err(), "{bad}");
    }
    assert!(Compact::read(&format!("{input}.c2k")).is_ok());
}

#[test]
fn j14_long_tokens_are_not_looked_at() {
    let long = token("{\"alg\":\"ES256\"}", &"x".repeat(1024 * 1024));
    assert_eq!(Compact::read(&long), Err(JoseError::TooLong));
    let deep = format!("{{\"alg\":\"ES256\",\"x\":{}{}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(fault(&deep), JoseError::Json);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_is_kept(text in "(ey[a-zA-Z0-9_-]{0,20})?[a-zA-Z0-9._=-]{0,60}", payload in "\\PC{0,40}") {
        if let Ok(read) = Compact::read(&text) {
            prop_assert!(text.starts_with(read.signing_input));
        }
        let good = token("{\"alg\":\"EdDSA\",\"kid\":\"k\"}", &payload);
        let read = Compact::read(&good).expect("readable");
        prop_assert_eq!(read.payload, payload.into_bytes());
    }
}
