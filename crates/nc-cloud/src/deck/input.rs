//! What a request carries: ids in its path, and a body as PHP reads it, JSON or form, with values of any type that can be
//! understood. What cannot be understood is refused with 400; Nextcloud answers 500 to much of it (P116).

use std::{collections::HashMap, convert::Infallible};

use axum::{
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    response::IntoResponse,
};
use http::{StatusCode, header, request::Parts};
use serde_json::{Map, Value};

use super::{error::DeckError, times};
use crate::{fields, json};

/// Versions of the interface.
const VERSIONS: [&str; 2] = ["v1.0", "v1.1"];

/// Largest number of a position: what fits into the columns of every database that Nextcloud uses.
const MAX_POSITION: i64 = i32::MAX as i64;

/// The variables of a path.
#[derive(Debug)]
pub(super) struct Ids(HashMap<String, String>);

impl Ids {
    /// A variable's text; empty when the path has none of that name.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The id of that name.
    pub(super) fn get(&self, name: &str) -> Result<i64, DeckError> {
        id(self.text(name)).ok_or_else(|| DeckError::invalid(format!("{name} id must be a number")))
    }

    /// Whether attachments of the type `file` are known to the client.
    pub(super) fn is_1_1(&self) -> bool {
        self.text("version") == VERSIONS[1]
    }
}

/// Reads an id: digits and nothing else.
pub(super) fn id(text: &str) -> Option<i64> {
    text.parse()
        .ok()
        .filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// No such version, as for any path that is not there.
pub(super) struct NoSuchVersion;

impl IntoResponse for NoSuchVersion {
    fn into_response(self) -> axum::response::Response {
        json::json(
            StatusCode::NOT_FOUND,
            &serde_json::json!({ "message": "No such version of the interface" }),
        )
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Ids {
    type Rejection = NoSuchVersion;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, NoSuchVersion> {
        // Not UTF-8: no id.
        let params = RawPathParams::from_request_parts(parts, state).await.ok();
        let ids: HashMap<String, String> = params.map_or_else(HashMap::new, |params| {
            let pairs = params.iter();
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        });
        match ids.get("version") {
            Some(version) if !VERSIONS.contains(&version.as_str()) => Err(NoSuchVersion),
            _ => Ok(Self(ids)),
        }
    }
}

/// What a body says about a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeGiven {
    /// Nothing.
    No,
    /// That there is none.
    Never,
    /// Unix seconds.
    At(i64),
}

impl TimeGiven {
    /// The time after a change of one that was `before`.
    pub(super) const fn or(self, before: Option<i64>) -> Option<i64> {
        match self {
            Self::No => before,
            Self::Never => None,
            Self::At(time) => Some(time),
        }
    }
}

/// The fields of a body.
#[derive(Debug)]
pub(super) struct Input(pub(super) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = DeckError;

    async fn from_request(request: Request, state: &S) -> Result<Self, DeckError> {
        Ok(Self(fields::read(request, state).await?))
    }
}

/// The body as it came, for handlers that put refusals into an envelope.
pub(super) type Given = Result<Input, DeckError>;

/// Never fails: the header is there or it is not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since(pub(super) Option<i64>);

impl<S: Sync> FromRequestParts<S> for Since {
    type Rejection = Infallible;

    /// `If-Modified-Since`, by which Deck leaves out what is older. What is no date is ignored (RFC 9110 §13.1.3).
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let value = parts.headers.get(header::IF_MODIFIED_SINCE);
        Ok(Self(
            value.and_then(|value| value.to_str().ok()).and_then(times::read_http),
        ))
    }
}

impl Input {
    fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text, if given.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, DeckError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(DeckError::invalid(format!("{name} must be a text"))),
        }
    }

    /// A text that must be there, of at most `longest` characters.
    pub(super) fn title(&self, name: &str, longest: usize) -> Result<String, DeckError> {
        let text = self.text(name)?.filter(|text| !text.trim().is_empty());
        let text = text.ok_or_else(|| DeckError::invalid(format!("{name} must be provided and must be not empty")))?;
        if text.chars().count() > longest {
            return Err(DeckError::invalid(format!(
                "{name} must have at most {longest} characters"
            )));
        }
        Ok(text)
    }

    /// A colour: six hexadecimal digits.
    pub(super) fn color(&self) -> Result<String, DeckError> {
        let color = self.title("color", 6)?;
        let is_color = color.len() == 6 && color.bytes().all(|byte| byte.is_ascii_hexdigit());
        let refused = || DeckError::invalid("color must be six hexadecimal digits");
        Some(color).filter(|_| is_color).ok_or_else(refused)
    }

    /// A whole number, if given.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, DeckError> {
        let number = match self.value(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        let refused = || DeckError::invalid(format!("{name} must be provided and must be numeric"));
        number.map(Some).ok_or_else(refused)
    }

    /// A whole number that must be there.
    pub(super) fn required_number(&self, name: &str) -> Result<i64, DeckError> {
        let refused = || DeckError::invalid(format!("{name} must be provided and must be numeric"));
        self.number(name)?.ok_or_else(refused)
    }

    /// The position among others, if given.
    pub(super) fn position(&self) -> Result<Option<i64>, DeckError> {
        match self.number("order")? {
            Some(position) if !(0..=MAX_POSITION).contains(&position) => Err(DeckError::invalid(format!(
                "order must be between 0 and {MAX_POSITION}"
            ))),
            position => Ok(position),
        }
    }

    /// Yes or no, if given.
    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, DeckError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::Number(number)) if number.as_i64() == Some(0) => Ok(Some(false)),
            Some(Value::Number(number)) if number.as_i64() == Some(1) => Ok(Some(true)),
            Some(Value::String(text)) if matches!(text.as_str(), "" | "0" | "false") => Ok(Some(false)),
            Some(Value::String(text)) if matches!(text.as_str(), "1" | "true") => Ok(Some(true)),
            Some(_) => Err(DeckError::invalid(format!("{name} must be a boolean"))),
        }
    }

    /// A time, which may be taken away.
    pub(super) fn time(&self, name: &str) -> Result<TimeGiven, DeckError> {
        match self.0.get(name) {
            None => Ok(TimeGiven::No),
            Some(Value::Null) => Ok(TimeGiven::Never),
            Some(Value::String(text)) if text.is_empty() => Ok(TimeGiven::Never),
            Some(Value::String(text)) => times::read(text).map(TimeGiven::At).ok_or_else(|| bad_time(name)),
            Some(_) => Err(bad_time(name)),
        }
    }

    /// A user: the id as text, or the object that answers have (P115).
    pub(super) fn user(&self, name: &str) -> Result<Option<String>, DeckError> {
        let user = match self.value(name) {
            Some(Value::Object(person)) => {
                let id = person.get("uid").or_else(|| person.get("primaryKey"));
                id.and_then(Value::as_str).map(str::to_owned)
            }
            _ => self.text(name)?,
        };
        Ok(user.filter(|user| !user.is_empty()))
    }
}

fn bad_time(name: &str) -> DeckError {
    DeckError::invalid(format!("{name} must be a time like 2026-12-24T18:00:00+00:00, or null"))
}
