//! `Authorization: Basic`, RFC 7617.

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::SecretString;

use crate::LoginName;

/// Longest header value that is looked at; longer ones are refused unread.
const MAX_LENGTH: usize = 8 * 1024;

/// Why a header is not a usable Basic credential. One answer for all causes, so probing learns nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed Basic credentials")]
pub struct Malformed;

/// Reads the value of an `Authorization` header. `None` when it is of another scheme.
///
/// # Errors
/// [`Malformed`] when the scheme is Basic and the rest cannot be read: not base64, not UTF-8, no colon, an empty
/// name, or control characters.
pub fn parse(value: &str) -> Option<Result<(LoginName, SecretString), Malformed>> {
    let (scheme, rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    Some(decode(rest.trim()))
}

fn decode(encoded: &str) -> Result<(LoginName, SecretString), Malformed> {
    if encoded.len() > MAX_LENGTH {
        return Err(Malformed);
    }
    let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| Malformed)?;
    let text = String::from_utf8(bytes).map_err(|_| Malformed)?;
    // RFC 7617 §2: the user-id cannot contain a colon, the password may; control characters are not allowed.
    let (name, password) = text.split_once(':').ok_or(Malformed)?;
    if name.is_empty() || text.chars().any(char::is_control) {
        return Err(Malformed);
    }
    Ok((LoginName::new(name), SecretString::from(password.to_owned())))
}

/// Writes the header value for `login` and `password`.
pub fn header_value(login: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{login}:{password}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn the_first_colon_parts_name_and_password() {
        let (login, password) = parse(&header_value("jane@example.org", "a:b c"))
            .expect("basic")
            .expect("valid");
        assert_eq!(login.as_str(), "jane@example.org");
        assert_eq!(password.expose_secret(), "a:b c");
    }

    #[test]
    fn bad_input_is_refused() {
        for value in [
            "Basic !!!",
            "Basic YWJj",
            "Basic OnB3",
            "basic bmFtZTpwdwo=",
            "Basic /w==",
        ] {
            assert!(matches!(parse(value), Some(Err(Malformed))), "{value}");
        }
        assert!(parse("Bearer abc").is_none());
        assert!(parse("Basic").is_none());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(login in "[^:\\p{Cc}]{1,20}", password in "\\PC{0,30}") {
            let (read, secret) = parse(&header_value(&login, &password)).expect("basic").expect("valid");
            prop_assert_eq!((read.as_str(), secret.expose_secret()), (login.as_str(), password.as_str()));
        }

        #[test]
        fn any_header_is_read_or_refused(header in "(Basic )?\\PC{0,40}") {
            if let Some(Ok((login, _))) = parse(&header) {
                prop_assert!(!login.as_str().is_empty() && !login.as_str().contains(':'));
            }
        }
    }
}
