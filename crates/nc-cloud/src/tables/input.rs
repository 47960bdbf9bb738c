//! Bodies as PHP reads them: JSON or form, with values of any type that can be understood.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use http::Uri;
use nc_proto::apps::tables::ColumnId;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use super::error::TablesError;
use crate::fields;

/// Longest title, in characters: what Nextcloud's database holds.
const LONGEST_TITLE: usize = 200;

/// Longest picture beside a title, in characters: what Nextcloud's database holds.
const LONGEST_EMOJI: usize = 20;

/// The fields of a body.
#[derive(Debug)]
pub(super) struct Input(pub(super) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = TablesError;

    async fn from_request(request: Request, state: &S) -> Result<Self, TablesError> {
        Ok(Self(fields::read(request, state).await?))
    }
}

impl Input {
    /// What is there and not null.
    pub(super) fn given(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, TablesError> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(TablesError::invalid(format!("{name} is a text"))),
        }
    }

    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, TablesError> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::Number(number)) => Ok(Some(number.as_f64() != Some(0.0))),
            Some(Value::String(text)) => Ok(Some(!matches!(text.as_str(), "" | "0" | "false"))),
            Some(_) => Err(TablesError::invalid(format!("{name} is true or false"))),
        }
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<Number>, TablesError> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number.clone())),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(value) => {
                let number = value.as_str().and_then(|text| text.trim().parse().ok());
                number
                    .map(Some)
                    .ok_or_else(|| TablesError::invalid(format!("{name} is a number")))
            }
        }
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, TablesError> {
        match self.number(name)? {
            None => Ok(None),
            Some(number) => {
                let whole = number.as_i64();
                whole
                    .map(Some)
                    .ok_or_else(|| TablesError::invalid(format!("{name} is a whole number")))
            }
        }
    }

    /// A title, if one is given. It may be empty, as in Nextcloud.
    pub(super) fn title(&self) -> Result<Option<String>, TablesError> {
        let title = self.text("title")?;
        if title
            .as_ref()
            .is_some_and(|title| title.chars().count() > LONGEST_TITLE)
        {
            return Err(TablesError::invalid(format!(
                "title has at most {LONGEST_TITLE} characters"
            )));
        }
        Ok(title)
    }

    /// A title that must be there.
    pub(super) fn needed_title(&self) -> Result<String, TablesError> {
        self.title()?.ok_or_else(|| TablesError::invalid("title is missing"))
    }

    /// The picture that is given, or the one that is there; an empty text takes it away.
    pub(super) fn emoji(&self, current: Option<String>) -> Result<Option<String>, TablesError> {
        let Some(emoji) = self.text("emoji")? else {
            return Ok(current);
        };
        if emoji.chars().count() > LONGEST_EMOJI {
            return Err(TablesError::invalid(format!(
                "emoji has at most {LONGEST_EMOJI} characters"
            )));
        }
        Ok(Some(emoji).filter(|emoji| !emoji.is_empty()))
    }

    /// A structure: as such, or as JSON in a text.
    pub(super) fn structure<T: DeserializeOwned>(&self, name: &str, form: &str) -> Result<Option<T>, TablesError> {
        let read = match self.given(name) {
            None => return Ok(None),
            Some(Value::String(text)) if text.is_empty() => return Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text),
            Some(value) => serde_json::from_value(value.clone()),
        };
        read.map(Some)
            .map_err(|_| TablesError::invalid(format!("{name} is {form}")))
    }

    /// The values for a row in `data`: a map from column numbers to values, or that as JSON in a text.
    pub(super) fn cells(&self) -> Result<BTreeMap<ColumnId, Value>, TablesError> {
        const FORM: &str = "an object of column ids and values";
        let data: Map<String, Value> = match self.given("data") {
            // PHP writes an empty map so.
            Some(Value::Array(list)) if list.is_empty() => Map::new(),
            _ => self
                .structure("data", FORM)?
                .ok_or_else(|| TablesError::invalid("data is missing"))?,
        };
        let cells = data.into_iter().map(|(id, value)| {
            let id = id
                .parse()
                .map_err(|_| TablesError::invalid(format!("data is {FORM}")))?;
            Ok((ColumnId(id), value))
        });
        cells.collect()
    }

    /// The fields in `data`, where the body wraps them so.
    pub(super) fn inner(self) -> Result<Self, TablesError> {
        match self.given("data") {
            None => Ok(self),
            Some(_) => Ok(Self(self.structure("data", "an object")?.unwrap_or_default())),
        }
    }
}

/// Which part of a list: `limit` and `offset` of the query. What is no number is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
}

impl Part {
    pub(super) fn of(uri: &Uri) -> Self {
        let mut part = Self::default();
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match &*name {
                "limit" => part.limit = value.parse().ok(),
                "offset" => part.offset = value.parse().unwrap_or(0),
                _ => {}
            }
        }
        part
    }

    pub(super) fn cut<T>(self, items: impl Iterator<Item = T>) -> Vec<T> {
        items.skip(self.offset).take(self.limit.unwrap_or(usize::MAX)).collect()
    }
}
