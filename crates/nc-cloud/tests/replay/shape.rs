//! The shape of a body: which keys, which types; never which texts.

use quick_xml::{Reader, events::Event};
use serde_json::{Map, Value};

/// The differences between two shapes, each beginning with the path where it is.
pub(crate) fn differences(recorded: &Value, ours: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(recorded, ours, "", &mut found);
    found
}

fn compare(recorded: &Value, ours: &Value, path: &str, found: &mut Vec<String>) {
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            for (key, value) in recorded {
                match ours.get(key) {
                    Some(other) => compare(value, other, &format!("{path}/{key}"), found),
                    None => found.push(format!("{path}/{key} is missing")),
                }
            }
            for key in ours.keys().filter(|key| !recorded.contains_key(*key)) {
                found.push(format!("{path}/{key} is not in the recording"));
            }
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            if let (Some(recorded), Some(ours)) = (recorded.first(), ours.first()) {
                compare(recorded, ours, &format!("{path}[]"), found);
            }
        }
        _ if kind(recorded) == kind(ours) => {}
        _ => found.push(format!(
            "{path} is {} in the recording, {} here",
            kind(recorded),
            kind(ours)
        )),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// An XML document as a tree of objects, lists for repeated names, and texts.
pub(crate) fn xml(text: &str) -> Value {
    let mut reader = Reader::from_str(text);
    reader.config_mut().trim_text(true);
    let mut stack = vec![Map::new()];
    let mut names = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                names.push(start.name().as_ref().to_owned());
                stack.push(Map::new());
            }
            Event::End(_) => {
                let children = stack.pop().unwrap();
                let value = if children.is_empty() {
                    Value::String(String::new())
                } else {
                    Value::Object(children)
                };
                insert(stack.last_mut().unwrap(), names.pop().unwrap(), value);
            }
            Event::Empty(empty) => {
                let name = empty.name().as_ref().to_owned();
                insert(stack.last_mut().unwrap(), name, Value::String(String::new()));
            }
            Event::Eof => return Value::Object(stack.pop().unwrap()),
            _ => {}
        }
    }
}

fn insert(parent: &mut Map<String, Value>, name: String, value: Value) {
    if name == "element" {
        // A list's members: how many there are says nothing about the shape.
        parent.insert(name, value);
        return;
    }
    assert!(parent.insert(name.clone(), value).is_none(), "{name} twice");
}

#[test]
fn shapes_differ_by_key_and_type_and_not_by_text() {
    let recorded = serde_json::json!({"a": 1, "b": {"c": "x"}, "d": [{"e": 1}]});
    assert!(differences(&recorded, &serde_json::json!({"a": 2, "b": {"c": "y"}, "d": []})).is_empty());
    let other = serde_json::json!({"a": "2", "b": {}, "d": [{"e": 1, "f": 1}]});
    assert_eq!(
        differences(&recorded, &other),
        [
            "/a is number in the recording, text here",
            "/b/c is missing",
            "/d[]/f is not in the recording"
        ]
    );
}
