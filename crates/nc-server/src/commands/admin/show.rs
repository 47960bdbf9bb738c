use std::io;

use serde_json::Value;

use crate::commands::output;

/// Prints an outcome: as JSON, or as text with one fact a line and an empty line between things.
pub(in crate::commands) fn print(shown: &Value, json: bool) -> io::Result<()> {
    if json {
        return output::data(&shown.to_string());
    }
    let things = match shown {
        Value::Array(things) => things.iter().map(text).collect(),
        thing => vec![text(thing)],
    };
    let between = if things.iter().any(|thing| thing.contains('\n')) {
        "\n\n"
    } else {
        "\n"
    };
    output::data(&things.join(between))
}

fn text(thing: &Value) -> String {
    let Value::Object(members) = thing else {
        return word(thing);
    };
    let said = members.iter().filter(|(_, value)| !is_nothing(value));
    let lines = said.map(|(name, value)| format!("{name}: {}", word(value)));
    lines.collect::<Vec<_>>().join("\n")
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Array(items) => items.iter().map(word).collect::<Vec<_>>().join(" "),
        Value::Object(members) => match members.get("redirect_uri") {
            Some(Value::String(uri)) => plain(uri),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Names come from clients that registered themselves; a terminal would obey the control characters in them.
fn plain(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_says_nothing_is_left_out_and_control_characters_are_replaced() {
        let thing = json!({ "name": "a\u{1b}[2J", "groups": [], "disabled": false, "uris": [{ "redirect_uri": "https://a/" }], "id": 0 });
        assert_eq!(text(&thing), "id: 0\nname: a\u{fffd}[2J\nuris: https://a/");
    }
}
