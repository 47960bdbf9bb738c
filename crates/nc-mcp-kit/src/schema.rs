//! JSON Schemas as clients of all kinds can read them.
//!
//! What schemars writes is right but wide: `$schema` in every schema, `format: uint32`, `default: null`, and
//! nullable types as arrays, which some model providers cannot read. Done once, at start.

use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

/// Which way the values of a schema travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Arguments: optional means absent, unknown names are refused.
    Input,
    /// Results: optional may be null.
    Output,
}

/// The schema of `T`, inlined and reduced to what clients understand.
pub fn schema_of<T: JsonSchema>(direction: Direction) -> Arc<JsonObject> {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let settings = match direction {
        Direction::Input => settings.for_deserialize(),
        Direction::Output => settings.for_serialize(),
    };
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    reduce(&mut schema, direction);
    let mut object = match schema {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    };
    object.remove("$schema");
    object.remove("title");
    // The type's own documentation speaks to programmers; the tool's description speaks to the model.
    object.remove("description");
    if direction == Direction::Input {
        object.entry("type").or_insert_with(|| "object".into());
        object
            .entry("properties")
            .or_insert_with(|| Value::Object(JsonObject::new()));
        object.insert("additionalProperties".into(), false.into());
    }
    Arc::new(object)
}

/// The outline of a result's schema: the names of its own fields. It holds for every value that the whole schema holds for.
/// Lists of tools carry it, because every model pays for every word of them.
pub(crate) fn outline(schema: &JsonObject) -> JsonObject {
    let mut outline = JsonObject::new();
    outline.insert("type".into(), "object".into());
    if let Some(Value::Object(properties)) = schema.get("properties") {
        let fields = properties.keys().map(|name| (name.clone(), json!({})));
        outline.insert("properties".into(), Value::Object(fields.collect()));
    }
    outline
}

/// The schema of arguments as lists carry it: without what says nothing to a model, defaults that are empty and lengths that
/// only forbid the empty text. Calls are held to the whole schema.
pub(crate) fn brief(schema: &JsonObject) -> JsonObject {
    let says_nothing = |name: &str, value: &Value| match name {
        "default" => *value == json!("") || *value == json!(false) || *value == json!(0),
        "minLength" => *value == json!(1),
        "minimum" => *value == json!(0),
        _ => false,
    };
    let kept = schema.iter().filter(|(name, value)| !says_nothing(name, value));
    let kept = kept.map(|(name, value)| match (name.as_str(), value) {
        ("properties", Value::Object(properties)) => {
            let properties = properties.iter().map(|(name, schema)| {
                let schema = schema
                    .as_object()
                    .map_or_else(|| schema.clone(), |schema| Value::Object(brief(schema)));
                (name.clone(), schema)
            });
            (name.clone(), Value::Object(properties.collect()))
        }
        ("items", Value::Object(items)) => (name.clone(), Value::Object(brief(items))),
        _ => (name.clone(), value.clone()),
    });
    kept.collect()
}

fn reduce(schema: &mut Value, direction: Direction) {
    match schema {
        Value::Object(object) => {
            if object
                .get("format")
                .and_then(Value::as_str)
                .is_some_and(is_number_format)
            {
                object.remove("format");
            }
            if object.get("default").is_some_and(Value::is_null) {
                object.remove("default");
            }
            if direction == Direction::Input {
                drop_null(object);
            }
            for (name, value) in object.iter_mut() {
                match (name.as_str(), value) {
                    // These hold values, not schemas.
                    ("default" | "enum" | "const" | "examples" | "required", _) => {}
                    ("properties", Value::Object(properties)) => {
                        properties.values_mut().for_each(|property| reduce(property, direction));
                    }
                    (_, value) => reduce(value, direction),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| reduce(item, direction)),
        _ => {}
    }
}

/// An optional argument may be left out, so its schema need not name null as well.
fn drop_null(object: &mut JsonObject) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [kind] = types.as_slice() {
            let kind = kind.clone();
            object.insert("type".into(), kind);
        }
    }
    if let Some(Value::Array(variants)) = object.get_mut("anyOf") {
        variants.retain(|variant| variant.get("type").is_none_or(|kind| kind != "null"));
        if let [Value::Object(only)] = variants.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            for (name, value) in only {
                object.entry(name).or_insert(value);
            }
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

fn is_number_format(format: &str) -> bool {
    matches!(format, "uint" | "int" | "float" | "double")
        || format
            .strip_prefix("uint")
            .or_else(|| format.strip_prefix("int"))
            .is_some_and(|bits| bits.parse::<u8>().is_ok())
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Auto,
        Raw,
    }

    /// For programmers.
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Sample {
        /// The id.
        id: u64,
        limit: Option<u32>,
        mode: Option<Mode>,
        #[serde(default)]
        deep: bool,
    }

    #[test]
    fn input_schemas_are_plain() {
        let schema = Value::Object((*schema_of::<Sample>(Direction::Input)).clone());
        assert_eq!(
            schema,
            json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["id"],
                "properties": {
                    "id": { "type": "integer", "minimum": 0, "description": "The id." },
                    "limit": { "type": "integer", "minimum": 0 },
                    "mode": { "type": "string", "enum": ["auto", "raw"] },
                    "deep": { "type": "boolean", "default": false },
                },
            })
        );
    }

    #[derive(Serialize, JsonSchema)]
    struct Nested {
        /// Everything that was found.
        found: Vec<Sample>,
        one: Option<Sample>,
        many: Option<u32>,
    }

    #[test]
    fn an_outline_has_the_names_of_the_fields_and_nothing_more() {
        let outline = Value::Object(outline(&schema_of::<Nested>(Direction::Output)));
        assert_eq!(
            outline,
            json!({
                "type": "object",
                "properties": { "found": {}, "one": {}, "many": {} },
            })
        );
    }

    #[test]
    fn a_brief_schema_leaves_out_what_says_nothing() {
        let schema = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["default"],
            "properties": {
                "default": { "type": "string", "minLength": 1, "maxLength": 5, "default": "" },
                "items": { "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 9, "default": 3 } },
            },
        });
        assert_eq!(
            Value::Object(brief(schema.as_object().expect("an object"))),
            json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["default"],
                "properties": {
                    "default": { "type": "string", "maxLength": 5 },
                    "items": { "type": "array", "items": { "type": "integer", "maximum": 9, "default": 3 } },
                },
            })
        );
    }

    #[test]
    fn output_schemas_keep_null() {
        let schema = schema_of::<Sample>(Direction::Output);
        assert_eq!(schema["properties"]["limit"]["type"], json!(["integer", "null"]));
    }
}
