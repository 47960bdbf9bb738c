//! What an authorization request asks to be answered with (OAuth 2.0 Multiple Response Type Encoding Practices).

use crate::oauth::error::AuthorizeError;

/// What comes back through the browser. An access token never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseType {
    /// A code.
    Code,
    /// A code and an ID token (`OpenID` Connect Core §3.3).
    CodeIdToken,
    /// An ID token alone (`OpenID` Connect Core §3.2).
    IdToken,
}

/// Which of them a client may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flows {
    /// Codes only.
    Code,
    /// Also ID tokens, for clients from before PKCE.
    Legacy,
}

impl ResponseType {
    /// Reads `response_type`: a set of words in any order.
    pub fn read(text: Option<&str>, flows: Flows) -> Result<Self, AuthorizeError> {
        let mut words: Vec<&str> = text.unwrap_or_default().split(' ').collect();
        words.sort_unstable();
        match (words.as_slice(), flows) {
            (["code"], _) => Ok(Self::Code),
            (["code", "id_token"], Flows::Legacy) => Ok(Self::CodeIdToken),
            (["id_token"], Flows::Legacy) => Ok(Self::IdToken),
            _ => Err(AuthorizeError::UnsupportedResponseType),
        }
    }

    /// Whether there is to be a code.
    pub const fn has_code(self) -> bool {
        matches!(self, Self::Code | Self::CodeIdToken)
    }

    /// Whether there is to be an ID token.
    pub const fn has_id_token(self) -> bool {
        matches!(self, Self::CodeIdToken | Self::IdToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a07_id_tokens_are_for_clients_with_the_switch_and_access_tokens_for_nobody() {
        let read = |text: &str, flows| ResponseType::read(Some(text), flows);
        let refused = Err(AuthorizeError::UnsupportedResponseType);
        for (text, legacy) in [
            ("code", Ok(ResponseType::Code)),
            ("id_token", Ok(ResponseType::IdToken)),
            ("code id_token", Ok(ResponseType::CodeIdToken)),
            ("id_token code", Ok(ResponseType::CodeIdToken)),
            ("token", refused),
            ("id_token token", refused),
            ("code token", refused),
            ("code id_token token", refused),
            ("code code", refused),
            ("code  id_token", refused),
            (" id_token", refused),
            ("none", refused),
            ("ID_TOKEN", refused),
            ("", refused),
        ] {
            assert_eq!(read(text, Flows::Legacy), legacy, "{text}");
            let without = if text == "code" {
                Ok(ResponseType::Code)
            } else {
                refused
            };
            assert_eq!(read(text, Flows::Code), without, "{text}");
        }
        assert_eq!(ResponseType::read(None, Flows::Legacy), refused);
    }
}
