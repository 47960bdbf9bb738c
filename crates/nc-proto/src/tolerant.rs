//! Reading what PHP writes.
//!
//! PHP has one type for lists and maps and converts freely between scalars, so Nextcloud's answers hold `[]` for an
//! empty map, numbers as text, and `false` or `""` for a missing object. These functions are for
//! `#[serde(deserialize_with = …)]`; each accepts every form that a real server was seen to send, and still refuses
//! what has no plain meaning.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, Unexpected, Visitor},
};
use serde_json::Value;

/// A whole number, or text that is one.
///
/// # Errors
/// When the value is neither.
pub fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_any(IntegerVisitor)
}

/// As [`integer`]; `null`, `false` and `""` are "none".
///
/// # Errors
/// When the value is neither.
pub fn optional_integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Value::deserialize(deserializer)? {
        value if is_nothing(&value) => Ok(None),
        value => integer(value).map(Some).map_err(D::Error::custom),
    }
}

/// A truth value: also `0`/`1`, `"0"`/`"1"`, `"true"`/`"false"`, `"yes"`/`"no"`; `null`, `""` and `[]` are false.
///
/// # Errors
/// When the value is none of these.
pub fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Bool(value) => Ok(value),
        Value::Null => Ok(false),
        Value::Array(list) if list.is_empty() => Ok(false),
        Value::Number(number) => Ok(number.as_f64().is_some_and(|n| n != 0.0)),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "" | "0" | "false" | "no" | "off" => Ok(false),
            "1" | "true" | "yes" | "on" => Ok(true),
            _ => Err(D::Error::invalid_value(Unexpected::Str(&text), &"a truth value")),
        },
        other => Err(D::Error::custom(format_args!(
            "{} where a truth value is due",
            kind(&other)
        ))),
    }
}

/// Text, or a number written as text; `null` and `false` are the empty text.
///
/// # Errors
/// When the value is a list or a map with content.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(true) => Ok("1".to_owned()),
        value if is_nothing(&value) => Ok(String::new()),
        other => Err(D::Error::custom(format_args!("{} where text is due", kind(&other)))),
    }
}

/// As [`text`], with nothing as "none".
///
/// # Errors
/// When the value is a list or a map with content.
pub fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(text(deserializer)?).filter(|text| !text.is_empty()))
}

/// A value, where `null`, `false`, `""` and `[]` are "none".
///
/// # Errors
/// When there is a value and it does not fit.
pub fn optional<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    match Value::deserialize(deserializer)? {
        value if is_nothing(&value) => Ok(None),
        value => serde_json::from_value(value).map(Some).map_err(D::Error::custom),
    }
}

/// A map; an empty list, `null`, `false` and `""` are the empty one. A list with content gets its positions as keys,
/// because PHP writes a map with the keys 0, 1, 2 so.
///
/// # Errors
/// When a value does not fit.
pub fn map<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error> {
    match Value::deserialize(deserializer)? {
        value if is_nothing(&value) => Ok(BTreeMap::new()),
        Value::Array(list) => list
            .into_iter()
            .enumerate()
            .map(|(position, item)| Ok((position.to_string(), serde_json::from_value(item)?)))
            .collect::<Result<_, serde_json::Error>>()
            .map_err(D::Error::custom),
        value => serde_json::from_value(value).map_err(D::Error::custom),
    }
}

/// A list; a map counts as the list of its values (PHP writes a list with gaps so); `null`, `false`, `""` and `{}`
/// are the empty one.
///
/// # Errors
/// When an element does not fit, or the value is a scalar.
pub fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let value = match Value::deserialize(deserializer)? {
        value if is_nothing(&value) => return Ok(Vec::new()),
        Value::Object(map) => Value::Array(map.into_iter().map(|(_, value)| value).collect()),
        value => value,
    };
    serde_json::from_value(value).map_err(D::Error::custom)
}

/// An object, also when it comes as the only element of a list (some answers of Notes 5 do).
///
/// # Errors
/// When the list has another length, or the object does not fit.
pub fn one<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    let value = match Value::deserialize(deserializer)? {
        Value::Array(mut list) if list.len() == 1 => list.remove(0),
        value => value,
    };
    // Without this look, a list of scalars would be read as the object's fields in order.
    if !value.is_object() {
        return Err(D::Error::custom(format_args!(
            "{} where an object is due",
            kind(&value)
        )));
    }
    serde_json::from_value(value).map_err(D::Error::custom)
}

/// Whether PHP may have meant "nothing" by it.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

struct IntegerVisitor;

impl Visitor<'_> for IntegerVisitor {
    type Value = i64;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a whole number, or text that is one")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
        // PHP writes sizes above 2^31 on 32-bit builds, and some sums, as floats; exact up to 2^53.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked to be whole and exactly representable"
        )]
        if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 {
            Ok(value as i64)
        } else {
            Err(E::invalid_value(Unexpected::Float(value), &self))
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<i64, E> {
        value
            .trim()
            .parse()
            .map_err(|_| E::invalid_value(Unexpected::Str(value), &self))
    }
}

#[cfg(test)]
mod tests;
