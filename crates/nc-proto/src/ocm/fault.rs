use serde_json::{Value, json};

use super::json::{self, JsonError};

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationError {
    /// The field.
    pub name: String,
    /// A word such as `NOT_FOUND`.
    pub message: String,
}

/// Why a message is not taken. Its texts name fields, never what was in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageFault {
    /// It cannot be read at all.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A field is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field is not what it has to be.
    #[error("{0} is not valid")]
    Invalid(&'static str),
    /// It asks for something that is not known here.
    #[error("this {0} is not supported")]
    Unsupported(&'static str),
}

impl MessageFault {
    /// 400 or 501.
    pub const fn status(self) -> u16 {
        match self {
            Self::Json(_) | Self::Missing(_) | Self::Invalid(_) => 400,
            Self::Unsupported(_) => 501,
        }
    }

    /// What the sender is told.
    pub fn body(self) -> ErrorBody {
        let (name, word) = match self {
            Self::Json(_) => return ErrorBody::new(self.to_string()),
            Self::Missing(name) => (name, "REQUIRED"),
            Self::Invalid(name) => (name, "INVALID"),
            Self::Unsupported(name) => (name, "UNSUPPORTED"),
        };
        ErrorBody::of_field(self.to_string(), name, word)
    }
}

/// The body of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorBody {
    /// For people.
    pub message: String,
    /// Which fields.
    pub validation_errors: Vec<ValidationError>,
}

impl ErrorBody {
    /// One that names no field.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            validation_errors: Vec::new(),
        }
    }

    /// One about a field.
    pub fn of_field(message: impl Into<String>, name: &str, word: &str) -> Self {
        Self {
            message: message.into(),
            validation_errors: vec![ValidationError {
                name: name.to_owned(),
                message: word.to_owned(),
            }],
        }
    }

    /// Reads the body of another server's error as far as it can be read. Text of a stranger.
    pub fn parse(body: &[u8]) -> Self {
        let value = json::read(body, super::MESSAGE_MAX_BYTES, super::MESSAGE_MAX_DEPTH).unwrap_or_default();
        let text = |value: &Value, name: &str| {
            let text = value.get(name).and_then(Value::as_str).unwrap_or_default();
            super::clean_text(text, 300)
        };
        let errors = value.get("validationErrors").and_then(Value::as_array);
        Self {
            message: text(&value, "message"),
            validation_errors: errors
                .into_iter()
                .flatten()
                .take(16)
                .map(|error| ValidationError {
                    name: text(error, "name"),
                    message: text(error, "message"),
                })
                .collect(),
        }
    }

    /// The body as JSON.
    pub fn to_value(&self) -> Value {
        let errors: Vec<Value> = self
            .validation_errors
            .iter()
            .map(|error| json!({"name": error.name, "message": error.message}))
            .collect();
        json!({"message": self.message, "validationErrors": errors})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_field() {
        let body = MessageFault::Missing("shareWith").body();
        assert_eq!(
            body.to_value(),
            json!({"message": "shareWith is missing", "validationErrors": [{"name": "shareWith", "message": "REQUIRED"}]})
        );
        assert_eq!(ErrorBody::parse(body.to_value().to_string().as_bytes()), body);
        assert_eq!(MessageFault::Unsupported("protocol").status(), 501);
        assert_eq!(MessageFault::Json(JsonError::Form).status(), 400);
    }

    #[test]
    fn what_is_no_error_body_reads_as_an_empty_one() {
        for body in ["", "<html>", "[]", "{\"message\":7,\"validationErrors\":{}}"] {
            assert_eq!(ErrorBody::parse(body.as_bytes()), ErrorBody::new(""), "{body}");
        }
    }
}
