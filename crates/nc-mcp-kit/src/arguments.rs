//! Arguments as models really send them: checked against the tool's schema, mended where the meaning is plain.
//!
//! Numbers and booleans arrive as text, lists as JSON text, null for "not given". Unknown names are refused with
//! the nearest known one, and every refusal is in our own words.

use rmcp::model::JsonObject;
use serde_json::Value;

use crate::ToolError;

/// Names that are at most this far from a known one are taken for typing mistakes.
const SUGGESTION_DISTANCE: usize = 3;
/// Longer names are nobody's typing mistake: they are cut in the answer and not compared, which costs memory by length.
const LONGEST_NAME: usize = 80;

/// Checks `arguments` against the schema of a tool's input and mends what is plain.
///
/// # Errors
/// [`ToolError`] `invalid_argument`, naming the argument, what was wrong and what is allowed.
pub fn check(schema: &JsonObject, mut arguments: JsonObject) -> Result<JsonObject, ToolError> {
    let empty = JsonObject::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let closed = schema
        .get("additionalProperties")
        .is_some_and(|allowed| allowed == false);
    if closed && let Some(unknown) = arguments.keys().find(|name| !properties.contains_key(*name)) {
        return Err(ToolError::invalid_argument(unknown_name(unknown, properties)));
    }
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    // Null stands for "not given"; a required argument that is null is missing.
    arguments.retain(|_, value| !value.is_null());
    if let Some(missing) = required.iter().find(|name| !arguments.contains_key(**name)) {
        return Err(ToolError::invalid_argument(format!("argument `{missing}` is required")));
    }
    for (name, value) in &mut arguments {
        if let Some(property) = properties.get(name) {
            mend(property, value);
            verify(name, property, value)?;
        }
    }
    Ok(arguments)
}

fn unknown_name(name: &str, properties: &JsonObject) -> String {
    let whole = name;
    let name: String = whole.chars().take(LONGEST_NAME).collect();
    let name = name.as_str();
    let candidates = (name.len() == whole.len()).then(|| properties.keys());
    let nearest = candidates
        .into_iter()
        .flatten()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()
        .filter(|(distance, known)| *distance <= SUGGESTION_DISTANCE || known.contains(name) || name.contains(*known));
    match nearest {
        Some((_, known)) => format!("unknown argument `{name}`; did you mean `{known}`?"),
        None if properties.is_empty() => format!("unknown argument `{name}`; this tool takes no arguments"),
        None => {
            let known: Vec<_> = properties.keys().map(|known| format!("`{known}`")).collect();
            format!("unknown argument `{name}`; known are {}", known.join(", "))
        }
    }
}

fn kind(property: &Value) -> Option<&str> {
    property.get("type").and_then(Value::as_str)
}

fn mend(property: &Value, value: &mut Value) {
    let Value::String(text) = &*value else {
        // 5.0 for 5: some clients know only floats.
        if kind(property) == Some("integer")
            && let Some(number) = value.as_f64()
            && value.as_i64().is_none()
            && number.fract() == 0.0
            && number.abs() < 9e15
        {
            #[expect(clippy::cast_possible_truncation, reason = "whole and far below the limit")]
            let whole = number as i64;
            *value = whole.into();
        }
        return;
    };
    let mended = match kind(property) {
        Some("integer") => text.trim().parse::<i64>().ok().map(Value::from),
        Some("number") => text
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .map(Value::from),
        Some("boolean") => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(true.into()),
            "false" => Some(false.into()),
            _ => None,
        },
        Some("array") => serde_json::from_str(text).ok().filter(Value::is_array),
        Some("object") => serde_json::from_str(text).ok().filter(Value::is_object),
        _ => None,
    };
    if let Some(mended) = mended {
        *value = mended;
    }
}

fn verify(name: &str, property: &Value, value: &Value) -> Result<(), ToolError> {
    let fits = match kind(property) {
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    if !fits {
        let wanted = kind(property).unwrap_or("another value");
        let article = if wanted.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
        return Err(ToolError::invalid_argument(format!(
            "argument `{name}` must be {article} {wanted}, not {}",
            describe(value)
        )));
    }
    if let Some(allowed) = property.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let allowed: Vec<_> = allowed.iter().map(ToString::to_string).collect();
        return Err(ToolError::invalid_argument(format!(
            "argument `{name}` must be one of {}",
            allowed.join(", ")
        )));
    }
    // Ids and offsets are signed on the way to the cloud; what is larger is nobody's.
    if kind(property) == Some("integer") && value.as_i64().is_none() {
        return Err(ToolError::invalid_argument(format!("argument `{name}` is too large")));
    }
    let bound = |key: &str| property.get(key).and_then(Value::as_f64);
    if let Some(number) = value.as_f64() {
        if let Some(minimum) = bound("minimum").filter(|minimum| number < *minimum) {
            return Err(ToolError::invalid_argument(format!(
                "argument `{name}` must be at least {minimum}"
            )));
        }
        if let Some(maximum) = bound("maximum").filter(|maximum| number > *maximum) {
            return Err(ToolError::invalid_argument(format!(
                "argument `{name}` must be at most {maximum}"
            )));
        }
    }
    if let Some(text) = value.as_str() {
        let length = text.chars().count();
        let limit = |key: &str| {
            property
                .get(key)
                .and_then(Value::as_u64)
                .and_then(|limit| usize::try_from(limit).ok())
        };
        if limit("minLength").is_some_and(|minimum| length < minimum) {
            return Err(ToolError::invalid_argument(format!(
                "argument `{name}` must not be empty"
            )));
        }
        if let Some(maximum) = limit("maxLength").filter(|maximum| length > *maximum) {
            return Err(ToolError::invalid_argument(format!(
                "argument `{name}` has {length} characters, at most {maximum} are allowed"
            )));
        }
    }
    if let (Some(items), Some(values)) = (property.get("items"), value.as_array()) {
        for item in values {
            verify(name, items, item)?;
        }
    }
    Ok(())
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> JsonObject {
        let schema = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["note_id"],
            "properties": {
                "note_id": { "type": "integer", "minimum": 0 },
                "deep": { "type": "boolean" },
                "mode": { "type": "string", "enum": ["auto", "raw"] },
                "tags": { "type": "array", "items": { "type": "string" } },
                "title": { "type": "string", "minLength": 1, "maxLength": 5 },
            },
        });
        schema.as_object().expect("object").clone()
    }

    fn run(arguments: &Value) -> Result<Value, String> {
        let arguments = arguments.as_object().expect("object").clone();
        check(&schema(), arguments)
            .map(Value::Object)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn plain_mistakes_are_mended() {
        let given = json!({ "note_id": "12", "deep": "True", "tags": "[\"a\"]", "mode": null });
        assert_eq!(run(&given), Ok(json!({ "note_id": 12, "deep": true, "tags": ["a"] })));
        assert_eq!(run(&json!({ "note_id": 3.0 })), Ok(json!({ "note_id": 3 })));
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest() {
        insta::assert_snapshot!(run(&json!({ "noteid": 1 })).unwrap_err(), @"invalid_argument: unknown argument `noteid`; did you mean `note_id`?");
        insta::assert_snapshot!(run(&json!({ "note_id": 1, "colour": 1 })).unwrap_err(), @"invalid_argument: unknown argument `colour`; known are `deep`, `mode`, `note_id`, `tags`, `title`");
    }

    #[test]
    fn a_name_of_megabytes_is_neither_compared_nor_sent_back() {
        let given = json!({ "n".repeat(16 << 20): 1 });
        let error = run(&given).unwrap_err();
        assert!(error.len() < 300, "{}", error.len());
    }

    #[test]
    fn wrong_values_are_refused_by_name() {
        insta::assert_snapshot!(run(&json!({})).unwrap_err(), @"invalid_argument: argument `note_id` is required");
        insta::assert_snapshot!(run(&json!({ "note_id": null })).unwrap_err(), @"invalid_argument: argument `note_id` is required");
        insta::assert_snapshot!(run(&json!({ "note_id": "twelve" })).unwrap_err(), @"invalid_argument: argument `note_id` must be an integer, not text");
        insta::assert_snapshot!(run(&json!({ "note_id": 1.5 })).unwrap_err(), @"invalid_argument: argument `note_id` must be an integer, not a fraction");
        insta::assert_snapshot!(run(&json!({ "note_id": u64::MAX })).unwrap_err(), @"invalid_argument: argument `note_id` is too large");
        insta::assert_snapshot!(run(&json!({ "note_id": -1 })).unwrap_err(), @"invalid_argument: argument `note_id` must be at least 0");
        insta::assert_snapshot!(run(&json!({ "note_id": 1, "mode": "fast" })).unwrap_err(), @r#"invalid_argument: argument `mode` must be one of "auto", "raw""#);
        insta::assert_snapshot!(run(&json!({ "note_id": 1, "tags": [1] })).unwrap_err(), @"invalid_argument: argument `tags` must be a string, not a number");
        insta::assert_snapshot!(run(&json!({ "note_id": 1, "title": "" })).unwrap_err(), @"invalid_argument: argument `title` must not be empty");
        insta::assert_snapshot!(run(&json!({ "note_id": 1, "title": "sixsix" })).unwrap_err(), @"invalid_argument: argument `title` has 6 characters, at most 5 are allowed");
    }
}
