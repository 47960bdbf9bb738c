//! Lists of scopes (RFC 6749 §3.3), with limits above which they are refused: nothing is ever cut off.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::{AuthorizeError, RegistrationError, TokenError};

/// The longest list, as text.
pub const LIST_MAX_BYTES: usize = 4096;
/// The most scopes in a list.
pub const LIST_MAX_TOKENS: usize = 256;
/// The longest scope.
pub const TOKEN_MAX_BYTES: usize = 128;

/// Why a list of scopes is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// More than [`LIST_MAX_BYTES`].
    #[error("the scope is longer than {LIST_MAX_BYTES} bytes")]
    TooLong,
    /// More than [`LIST_MAX_TOKENS`].
    #[error("the scope has more than {LIST_MAX_TOKENS} values")]
    TooMany,
    /// One value has more than [`TOKEN_MAX_BYTES`].
    #[error("one scope is longer than {TOKEN_MAX_BYTES} bytes")]
    TokenTooLong,
    /// A character that no scope has.
    #[error("the scope holds a character that is not allowed")]
    Character,
}

impl From<ScopeError> for AuthorizeError {
    fn from(_: ScopeError) -> Self {
        Self::InvalidScope
    }
}

impl From<ScopeError> for TokenError {
    fn from(_: ScopeError) -> Self {
        Self::InvalidScope
    }
}

impl From<ScopeError> for RegistrationError {
    fn from(_: ScopeError) -> Self {
        Self::Scope
    }
}

/// A set of scopes, in alphabetical order. Order on the wire means nothing, so two lists with the same scopes are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ScopeList(BTreeSet<String>);

impl ScopeList {
    /// Reads a list separated by spaces. `app.action` is read as `app:action`; surplus spaces are ignored.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        if text.len() > LIST_MAX_BYTES {
            return Err(ScopeError::TooLong);
        }
        let mut scopes = BTreeSet::new();
        for (index, token) in text.split(' ').filter(|token| !token.is_empty()).enumerate() {
            if index == LIST_MAX_TOKENS {
                return Err(ScopeError::TooMany);
            }
            scopes.insert(read_token(token)?);
        }
        Ok(Self(scopes))
    }

    /// Reads single scopes, as a JSON array holds them.
    pub fn from_tokens<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Result<Self, ScopeError> {
        let mut scopes = BTreeSet::new();
        for (index, token) in tokens.into_iter().enumerate() {
            if index == LIST_MAX_TOKENS {
                return Err(ScopeError::TooMany);
            }
            scopes.insert(read_token(token)?);
        }
        let list = Self(scopes);
        if list.to_string().len() > LIST_MAX_BYTES {
            return Err(ScopeError::TooLong);
        }
        Ok(list)
    }

    /// Whether it holds this scope, in the spelling with a colon.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Whether the other list holds all of these.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// What both lists hold.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// What this list holds and the other does not.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// What either list holds.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Strips `{id}/` from scopes that start with it, as identity providers like Cognito write them.
    #[must_use]
    pub fn without_prefix(&self, id: &str) -> Self {
        let strip = |scope: &String| {
            let stripped = scope.strip_prefix(id).and_then(|rest| rest.strip_prefix('/'));
            stripped
                .filter(|rest| !rest.is_empty())
                .map_or_else(|| scope.clone(), with_colon)
        };
        Self(self.0.iter().map(strip).collect())
    }

    /// The scopes in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn read_token(token: &str) -> Result<String, ScopeError> {
    if token.len() > TOKEN_MAX_BYTES {
        return Err(ScopeError::TokenTooLong);
    }
    let plain = |byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    if token.is_empty() || !token.bytes().all(plain) {
        return Err(ScopeError::Character);
    }
    Ok(with_colon(token))
}

/// Some identity providers and clients cannot write colons in scopes, so `notes.read` is another spelling of
/// `notes:read`.
fn with_colon(token: &str) -> String {
    let word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    match token.split_once('.') {
        Some((app, action)) if word(app) && word(action) => format!("{app}:{action}"),
        _ => token.to_owned(),
    }
}

impl fmt::Display for ScopeList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            write!(formatter, "{}{scope}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl Serialize for ScopeList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ScopeList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
