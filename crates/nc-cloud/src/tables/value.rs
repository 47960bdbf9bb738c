//! What of a value is stored. What does not fit is stored as nothing, as Nextcloud 32 does; the answer shows it.

use nc_proto::apps::tables::{Column, Kind, is_date, is_date_time, is_time};
use serde_json::{Value, json};

/// The form in which a value is stored.
pub(super) fn stored(column: &Column, given: &Value) -> Value {
    let kind = column.kind();
    match (kind, given) {
        (_, Value::Null) | (Kind::Other, _) => Value::Null,
        (Kind::Line | Kind::Long | Kind::Rich, value) => text(value),
        (Kind::Link, value) => link(&text(value)),
        (Kind::Number | Kind::Stars | Kind::Progress, value) => number(value),
        (Kind::Select, value) => option(column, value),
        (Kind::Multi, Value::Array(items)) => {
            let options: Vec<Value> = items.iter().map(|item| option(column, item)).collect();
            if options.contains(&Value::Null) {
                Value::Null
            } else {
                options.into()
            }
        }
        (Kind::Check, value) => check(value),
        (Kind::DateTime | Kind::Date | Kind::Time, Value::String(text)) => time(kind, text),
        (Kind::UserGroup, value) => people(value),
        (Kind::Multi | Kind::DateTime | Kind::Date | Kind::Time, _) => Value::Null,
    }
}

/// The value in the answer to a new row: the option of a selection comes back as text then, as recorded.
pub(super) fn echoed(column: &Column, stored: &Value) -> Value {
    match (column.kind(), stored) {
        (Kind::Select, Value::Number(id)) => id.to_string().into(),
        _ => stored.clone(),
    }
}

/// Whether it counts as no value.
pub(super) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Cells are shown in this order of types, then by column, as recorded.
pub(super) fn rank(column: &Column) -> u8 {
    match column.kind() {
        Kind::Line | Kind::Long | Kind::Rich | Kind::Link => 0,
        Kind::Number | Kind::Stars | Kind::Progress => 1,
        Kind::DateTime | Kind::Date | Kind::Time => 2,
        Kind::Select | Kind::Multi | Kind::Check => 3,
        Kind::UserGroup | Kind::Other => 4,
    }
}

fn text(value: &Value) -> Value {
    match value {
        Value::String(_) => value.clone(),
        Value::Number(number) => number.to_string().into(),
        Value::Bool(value) => value.to_string().into(),
        _ => Value::Null,
    }
}

/// JSON with title and address in a text, or an address alone, which is its own title then.
fn link(value: &Value) -> Value {
    let Value::String(text) = value else {
        return Value::Null;
    };
    if text.is_empty() {
        return value.clone();
    }
    if let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(text) {
        let is_link =
            fields.get("value").is_some_and(Value::is_string) && fields.get("title").is_some_and(Value::is_string);
        return if is_link { value.clone() } else { Value::Null };
    }
    if url::Url::parse(text).is_err() {
        return Value::Null;
    }
    let link = json!({ "title": text, "value": text, "providerId": "url" });
    link.to_string().into()
}

fn number(value: &Value) -> Value {
    match value {
        Value::Number(_) => value.clone(),
        Value::String(text) => {
            let number: Option<serde_json::Number> = text.trim().parse().ok();
            number.map_or(Value::Null, Value::Number)
        }
        _ => Value::Null,
    }
}

fn option(column: &Column, value: &Value) -> Value {
    let id = match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    };
    let known = id.filter(|id| column.option(*id).is_some());
    known.map_or(Value::Null, Value::from)
}

fn check(value: &Value) -> Value {
    match value {
        Value::Bool(value) => value.to_string().into(),
        Value::Number(number) => (number.as_f64() != Some(0.0)).to_string().into(),
        Value::String(text) => match text.as_str() {
            "true" | "1" => "true".into(),
            "false" | "0" | "" => "false".into(),
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}

/// To the minute and without zone. Longer forms of the same (with `T`, with seconds) are cut.
fn time(kind: Kind, text: &str) -> Value {
    let plain = text.replacen('T', " ", 1);
    let cut = |length: usize| plain.get(..length).unwrap_or(&plain).to_owned();
    let (text, fits) = match kind {
        Kind::Date => {
            let text = cut(10);
            let fits = is_date(&text);
            (text, fits)
        }
        Kind::Time => {
            let text = plain.rsplit(' ').next().unwrap_or_default();
            let text = text.get(..5).unwrap_or(text).to_owned();
            let fits = is_time(&text);
            (text, fits)
        }
        _ => {
            let text = cut(16);
            let fits = is_date_time(&text);
            (text, fits)
        }
    };
    if text.is_empty() || fits {
        text.into()
    } else {
        Value::Null
    }
}

/// Accounts (0), groups (1) and teams (2) by their ids; a single one counts as a list of one.
fn people(value: &Value) -> Value {
    let single = [value.clone()];
    let items = match value {
        Value::Array(items) => items.as_slice(),
        _ => single.as_slice(),
    };
    let people: Option<Vec<Value>> = items
        .iter()
        .map(|item| {
            let id = item.get("id")?.as_str().filter(|id| !id.is_empty())?;
            let kind = item.get("type")?.as_u64().filter(|kind| *kind <= 2)?;
            Some(json!({ "id": id, "type": kind }))
        })
        .collect();
    people.map_or(Value::Null, Value::Array)
}

#[cfg(test)]
mod tests {
    use nc_proto::apps::tables::Column;

    use super::*;

    fn column(kind: Kind) -> Column {
        let (kind, subtype) = kind.words();
        serde_json::from_value(json!({
            "id": 1, "tableId": 1, "type": kind, "subtype": subtype,
            "selectionOptions": [{ "id": 0, "label": "a" }, { "id": 1, "label": "b" }],
        }))
        .unwrap()
    }

    #[test]
    fn what_fits_is_stored_and_what_does_not_is_nothing() {
        for (kind, given, expected) in [
            (Kind::Line, json!("x"), json!("x")),
            (Kind::Line, json!(5), json!("5")),
            (Kind::Line, json!({}), Value::Null),
            (Kind::Number, json!("12.5"), json!(12.5)),
            (Kind::Number, json!("abc"), Value::Null),
            (Kind::Number, json!(true), Value::Null),
            (Kind::Select, json!("1"), json!(1)),
            (Kind::Select, json!(77), Value::Null),
            (Kind::Select, json!("b"), Value::Null),
            (Kind::Multi, json!([1, "0"]), json!([1, 0])),
            (Kind::Multi, json!([1, 77]), Value::Null),
            (Kind::Multi, json!(1), Value::Null),
            (Kind::Check, json!(true), json!("true")),
            (Kind::Check, json!("0"), json!("false")),
            (Kind::Check, json!("yes"), Value::Null),
            (Kind::DateTime, json!("2026-11-21T10:00:59Z"), json!("2026-11-21 10:00")),
            (Kind::DateTime, json!("2026-11-21"), Value::Null),
            (Kind::DateTime, json!("tomorrow at ünë"), Value::Null),
            (Kind::Date, json!("2026-11-21 10:00"), json!("2026-11-21")),
            (Kind::Date, json!("2026-02-30"), Value::Null),
            (Kind::Time, json!("10:30"), json!("10:30")),
            (Kind::Time, json!("24:30"), Value::Null),
            (
                Kind::Link,
                json!("https://example.org"),
                json!(r#"{"providerId":"url","title":"https://example.org","value":"https://example.org"}"#),
            ),
            (Kind::Link, json!("no address"), Value::Null),
            (Kind::Link, json!(r#"{"title":"x"}"#), Value::Null),
            (
                Kind::UserGroup,
                json!({ "id": "a", "type": 0, "displayName": "x" }),
                json!([{ "id": "a", "type": 0 }]),
            ),
            (Kind::UserGroup, json!([{ "id": "a", "type": 9 }]), Value::Null),
            (Kind::UserGroup, json!("a"), Value::Null),
        ] {
            let stored = stored(&column(kind), &given);
            assert_eq!(stored, expected, "{kind:?} {given}");
        }
    }
}
