//! Access tokens of shares (RFC 9068): only keys of this server verify them, and only for shares.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_proto::{
    oauth::jose::{Compact, TOKEN_MAX_BYTES},
    ocm::json,
};
use serde_json::{Value, json};

use crate::signature::VerifyingKey;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    /// Our origin.
    pub(super) iss: String,
    /// The owner's account.
    pub(super) sub: String,
    /// Whom the share is for.
    pub(super) aud: String,
    /// The share; never a host.
    pub(super) client_id: String,
    pub(super) iat: i64,
    pub(super) exp: i64,
    pub(super) jti: String,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenFault {
    /// It is none, or its header has other members than ours have.
    Form,
    /// No key of ours has that name.
    Key,
    /// It was not signed with that key.
    Signature,
    /// A claim is missing, or is not what it has to be.
    Claims,
    /// It is ours, and its time is over.
    Expired,
}

impl TokenFault {
    /// A word for metrics.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Expired => "expired",
        }
    }
}

impl Claims {
    /// The payload.
    pub(super) fn to_value(&self) -> Value {
        json!({"iss": self.iss, "sub": self.sub, "aud": self.aud, "client_id": self.client_id, "iat": self.iat,
            "exp": self.exp, "jti": self.jti})
    }

    /// Reads and verifies a token. `keys` is our published set; nothing that the token says about keys but the name of one of
    /// these counts.
    pub(super) fn verify(token: &str, issuer: &str, keys: &Value, now: i64) -> Result<Self, TokenFault> {
        let compact = Compact::read(token).map_err(|_| TokenFault::Form)?;
        check_header(token)?;
        let kid = compact.header.kid.as_deref().ok_or(TokenFault::Form)?;
        let all = keys.get("keys").and_then(Value::as_array);
        let mut named = all
            .into_iter()
            .flatten()
            .filter(|key| key.get("kid").is_some_and(|name| name == kid));
        let (Some(key), None) = (named.next(), named.next()) else {
            return Err(TokenFault::Key);
        };
        let key = VerifyingKey::from_jwk(key, false).map_err(|_| TokenFault::Key)?;
        key.verify_token(&compact).map_err(|_| TokenFault::Signature)?;
        let claims = Self::read(&compact.payload).ok_or(TokenFault::Claims)?;
        // A key that was made under another name of this server vouches for that name only.
        let is_of_issuer = kid
            .strip_prefix(issuer)
            .is_some_and(|rest| rest.starts_with(['/', '#']));
        if claims.iss != issuer || !is_of_issuer {
            return Err(TokenFault::Claims);
        }
        if claims.exp <= now {
            return Err(TokenFault::Expired);
        }
        Ok(claims)
    }

    fn read(payload: &[u8]) -> Option<Self> {
        let value = json::read(payload, TOKEN_MAX_BYTES, 4).ok()?;
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let number = |name: &str| value.get(name)?.as_i64();
        Some(Self {
            iss: text("iss")?,
            sub: text("sub")?,
            aud: text("aud")?,
            client_id: text("client_id")?,
            iat: number("iat")?,
            exp: number("exp")?,
            jti: text("jti")?,
        })
    }
}

/// Our tokens have these members and no others: whoever brings a key along, or names a place to find one, is a stranger.
fn check_header(token: &str) -> Result<(), TokenFault> {
    let header = token.split('.').next().unwrap_or_default();
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).map_err(|_| TokenFault::Form)?;
    let header = json::read(&header, TOKEN_MAX_BYTES, 4).map_err(|_| TokenFault::Form)?;
    let members = header.as_object().ok_or(TokenFault::Form)?;
    let are_ours = members.len() == 3
        && ["alg", "kid", "typ"].iter().all(|name| members.contains_key(*name))
        && members.get("typ").is_some_and(|typ| typ == "at+jwt");
    if are_ours { Ok(()) } else { Err(TokenFault::Form) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{SigningAlgorithm, SigningKey};

    const ISSUER: &str = "https://send.example.org";
    const KID: &str = "https://send.example.org/ocm#k1";

    fn claims() -> Claims {
        Claims {
            iss: ISSUER.to_owned(),
            sub: "alice".to_owned(),
            aud: "bob@recv.example.org".to_owned(),
            client_id: "7c084226".to_owned(),
            iat: 100,
            exp: 700,
            jti: "n".to_owned(),
        }
    }

    fn header() -> Value {
        json!({"typ": "at+jwt", "kid": KID})
    }

    struct Signer {
        key: SigningKey,
        keys: Value,
    }

    impl Signer {
        fn new(algorithm: SigningAlgorithm) -> Self {
            let key = SigningKey::generate(algorithm).expect("a key");
            let keys = json!({"keys": [key.public_jwk(KID)]});
            Self { key, keys }
        }

        fn verify(&self, header: &Value, claims: &Value, now: i64) -> Result<Claims, TokenFault> {
            let token = self.key.sign_jws(header, claims).expect("a token");
            Claims::verify(&token, ISSUER, &self.keys, now)
        }
    }

    #[test]
    fn our_own_tokens_are_believed_until_they_end() {
        for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::Ed25519] {
            let signer = Signer::new(algorithm);
            let value = claims().to_value();
            assert_eq!(signer.verify(&header(), &value, 699), Ok(claims()), "{algorithm:?}");
            assert_eq!(signer.verify(&header(), &value, 700), Err(TokenFault::Expired));
        }
    }

    #[test]
    fn another_header_than_ours_is_not_believed_whoever_signed() {
        let signer = Signer::new(SigningAlgorithm::Es256);
        let value = claims().to_value();
        let with = |name: &str, member: Value| {
            let mut header = header();
            header[name] = member;
            signer.verify(&header, &value, 200)
        };
        for (name, member) in [
            ("typ", json!("JWT")),
            ("typ", Value::Null),
            ("typ", json!("AT+JWT")),
            ("kid", Value::Null),
            ("jwk", signer.key.public_jwk(KID)),
            ("jku", json!("https://evil.example/keys")),
            ("x5u", json!("https://evil.example/chain")),
            ("crit", json!(["exp"])),
        ] {
            assert_eq!(with(name, member.clone()), Err(TokenFault::Form), "{name} {member}");
        }
        for kid in [
            "",
            "../ocm#k1",
            "https://send.example.org/ocm#k2",
            "https://send.example.org/ocm/../ocm#k1",
        ] {
            assert_eq!(with("kid", json!(kid)), Err(TokenFault::Key), "{kid}");
        }
    }

    #[test]
    fn every_claim_has_to_be_there_and_of_its_kind() {
        let signer = Signer::new(SigningAlgorithm::Ed25519);
        for name in ["iss", "sub", "aud", "client_id", "iat", "exp", "jti"] {
            for other in [
                Value::Null,
                json!([]),
                json!({"x": 1}),
                json!(1.5),
                json!(["bob@recv.example.org"]),
            ] {
                let mut value = claims().to_value();
                value[name] = other.clone();
                assert_eq!(
                    signer.verify(&header(), &value, 200),
                    Err(TokenFault::Claims),
                    "{name} {other}"
                );
            }
        }
        let mut elsewhere = claims().to_value();
        elsewhere["iss"] = json!("https://send.example.org.evil.example");
        assert_eq!(signer.verify(&header(), &elsewhere, 200), Err(TokenFault::Claims));
    }

    #[test]
    fn a_key_vouches_for_the_server_in_its_name_only() {
        let key = SigningKey::generate(SigningAlgorithm::Es256).expect("a key");
        for kid in [
            "https://old.example.org/ocm#k1",
            "https://send.example.org.evil.example/ocm#k1",
            "k1",
        ] {
            let keys = json!({"keys": [key.public_jwk(kid)]});
            let header = json!({"typ": "at+jwt", "kid": kid});
            let token = key.sign_jws(&header, &claims().to_value()).expect("a token");
            assert_eq!(
                Claims::verify(&token, ISSUER, &keys, 200),
                Err(TokenFault::Claims),
                "{kid}"
            );
        }
    }

    #[test]
    fn a_name_that_two_keys_have_and_a_key_that_did_not_sign_verify_nothing() {
        let signer = Signer::new(SigningAlgorithm::Es256);
        let token = signer.key.sign_jws(&header(), &claims().to_value()).expect("a token");
        let jwk = signer.key.public_jwk(KID);
        let twice = json!({"keys": [jwk, jwk]});
        assert_eq!(Claims::verify(&token, ISSUER, &twice, 200), Err(TokenFault::Key));
        let other = Signer::new(SigningAlgorithm::Es256);
        assert_eq!(
            Claims::verify(&token, ISSUER, &other.keys, 200),
            Err(TokenFault::Signature)
        );
        assert_eq!(
            Claims::verify(&token, ISSUER, &json!({"keys": []}), 200),
            Err(TokenFault::Key)
        );
        for junk in ["", "..", "a.b.c", "e30.e30.e30", &token[..token.len() - 1]] {
            assert!(Claims::verify(junk, ISSUER, &signer.keys, 200).is_err(), "{junk}");
        }
    }
}
