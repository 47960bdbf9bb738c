//! Bodies as PHP reads them: JSON or form, with values of any type that can be understood (P68).

use axum::extract::{FromRequest, Request};
use nc_proto::apps::notes::{NewNote, NotePatch};
use serde_json::{Map, Value};

use super::error::NotesError;
use crate::fields;

/// The fields of a body.
pub(super) struct Input(pub(super) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = NotesError;

    async fn from_request(request: Request, state: &S) -> Result<Self, NotesError> {
        Ok(Self(fields::read(request, state).await?))
    }
}

/// The fields of a new note.
pub(super) fn new_note(input: &Input, now: i64) -> Result<NewNote, NotesError> {
    Ok(NewNote {
        title: text(input, "title")?,
        content: text(input, "content")?,
        category: text(input, "category")?,
        modified: time(input, now),
        favorite: boolean(input, "favorite"),
    })
}

/// The fields to change.
pub(super) fn patch(input: &Input, now: i64) -> Result<NotePatch, NotesError> {
    let new = new_note(input, now)?;
    Ok(NotePatch {
        title: new.title,
        content: new.content,
        category: new.category,
        modified: new.modified,
        favorite: new.favorite,
    })
}

pub(super) fn text(input: &Input, name: &str) -> Result<Option<String>, NotesError> {
    match input.0.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(NotesError::Invalid("title, content and category are texts")),
    }
}

/// What is no number means now, as does 0.
fn time(input: &Input, now: i64) -> Option<i64> {
    let number = match input.0.get("modified")? {
        Value::Null => return None,
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    Some(number.filter(|time| *time > 0).unwrap_or(now))
}

fn boolean(input: &Input, name: &str) -> Option<bool> {
    match input.0.get(name)? {
        Value::Null => None,
        Value::Bool(value) => Some(*value),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => Some(!matches!(text.as_str(), "" | "0" | "false")),
        Value::Array(items) => Some(!items.is_empty()),
        Value::Object(fields) => Some(!fields.is_empty()),
    }
}
