//! Reading the fields of schema.org, which come in many forms: a text, a number, a list, an object with a name.

use serde_json::{Map, Value};

/// Deepest nesting of sections and steps that is followed.
const MAX_DEPTH: u32 = 16;

/// What a value says as one text: of an object its name, of a list its first element.
pub(super) fn text(value: &Value) -> String {
    text_within(value, MAX_DEPTH)
}

fn text_within(value: &Value, depth: u32) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) if depth > 0 => items
            .iter()
            .map(|item| text_within(item, depth - 1))
            .find(|text| !text.is_empty())
            .unwrap_or_default(),
        Value::Object(fields) if depth > 0 => ["@value", "text", "name", "url", "@id"]
            .iter()
            .filter_map(|name| fields.get(*name))
            .map(|value| text_within(value, depth - 1))
            .find(|text| !text.is_empty())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// What a value says as several texts: a text with several lines is several.
pub(super) fn texts(value: &Value) -> Vec<String> {
    let all: Vec<String> = match value {
        Value::Array(items) => items.iter().map(text).collect(),
        Value::String(text) => text.lines().map(|line| line.trim().to_owned()).collect(),
        // PHP writes a list with gaps as a map.
        Value::Object(fields) if !fields.is_empty() && fields.keys().all(|key| key.parse::<u32>().is_ok()) => {
            let mut numbered: Vec<_> = fields
                .iter()
                .filter_map(|(key, value)| Some((key.parse::<u32>().ok()?, text(value))))
                .collect();
            numbered.sort_by_key(|(position, _)| *position);
            numbered.into_iter().map(|(_, text)| text).collect()
        }
        value => vec![text(value)],
    };
    all.into_iter().filter(|text| !text.is_empty()).collect()
}

/// The steps of instructions: texts, `HowToStep`s and `HowToSection`s, whose name becomes a line of its own.
pub(super) fn instructions(value: &Value) -> Vec<String> {
    let mut steps = Vec::new();
    collect_steps(value, MAX_DEPTH, &mut steps);
    steps.retain(|step| !step.is_empty());
    steps
}

fn collect_steps(value: &Value, depth: u32, steps: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Array(items) => {
            for item in items {
                collect_steps(item, depth - 1, steps);
            }
        }
        Value::Object(fields) => match fields.get("itemListElement").or_else(|| fields.get("steps")) {
            Some(inner) if fields.get("text").is_none_or(|text| text.as_str() == Some("")) => {
                steps.push(fields.get("name").map(text).unwrap_or_default());
                collect_steps(inner, depth - 1, steps);
            }
            _ if !fields.is_empty() && fields.keys().all(|key| key.parse::<u32>().is_ok()) => {
                steps.extend(texts(value));
            }
            _ => steps.extend(fields.get("text").map_or_else(|| vec![text(value)], texts)),
        },
        value => steps.extend(texts(value)),
    }
}

/// Keywords of a list, or of a text with commas.
pub(super) fn keywords(value: &Value) -> Vec<String> {
    let parts = match value {
        Value::Array(items) => items.iter().map(text).collect(),
        value => vec![text(value)],
    };
    let mut keywords: Vec<String> = Vec::new();
    for keyword in parts.iter().flat_map(|part| part.split(',')).map(str::trim) {
        if !keyword.is_empty() && !keywords.iter().any(|known| known == keyword) {
            keywords.push(keyword.to_owned());
        }
    }
    keywords
}

/// The address of an image: a text, an `ImageObject`, or the first of a list.
pub(super) fn image(value: &Value) -> String {
    match value {
        Value::Array(items) => items
            .iter()
            .map(image)
            .find(|address| !address.is_empty())
            .unwrap_or_default(),
        Value::Object(fields) => ["contentUrl", "url"]
            .iter()
            .filter_map(|name| fields.get(*name))
            .map(text)
            .find(|address| !address.is_empty())
            .unwrap_or_default(),
        value => text(value),
    }
}

/// Nutrition values as texts. Its `@type` and unknown fields are left to the document.
pub(super) fn nutrition(value: &Value) -> Option<Map<String, Value>> {
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Array(items) => items.first()?.as_object()?,
        _ => return None,
    };
    let texts = fields
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .filter(|(_, text)| !text.is_empty());
    Some(texts.map(|(name, text)| (name, text.into())).collect())
}
