use axum::{
    extract::{FromRequest, Request},
    response::Response,
};
use http::header;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::ocs::{Failure, Ocs};

/// Largest body of a request; an honest one has some hundred bytes.
const LARGEST_BODY_BYTES: usize = 64 << 10;

/// What came with a request: by the address, as a form, or as JSON; clients use all three.
#[derive(Debug, Default)]
pub(super) struct Input(Map<String, Value>);

impl Input {
    fn add_form(&mut self, text: &[u8]) {
        for (name, value) in form_urlencoded::parse(text) {
            let value = Value::String(value.into_owned());
            match name.strip_suffix("[]") {
                Some(name) => match self.0.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
                    Value::Array(list) => list.push(value),
                    other => *other = Value::Array(vec![value]),
                },
                None => {
                    self.0.insert(name.into_owned(), value);
                }
            }
        }
    }

    /// Whether it is there at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// A text. Numbers and lists are taken as they are written.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// 400 if it is something else.
    pub(super) fn integer(&self, name: &'static str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.trim().parse();
        number
            .map(Some)
            .map_err(|_| Failure::saying(400, format!("{name} must be a whole number")))
    }

    /// A yes or no, as PHP reads it.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        let text = self.text(name)?;
        Some(matches!(text.trim(), "true" | "1" | "yes" | "on"))
    }

    /// Whole numbers: several, or one.
    pub(super) fn integers(&self, name: &str) -> Option<Vec<i64>> {
        let number = |value: &Value| match value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        };
        match self.0.get(name)? {
            Value::Null => None,
            Value::Array(list) => Some(list.iter().filter_map(number).collect()),
            one => Some(number(one).into_iter().collect()),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let ocs = Ocs::of(request.uri(), request.headers());
        let mut input = Self::default();
        input.add_form(request.uri().query().unwrap_or_default().as_bytes());
        let kind = request.headers().get(header::CONTENT_TYPE);
        let is_json = kind
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
        let body = axum::body::to_bytes(request.into_body(), LARGEST_BODY_BYTES).await;
        let Ok(body) = body else {
            return Err(ocs.fail(&Failure::new(413, "The request body is too large")));
        };
        if is_json && !body.is_empty() {
            match serde_json::from_slice(&body) {
                Ok(Value::Object(fields)) => input.0.extend(fields),
                _ => return Err(ocs.fail(&Failure::new(400, "The request body is not a JSON object"))),
            }
        } else {
            input.add_form(&body);
        }
        Ok(input)
    }
}
