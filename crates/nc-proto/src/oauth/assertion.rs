//! Assertions that a client authenticates with (`private_key_jwt`, RFC 7523 §3), up to the signature and the memory of
//! assertions that were seen.

use serde::{Deserialize, Serialize};

use super::{
    error::TokenError,
    jose::{self, Audience, Compact, LEEWAY_S},
};

/// How far in the future an assertion may end.
pub const LIFETIME_MAX_S: i64 = 5 * 60;
/// The longest `jti`, since each is remembered for a while.
pub const JTI_MAX_BYTES: usize = 128;

/// Claims of an assertion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssertionClaims {
    /// The client.
    pub iss: String,
    /// The client, again.
    pub sub: String,
    /// The server that it is for.
    pub aud: Audience,
    /// When it ends, in Unix seconds.
    #[serde(deserialize_with = "jose::seconds")]
    pub exp: i64,
    /// When it was made.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "jose::optional_seconds"
    )]
    pub iat: Option<i64>,
    /// When it begins.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "jose::optional_seconds"
    )]
    pub nbf: Option<i64>,
    /// Its own name. To be refused when it was seen before.
    pub jti: String,
}

/// An assertion, read. It proves nothing before its signature is verified with a key of the client.
#[derive(Debug, Clone, PartialEq)]
pub struct Assertion<'a> {
    /// What is signed, and the signature.
    pub token: Compact<'a>,
    /// What it says.
    pub claims: AssertionClaims,
}

impl<'a> Assertion<'a> {
    /// Reads `client_assertion`.
    pub fn read(text: &'a str) -> Result<Self, TokenError> {
        let token = Compact::read(text).map_err(|_| TokenError::InvalidClient)?;
        // Tokens of other kinds, such as access tokens and proofs, are told apart by their type.
        let typ = token.header.typ.as_deref();
        if typ.is_some() && !token.header.is_typ("jwt") && !token.header.is_typ("client-authentication+jwt") {
            return Err(TokenError::InvalidClient);
        }
        let claims: AssertionClaims = token.claims().map_err(|_| TokenError::InvalidClient)?;
        Ok(Self { token, claims })
    }

    /// Checks who says what to whom and when; all but signature and replay. `client_id` is the body's, if it has one.
    pub fn check(&self, issuer: &str, client_id: Option<&str>, now: i64) -> Result<(), TokenError> {
        let claims = &self.claims;
        let soon = now.saturating_add(LEEWAY_S);
        let names_client =
            !claims.sub.is_empty() && claims.iss == claims.sub && client_id.is_none_or(|client| client == claims.sub);
        // The issuer and nothing else, so an assertion cannot be carried to another server.
        let names_us = claims.aud.iter().eq([issuer]);
        let live = now < claims.exp.saturating_add(LEEWAY_S)
            && claims.exp <= soon.saturating_add(LIFETIME_MAX_S)
            && claims.iat.is_none_or(|iat| iat <= soon)
            && claims.nbf.is_none_or(|nbf| nbf <= soon);
        let named = !claims.jti.is_empty() && claims.jti.len() <= JTI_MAX_BYTES;
        if names_client && names_us && live && named {
            Ok(())
        } else {
            Err(TokenError::InvalidClient)
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://cloud.example";
    const NOW: i64 = 1_700_000_000;

    fn write(header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", encode(header), encode(claims))
    }

    fn header() -> Value {
        json!({"alg": "ES256", "kid": "k"})
    }

    fn claims() -> Value {
        json!({"iss": "c", "sub": "c", "aud": ISSUER, "exp": NOW + 60, "jti": "j"})
    }

    fn with(mut value: Value, name: &str, member: Value) -> Value {
        value[name] = member;
        value
    }

    fn check(claims: &Value) -> Result<(), TokenError> {
        Assertion::read(&write(&header(), claims))?.check(ISSUER, Some("c"), NOW)
    }

    #[test]
    fn a_good_assertion_passes() {
        assert_eq!(check(&claims()), Ok(()));
        for (name, value) in [
            ("aud", json!([ISSUER])),
            ("iat", json!(NOW)),
            ("exp", json!(NOW + LIFETIME_MAX_S)),
            ("jti", json!("j".repeat(128))),
        ] {
            assert_eq!(check(&with(claims(), name, value.clone())), Ok(()), "{name} {value}");
        }
        for typ in ["JWT", "client-authentication+jwt"] {
            assert!(Assertion::read(&write(&with(header(), "typ", json!(typ)), &claims())).is_ok());
        }
    }

    #[test]
    fn t24_claims_that_do_not_fit_are_refused() {
        for (name, value) in [
            ("aud", json!("https://cloud.example/")),
            ("aud", json!("https://cloud.example/apps/oidc/token")),
            ("aud", json!([ISSUER, "https://other.example"])),
            ("aud", json!([])),
            ("aud", json!(null)),
            ("iss", json!("d")),
            ("sub", json!("d")),
            ("exp", json!(NOW + 3600)),
            ("exp", json!(NOW - 60)),
            ("exp", json!("soon")),
            ("exp", json!(null)),
            ("iat", json!(NOW + 61)),
            ("nbf", json!(NOW + 61)),
            ("jti", json!("")),
            ("jti", json!(null)),
            ("jti", json!("j".repeat(129))),
        ] {
            assert_eq!(
                check(&with(claims(), name, value.clone())),
                Err(TokenError::InvalidClient),
                "{name} {value}"
            );
        }
        let empty = with(with(claims(), "iss", json!("")), "sub", json!(""));
        let text = write(&header(), &empty);
        let read = Assertion::read(&text).expect("readable");
        assert_eq!(read.check(ISSUER, None, NOW), Err(TokenError::InvalidClient));
    }

    #[test]
    fn t24_headers_of_other_tokens_and_symmetric_algorithms_are_refused() {
        for bad in [
            with(header(), "alg", json!("none")),
            with(header(), "alg", json!("HS256")),
            with(header(), "typ", json!("at+jwt")),
            with(header(), "typ", json!("dpop+jwt")),
            with(header(), "crit", json!(["exp"])),
        ] {
            let text = write(&bad, &claims());
            let read = Assertion::read(&text);
            assert_eq!(read, Err(TokenError::InvalidClient), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(ey[a-zA-Z0-9_-]{0,20})?[a-zA-Z0-9._=-]{0,60}", sub in "\\PC{0,20}") {
            let _ = Assertion::read(&text);
            let claims = with(with(claims(), "sub", json!(sub)), "iss", json!(sub));
            let text = write(&header(), &claims);
            let read = Assertion::read(&text).expect("readable");
            prop_assert_eq!(read.check(ISSUER, None, NOW).is_ok(), !sub.is_empty());
            prop_assert_eq!(read.claims.sub, sub);
        }
    }
}
