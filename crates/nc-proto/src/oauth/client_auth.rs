//! How a client says who it is, at the token endpoint and those like it (RFC 6749 §2.3, RFC 7521 §4.2).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{
    error::TokenError,
    form::{self, Form},
};

/// Value of `client_assertion_type` (RFC 7523 §2.2).
pub const JWT_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A way to authenticate, as it is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Not at all: a public client.
    None,
    /// A secret by HTTP Basic.
    ClientSecretBasic,
    /// A secret in the body.
    ClientSecretPost,
    /// A signed assertion.
    PrivateKeyJwt,
}

impl AuthMethod {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }
}

/// What a client presented; nothing of it is verified yet.
#[derive(Debug, Clone)]
pub enum ClientCredential {
    /// Only a name.
    None {
        /// The client.
        client_id: String,
    },
    /// A secret by HTTP Basic.
    Basic {
        /// The client.
        client_id: String,
        /// Its secret.
        secret: SecretString,
    },
    /// A secret in the body.
    Post {
        /// The client.
        client_id: String,
        /// Its secret.
        secret: SecretString,
    },
    /// A signed assertion, whose `sub` names the client.
    Assertion {
        /// The client, if the body names it too; then it must equal the assertion's `sub`.
        client_id: Option<String>,
        /// The JWT.
        assertion: SecretString,
    },
}

impl ClientCredential {
    /// Finds the one credential of a request. `authorization` is the header, if there is one.
    ///
    /// More than one is `invalid_request`; one that cannot be read, and none at all, is `invalid_client`.
    pub fn read(form: &Form, authorization: Option<&str>) -> Result<Self, TokenError> {
        let (id, secret) = (form.get("client_id"), form.get("client_secret"));
        let assertion = (form.get("client_assertion"), form.get("client_assertion_type"));
        let has_assertion = assertion != (None, None);
        let ways = usize::from(authorization.is_some()) + usize::from(secret.is_some()) + usize::from(has_assertion);
        if ways > 1 {
            return Err(TokenError::SeveralCredentials);
        }
        if let Some(header) = authorization {
            let (client_id, secret) = read_basic(header).ok_or(TokenError::InvalidClient)?;
            if id.is_some_and(|id| id != client_id) {
                return Err(TokenError::InvalidRequest);
            }
            return Ok(Self::Basic { client_id, secret });
        }
        if has_assertion {
            let (Some(assertion), Some(JWT_ASSERTION)) = assertion else {
                return Err(TokenError::InvalidClient);
            };
            let (client_id, assertion) = (id.map(str::to_owned), assertion.into());
            return Ok(Self::Assertion { client_id, assertion });
        }
        let client_id = id.ok_or(TokenError::InvalidClient)?.to_owned();
        Ok(match secret {
            Some(secret) => {
                let secret = secret.into();
                Self::Post { client_id, secret }
            }
            None => Self::None { client_id },
        })
    }

    /// The way it is.
    pub const fn method(&self) -> AuthMethod {
        match self {
            Self::None { .. } => AuthMethod::None,
            Self::Basic { .. } => AuthMethod::ClientSecretBasic,
            Self::Post { .. } => AuthMethod::ClientSecretPost,
            Self::Assertion { .. } => AuthMethod::PrivateKeyJwt,
        }
    }

    /// Fails unless it is the registered way.
    pub fn require(&self, registered: AuthMethod) -> Result<(), TokenError> {
        if self.method() == registered {
            Ok(())
        } else {
            Err(TokenError::InvalidClient)
        }
    }

    /// Adds it to a request: to the form, or as the returned `Authorization` header.
    pub fn write(&self, form: &mut Form) -> Option<BasicHeader> {
        match self {
            Self::Basic { client_id, secret } => {
                let pair = format!("{}:{}", form::encode(client_id), form::encode(secret.expose_secret()));
                return Some(BasicHeader(format!("Basic {}", STANDARD.encode(pair)).into()));
            }
            Self::None { client_id } => form.push("client_id", client_id.as_str()),
            Self::Post { client_id, secret } => {
                form.push("client_id", client_id.as_str());
                form.push("client_secret", secret.expose_secret());
            }
            Self::Assertion { client_id, assertion } => {
                form.push_some("client_id", client_id.as_deref());
                form.push("client_assertion_type", JWT_ASSERTION);
                form.push("client_assertion", assertion.expose_secret());
            }
        }
        None
    }
}

/// The value of an `Authorization` header with a client's secret.
#[derive(Clone)]
pub struct BasicHeader(SecretString);

impl BasicHeader {
    /// The value to send.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for BasicHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BasicHeader")
    }
}

/// Both parts are form-encoded before they are joined (RFC 6749 §2.3.1).
fn read_basic(header: &str) -> Option<(String, SecretString)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = STANDARD.decode(encoded.trim_start_matches(' ')).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    let client_id = form::decode(&pair[..colon]).ok().filter(|id| !id.is_empty())?;
    let secret = form::decode(&pair[colon + 1..]).ok()?;
    Some((client_id, secret.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oauth::form::Limits;

    fn read(body: &str, authorization: Option<&str>) -> Result<ClientCredential, TokenError> {
        ClientCredential::read(
            &Form::parse(body.as_bytes(), Limits::TOKEN).expect("readable"),
            authorization,
        )
    }

    fn basic(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[test]
    fn each_way_is_recognised() {
        let assertion = format!(
            "client_assertion=a.b.c&client_assertion_type={}",
            form::encode(JWT_ASSERTION)
        );
        for (body, header, method) in [
            ("client_id=c", None, AuthMethod::None),
            ("client_id=c&client_secret=s", None, AuthMethod::ClientSecretPost),
            ("", Some(basic("c:s")), AuthMethod::ClientSecretBasic),
            ("client_id=c", Some(basic("c:s")), AuthMethod::ClientSecretBasic),
            (assertion.as_str(), None, AuthMethod::PrivateKeyJwt),
        ] {
            let credential = read(body, header.as_deref()).expect("one way");
            assert_eq!(credential.method(), method);
            assert_eq!(serde_json::to_value(method).expect("writable"), method.name());
            assert!(credential.require(method).is_ok());
        }
    }

    #[test]
    fn t12_t18_t19_only_the_registered_way_counts() {
        let public = read("client_id=c", None).expect("one way");
        assert_eq!(
            public.require(AuthMethod::ClientSecretPost),
            Err(TokenError::InvalidClient)
        );
        let secret = read("client_id=c&client_secret=s", None).expect("one way");
        assert_eq!(secret.require(AuthMethod::None), Err(TokenError::InvalidClient));
        assert_eq!(
            secret.require(AuthMethod::ClientSecretBasic),
            Err(TokenError::InvalidClient)
        );
        assert_eq!(TokenError::InvalidClient.status(), 401);
    }

    #[test]
    fn t16_two_ways_at_once_are_an_invalid_request() {
        let header = basic("c:s");
        for (body, header) in [
            ("client_secret=s", Some(header.as_str())),
            ("client_id=c&client_secret=s&client_assertion=a", None),
            ("client_assertion=a", Some(header.as_str())),
            ("client_assertion_type=x", Some(header.as_str())),
        ] {
            let error = read(body, header).expect_err("two ways");
            assert_eq!((error.code(), error.status()), ("invalid_request", 400));
        }
        assert_eq!(
            read("client_id=other", Some(&header)).expect_err("two names").code(),
            "invalid_request"
        );
    }

    #[test]
    fn t17_basic_is_decoded_as_a_form() {
        for header in [
            "Basic ???",
            "Basic Yw",
            "Basic",
            "Bearer abc",
            &basic("no colon"),
            &basic(":s"),
            &basic("%zz:s"),
        ] {
            assert_eq!(
                read("", Some(header)).expect_err(header),
                TokenError::InvalidClient,
                "{header}"
            );
        }
        let Ok(ClientCredential::Basic { client_id, secret }) = read("", Some(&basic("a%3Ab+c:%C3%B6%2B:x"))) else {
            panic!("readable");
        };
        assert_eq!((client_id.as_str(), secret.expose_secret()), ("a:b c", "ö+:x"));
        let lower = basic("c:s").replacen("Basic", "basic", 1);
        assert!(read("", Some(&lower)).is_ok());
    }

    #[test]
    fn a_request_without_a_client_or_with_an_unknown_assertion_is_no_client() {
        for body in [
            "",
            "client_secret=s",
            "client_assertion=a",
            "client_assertion=a&client_assertion_type=saml",
        ] {
            assert_eq!(read(body, None).expect_err(body), TokenError::InvalidClient, "{body}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(id in "\\PC{1,20}", secret in "\\PC{1,20}", way in 0..4) {
            let (client_id, secret) = (id.clone(), SecretString::from(secret));
            let sent = match way {
                0 => ClientCredential::None { client_id },
                1 => ClientCredential::Basic { client_id, secret: secret.clone() },
                2 => ClientCredential::Post { client_id, secret: secret.clone() },
                _ => ClientCredential::Assertion { client_id: Some(client_id), assertion: secret.clone() },
            };
            let mut form = Form::default();
            let header = sent.write(&mut form);
            match (way, read(&form.to_string(), header.as_ref().map(BasicHeader::expose)).expect("one way")) {
                (0, ClientCredential::None { client_id }) => prop_assert_eq!(client_id, id),
                (1, ClientCredential::Basic { client_id, secret: read })
                | (2, ClientCredential::Post { client_id, secret: read })
                | (3, ClientCredential::Assertion { client_id: Some(client_id), assertion: read }) => {
                    prop_assert_eq!(client_id, id);
                    prop_assert_eq!(read.expose_secret(), secret.expose_secret());
                }
                (_, other) => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn any_header_is_read_or_refused(header in "(Basic )?\\PC{0,40}") {
            if let Ok(ClientCredential::Basic { client_id, .. }) = read("", Some(&header)) {
                prop_assert!(!client_id.is_empty());
            }
        }
    }
}
