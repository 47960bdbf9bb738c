//! Reading the members of a message.

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::{MESSAGE_MAX_BYTES, MESSAGE_MAX_DEPTH, MessageFault, OcmAddress, json};

/// Longest id and secret, bytes.
const ID_MAX_BYTES: usize = 1024;

/// The members of an object.
#[derive(Clone, Copy)]
pub(super) struct Members<'a>(pub(super) &'a Map<String, Value>);

/// Reads a message.
pub(super) fn read(body: &[u8]) -> Result<Value, MessageFault> {
    Ok(json::read(body, MESSAGE_MAX_BYTES, MESSAGE_MAX_DEPTH)?)
}

impl<'a> Members<'a> {
    /// The members of `value`. PHP writes an empty object as an empty list.
    pub(super) fn of(value: &'a Value, name: &'static str) -> Result<Self, MessageFault> {
        static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        match value {
            Value::Object(members) => Ok(Self(members)),
            Value::Array(items) if items.is_empty() => Ok(Self(&NONE)),
            _ => Err(MessageFault::Invalid(name)),
        }
    }

    /// A member; `None` also when it is null.
    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(self, name: &'static str) -> Result<Option<&'a str>, MessageFault> {
        self.get(name)
            .map(|value| value.as_str().ok_or(MessageFault::Invalid(name)))
            .transpose()
    }

    /// A text that has to be there, perhaps empty.
    pub(super) fn present(self, name: &'static str) -> Result<&'a str, MessageFault> {
        self.text(name)?.ok_or(MessageFault::Missing(name))
    }

    /// A text that has to say something.
    pub(super) fn needed(self, name: &'static str) -> Result<&'a str, MessageFault> {
        Some(self.present(name)?)
            .filter(|text| !text.is_empty())
            .ok_or(MessageFault::Missing(name))
    }

    /// An id of the sender: short, and without characters that could break a log or a header.
    pub(super) fn id(self, name: &'static str) -> Result<String, MessageFault> {
        let id = self.needed(name)?;
        if id.len() > ID_MAX_BYTES || id.chars().any(char::is_control) {
            return Err(MessageFault::Invalid(name));
        }
        Ok(id.to_owned())
    }

    pub(super) fn secret(self, name: &'static str) -> Result<SecretString, MessageFault> {
        self.id(name).map(SecretString::from)
    }

    pub(super) fn address(self, name: &'static str) -> Result<OcmAddress, MessageFault> {
        OcmAddress::parse(self.needed(name)?).map_err(|_| MessageFault::Invalid(name))
    }

    /// A number that is not negative.
    pub(super) fn number(self, name: &'static str) -> Result<Option<i64>, MessageFault> {
        let read = |value: &Value| value.as_i64().filter(|number| *number >= 0);
        self.get(name)
            .map(|value| read(value).ok_or(MessageFault::Invalid(name)))
            .transpose()
    }

    /// A list of texts.
    pub(super) fn words(self, name: &'static str) -> Result<Option<Vec<&'a str>>, MessageFault> {
        let read = |value: &'a Value| value.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
        self.get(name)
            .map(|value| read(value).ok_or(MessageFault::Invalid(name)))
            .transpose()
    }
}
