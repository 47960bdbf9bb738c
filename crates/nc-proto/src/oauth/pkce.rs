//! Proof Key for Code Exchange (RFC 7636): the client that redeems a code is the one that asked for it.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::error::AuthorizeError;

/// How a challenge is made from its verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// SHA-256.
    S256,
    /// The verifier itself. Only behind an administrator's switch.
    Plain,
}

impl Method {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::S256 => "S256",
            Self::Plain => "plain",
        }
    }
}

/// Whether the method `plain` is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainMethod {
    /// Refused, as OAuth 2.1 wants it.
    #[default]
    Off,
    /// Accepted, for clients of Nextcloud's `oidc` app that know nothing better.
    On,
}

/// What an authorization request carries and its code is bound to.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    value: String,
    method: Method,
}

impl Challenge {
    /// Reads `code_challenge` and `code_challenge_method`. A missing method means `plain` (RFC 7636 §4.3).
    pub fn read(challenge: Option<&str>, method: Option<&str>, plain: PlainMethod) -> Result<Self, AuthorizeError> {
        let value = challenge
            .filter(|value| is_verifier(value))
            .ok_or(AuthorizeError::Challenge)?;
        let method = match (method, plain) {
            (Some("S256"), _) => Method::S256,
            (Some("plain") | None, PlainMethod::On) => Method::Plain,
            _ => return Err(AuthorizeError::ChallengeMethod),
        };
        Ok(Self {
            value: value.to_owned(),
            method,
        })
    }

    /// The S256 challenge of a verifier.
    pub fn of(verifier: &str) -> Self {
        Self {
            value: URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())),
            method: Method::S256,
        }
    }

    /// Whether this verifier is the one. Malformed verifiers never are. Takes the same time wherever they differ.
    pub fn accepts(&self, verifier: &str) -> bool {
        if !is_verifier(verifier) {
            return false;
        }
        let computed = match self.method {
            Method::S256 => Self::of(verifier).value,
            Method::Plain => verifier.to_owned(),
        };
        computed.as_bytes().ct_eq(self.value.as_bytes()).into()
    }

    /// The challenge as sent.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// How it is made.
    pub const fn method(&self) -> Method {
        self.method
    }
}

impl fmt::Debug for Challenge {
    /// A plain challenge is the secret itself, so none is shown.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Challenge")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// The verifier made from 32 random bytes: 43 characters.
pub fn verifier(random: &[u8; 32]) -> secrecy::SecretString {
    URL_SAFE_NO_PAD.encode(random).into()
}

/// 43 to 128 unreserved characters (RFC 7636 §4.1); challenges have the same grammar.
pub fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn read(challenge: &str, method: &str) -> Result<Challenge, AuthorizeError> {
        Challenge::read(Some(challenge), Some(method), PlainMethod::Off)
    }

    #[test]
    fn the_vector_of_rfc_7636_appendix_b_holds() {
        assert_eq!(Challenge::of(VERIFIER).value(), CHALLENGE);
        assert!(read(CHALLENGE, "S256").expect("valid").accepts(VERIFIER));
        let octets: [u8; 32] = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        assert_eq!(verifier(&octets).expose_secret(), VERIFIER);
    }

    #[test]
    fn a08_challenges_outside_the_grammar_are_invalid_requests() {
        let missing = Challenge::read(None, Some("S256"), PlainMethod::Off);
        assert_eq!(missing, Err(AuthorizeError::Challenge));
        for bad in [
            "a".repeat(42),
            "a".repeat(129),
            format!("{}+", "a".repeat(42)),
            format!("{}\n", "a".repeat(43)),
        ] {
            assert_eq!(read(&bad, "S256"), Err(AuthorizeError::Challenge), "{bad}");
        }
        for good in ["a".repeat(43), "~".repeat(128)] {
            assert!(read(&good, "S256").is_ok());
        }
        for method in ["plain", "s256", "S512"] {
            assert_eq!(
                read(CHALLENGE, method),
                Err(AuthorizeError::ChallengeMethod),
                "{method}"
            );
        }
        assert_eq!(
            Challenge::read(Some(CHALLENGE), None, PlainMethod::Off),
            Err(AuthorizeError::ChallengeMethod)
        );
        assert_eq!(AuthorizeError::Challenge.code(), "invalid_request");
        assert_eq!(AuthorizeError::ChallengeMethod.code(), "invalid_request");
    }

    #[test]
    fn t05_wrong_and_short_verifiers_do_not_fit() {
        let challenge = read(CHALLENGE, "S256").expect("valid");
        let other = format!("e{}", &VERIFIER[1..]);
        for bad in [other.as_str(), &VERIFIER[..42], "", CHALLENGE] {
            assert!(!challenge.accepts(bad), "{bad}");
        }
    }

    #[test]
    fn plain_works_only_when_it_is_on() {
        for method in [Some("plain"), None] {
            let challenge = Challenge::read(Some(VERIFIER), method, PlainMethod::On).expect("allowed");
            assert!(challenge.accepts(VERIFIER) && !challenge.accepts(CHALLENGE));
            assert!(!format!("{challenge:?}").contains(VERIFIER));
        }
        let short = Challenge::read(Some("short"), None, PlainMethod::On);
        assert_eq!(short, Err(AuthorizeError::Challenge));
    }

    proptest! {
        #[test]
        fn a_verifier_fits_its_own_challenge_only(one in any::<[u8; 32]>(), other in any::<[u8; 32]>()) {
            let (one, other) = (verifier(&one), verifier(&other));
            let challenge = read(Challenge::of(one.expose_secret()).value(), "S256").expect("valid");
            prop_assert!(challenge.accepts(one.expose_secret()));
            prop_assert_eq!(challenge.accepts(other.expose_secret()), one.expose_secret() == other.expose_secret());
        }
    }
}
