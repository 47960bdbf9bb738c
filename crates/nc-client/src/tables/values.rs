//! From what a caller writes, columns by title or number and values in the words of people, to what is sent.

use std::collections::BTreeMap;

use nc_proto::apps::tables::{CellError, Column, Kind, RowData};
use regex::RegexBuilder;
use serde_json::{Map, Value};

use crate::Error;

/// Memory that a column's pattern may take; somebody else may have written it.
const PATTERN_BYTES: usize = 1 << 20;

/// Most columns that a refusal names.
const MOST_NAMED: usize = 60;

/// The value on the wire for what a person wrote, if the column takes it.
///
/// # Errors
/// When it does not: the text names the column and what it takes.
pub fn check_cell(column: &Column, given: &Value) -> Result<Value, CellError> {
    let wire = column.to_wire(given)?;
    let pattern = match column.kind() {
        Kind::Line | Kind::Long => column
            .text_allowed_pattern
            .as_deref()
            .filter(|pattern| !pattern.is_empty()),
        _ => None,
    };
    if let (Some(pattern), Value::String(text)) = (pattern, &wire)
        && !text.is_empty()
        // One that this program cannot read is left to the server to judge.
        && let Ok(expression) = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build()
        && !expression.is_match(text)
    {
        return Err(column.refuse(format!("takes text that matches the pattern {pattern}")));
    }
    Ok(wire)
}

/// The values for a row, checked against the columns. `is_new` asks for those that every row needs.
///
/// A column is named by its title, in its own case, or by its number.
///
/// # Errors
/// [`Error::InvalidInput`] that names the column, what it takes, and for an unknown one those that there are.
pub fn row_data(columns: &[Column], given: &Map<String, Value>, is_new: bool) -> Result<RowData, Error> {
    let refuse = |why: String| Error::invalid("data", why);
    let mut data = BTreeMap::new();
    for (name, value) in given {
        let column = find(columns, name).map_err(refuse)?;
        if column.view_column_information.is_some_and(|place| place.readonly) {
            return Err(refuse(column.refuse("cannot be changed through this view").to_string()));
        }
        let wire = check_cell(column, value).map_err(|error| refuse(error.to_string()))?;
        if data.insert(column.id, wire).is_some() {
            return Err(refuse(column.refuse("is named twice, by title and by id").to_string()));
        }
    }
    if !is_new {
        return if data.is_empty() {
            Err(refuse("name at least one column".to_owned()))
        } else {
            Ok(RowData(data))
        };
    }
    let needed =
        |column: &&Column| column.mandatory || column.view_column_information.is_some_and(|place| place.mandatory);
    let missing: Vec<String> = columns
        .iter()
        .filter(needed)
        .filter(|column| data.get(&column.id).is_none_or(Value::is_null))
        .map(named)
        .collect();
    if missing.is_empty() {
        Ok(RowData(data))
    } else {
        Err(refuse(format!("a value is needed for {}", missing.join(", "))))
    }
}

fn find<'c>(columns: &'c [Column], name: &str) -> Result<&'c Column, String> {
    let titled: Vec<&Column> = columns.iter().filter(|column| column.title == name).collect();
    match titled.as_slice() {
        [column] => Ok(column),
        [] => {
            let numbered = columns.iter().find(|column| column.id.to_string() == name);
            numbered.ok_or_else(|| {
                let known: Vec<String> = columns.iter().take(MOST_NAMED).map(named).collect();
                format!("there is no column {name:?}; the columns are {}", known.join(", "))
            })
        }
        several => {
            let ids: Vec<String> = several.iter().map(|column| column.id.to_string()).collect();
            Err(format!(
                "several columns have the title {name:?}; name one by its id: {}",
                ids.join(", ")
            ))
        }
    }
}

fn named(column: &Column) -> String {
    format!("{:?} ({})", column.title, column.id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn columns() -> Vec<Column> {
        let columns = json!([
            { "id": 1, "tableId": 9, "title": "Name", "type": "text", "subtype": "line", "mandatory": true,
              "textAllowedPattern": "^[A-Z]" },
            { "id": 2, "tableId": 9, "title": "Twice", "type": "number" },
            { "id": 3, "tableId": 9, "title": "Twice", "type": "number" },
            { "id": 4, "tableId": 9, "title": "3", "type": "text", "subtype": "line" },
            { "id": 5, "tableId": 9, "title": "Look", "type": "text", "subtype": "line",
              "textAllowedPattern": "(?=unknown to us)" },
        ]);
        serde_json::from_value(columns).expect("columns")
    }

    fn refusal(given: &Value, is_new: bool) -> String {
        let given = given.as_object().expect("an object");
        row_data(&columns(), given, is_new).expect_err("refused").to_string()
    }

    #[test]
    fn p129_titles_are_taken_in_their_own_case_and_refused_when_there_are_two() {
        let given = json!({ "Name": "A", "2": 5 });
        let data = row_data(&columns(), given.as_object().expect("object"), true).expect("taken");
        assert_eq!(
            serde_json::to_value(&data).expect("JSON"),
            json!({ "data": { "1": "A", "2": 5 } })
        );
        assert_eq!(
            refusal(&json!({ "Twice": 1 }), false),
            "data: several columns have the title \"Twice\"; name one by its id: 2, 3"
        );
        assert!(
            refusal(&json!({ "name": "A" }), false)
                .contains("there is no column \"name\"; the columns are \"Name\" (1)")
        );
        // A title that is a number is a title first; the column of that number cannot be meant then.
        let given = json!({ "3": "text" });
        let data = row_data(&columns(), given.as_object().expect("object"), false).expect("taken");
        assert_eq!(
            serde_json::to_value(&data).expect("JSON"),
            json!({ "data": { "4": "text" } })
        );
        assert!(refusal(&json!({ "Name": "A", "1": "B" }), false).contains("is named twice"));
    }

    #[test]
    fn p133_what_every_row_needs_is_asked_for_before_anything_is_sent() {
        assert_eq!(refusal(&json!({}), true), "data: a value is needed for \"Name\" (1)");
        assert!(refusal(&json!({ "Name": "" }), false).contains("is mandatory"));
        assert!(refusal(&json!({}), false).contains("name at least one column"));
    }

    #[test]
    fn a_pattern_is_held_to_unless_it_cannot_be_read() {
        assert!(refusal(&json!({ "Name": "lower" }), true).contains("matches the pattern ^[A-Z]"));
        let given = json!({ "Look": "anything" });
        assert!(row_data(&columns(), given.as_object().expect("object"), false).is_ok());
    }

    #[test]
    fn a_view_keeps_its_read_only_columns() {
        let mut columns = columns();
        let place = json!({ "columnId": 2, "readonly": true });
        columns[1].view_column_information = serde_json::from_value(place).expect("a place");
        let given = json!({ "2": 1 });
        let error = row_data(&columns, given.as_object().expect("object"), false).expect_err("refused");
        assert!(
            error.to_string().contains("cannot be changed through this view"),
            "{error}"
        );
    }
}
