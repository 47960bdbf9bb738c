//! What a request is signed in with.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::Error;

/// What a request is signed in with.
#[derive(Clone)]
pub enum Credential {
    /// HTTP Basic, best with an app password: checking an account's password takes Nextcloud about a second.
    Basic {
        /// Name to sign in with; not always the user's id.
        login: String,
        /// App password.
        password: SecretString,
    },
    /// A token of an `OpenID` provider that this Nextcloud believes.
    Bearer(SecretString),
}

impl Credential {
    /// Whether the secret has the look of an app password: 72 characters, or five groups of five with dashes.
    pub fn looks_like_app_password(&self) -> bool {
        let Self::Basic { password, .. } = self else {
            return true;
        };
        let password = password.expose_secret();
        let groups: Vec<&str> = password.split('-').collect();
        let alphanumeric = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric());
        (groups.len() == 5 && groups.iter().all(|group| group.len() == 5 && alphanumeric(group)))
            || (password.len() == 72 && alphanumeric(password))
    }

    /// The value of the header `Authorization`.
    pub(crate) fn header_value(&self) -> Result<HeaderValue, Error> {
        let text = match self {
            Self::Basic { login, .. } if login.contains(':') || login.chars().any(char::is_control) => {
                // RFC 7617 §2
                return Err(Error::invalid(
                    "login name",
                    "it must not contain a colon or control characters",
                ));
            }
            Self::Basic { login, password } => {
                format!(
                    "Basic {}",
                    BASE64_STANDARD.encode(format!("{login}:{}", password.expose_secret()))
                )
            }
            Self::Bearer(token) => format!("Bearer {}", token.expose_secret()),
        };
        let mut value = HeaderValue::try_from(text)
            .map_err(|_| Error::invalid("token", "it must not contain spaces at its ends or control characters"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// A name for this credential that does not tell it.
    pub(crate) fn key(&self) -> Key {
        let (kind, login, secret) = match self {
            Self::Basic { login, password } => (b'b', login.as_str(), password),
            Self::Bearer(token) => (b't', "", token),
        };
        let mut hash = Sha256::new();
        hash.update([kind]);
        hash.update((login.len() as u64).to_be_bytes());
        hash.update(login);
        hash.update(secret.expose_secret());
        Key(hash.finalize().into())
    }
}

/// A name for a credential that does not tell it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { login, .. } => formatter
                .debug_struct("Basic")
                .field("login", login)
                .finish_non_exhaustive(),
            Self::Bearer(_) => formatter.write_str("Bearer(..)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(login: &str, password: &str) -> Credential {
        Credential::Basic {
            login: login.into(),
            password: password.into(),
        }
    }

    #[test]
    fn debug_output_tells_no_secret() {
        assert!(!format!("{:?}", basic("carol", "hunter2")).contains("hunter2"));
        assert!(!format!("{:?}", Credential::Bearer("hunter2".into())).contains("hunter2"));
        assert!(!format!("{:?}", basic("carol", "hunter2").header_value()).contains("aHVudGVyMg"));
    }

    #[test]
    fn each_part_of_a_credential_counts() {
        let key = basic("carol", "a").key();
        assert_eq!(key.0, basic("carol", "a").key().0);
        for other in [
            basic("carol", "b"),
            basic("dave", "a"),
            basic("carola", ""),
            Credential::Bearer("carola".into()),
        ] {
            assert_ne!(key.0, other.key().0);
        }
    }

    #[test]
    fn a_login_name_with_a_colon_is_refused() {
        assert!(basic("a:b", "x").header_value().is_err());
        assert_eq!(
            basic("jane@example.org", "x y").header_value().expect("value"),
            "Basic amFuZUBleGFtcGxlLm9yZzp4IHk="
        );
    }

    #[test]
    fn app_passwords_are_recognised_by_their_look() {
        assert!(basic("c", "aBcD1-aBcD2-aBcD3-aBcD4-aBcD5").looks_like_app_password());
        assert!(basic("c", &"x".repeat(72)).looks_like_app_password());
        assert!(!basic("c", "correct-horse-battery").looks_like_app_password());
    }
}
