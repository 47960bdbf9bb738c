//! Which rows a view shows, and in which order.

use std::cmp::Ordering;

use nc_proto::apps::tables::{Column, ColumnId, Condition, Kind, Sort};
use serde_json::Value;

use super::{desk::time_text, rows::RowRecord, value::is_blank};

/// Every operator that there is.
pub(super) const OPERATORS: &[&str] = &[
    "begins-with",
    "ends-with",
    "contains",
    "does-not-contain",
    "is-equal",
    "is-not-equal",
    "is-greater-than",
    "is-greater-than-or-equal",
    "is-lower-than",
    "is-lower-than-or-equal",
    "is-empty",
    "is-not-empty",
];

/// What every row has: number, who made it, who changed it last, when it was made and changed.
pub(super) const META: [i64; 5] = [-1, -2, -3, -4, -5];

/// Who asks, when, and the columns of the table: what conditions are judged with.
pub(super) struct Judge<'a> {
    pub(super) user: &'a str,
    pub(super) display_name: &'a str,
    pub(super) now: i64,
    pub(super) columns: &'a [Column],
}

impl Judge<'_> {
    /// Whether a row meets every condition of at least one group; without any, all rows do.
    pub(super) fn shows(&self, filter: &[Vec<Condition>], row: &RowRecord) -> bool {
        let mut groups = filter.iter().filter(|group| !group.is_empty()).peekable();
        groups.peek().is_none() || groups.any(|group| group.iter().all(|condition| self.holds(condition, row)))
    }

    pub(super) fn sort(&self, sort: &[Sort], rows: &mut [RowRecord]) {
        rows.sort_by(|a, b| {
            let by_rules = sort.iter().map(|rule| {
                let order = compare_blank_last(&self.value(rule.column_id, a), &self.value(rule.column_id, b));
                match (rule.mode.as_str(), order) {
                    ("DESC", Ordered::Valued(order)) => order.reverse(),
                    (_, Ordered::Valued(order) | Ordered::Blank(order)) => order,
                }
            });
            by_rules.fold(Ordering::Equal, Ordering::then).then(a.id.cmp(&b.id))
        });
    }

    fn column(&self, id: ColumnId) -> Option<&Column> {
        self.columns.iter().find(|column| column.id == id)
    }

    fn value(&self, id: ColumnId, row: &RowRecord) -> Value {
        match id.0 {
            -1 => row.id.into(),
            -2 => row.created_by.as_str().into(),
            -3 => row.changed_by.as_str().into(),
            -4 => time_text(row.created_at).into(),
            -5 => time_text(row.changed_at).into(),
            _ if self.column(id).is_some() => row.value(id).cloned().unwrap_or_default(),
            _ => Value::Null,
        }
    }

    fn holds(&self, condition: &Condition, row: &RowRecord) -> bool {
        let cell = self.value(condition.column_id, row);
        let kind = self.column(condition.column_id).map(Column::kind);
        let wanted = self.meaning(&condition.value);
        match condition.operator.as_str() {
            "is-empty" => is_blank(&cell),
            "is-not-empty" => !is_blank(&cell),
            "is-equal" => equals(kind, &cell, &wanted),
            "is-not-equal" => !equals(kind, &cell, &wanted),
            "contains" => contains(&cell, &wanted),
            "does-not-contain" => !contains(&cell, &wanted),
            "begins-with" => texts(&cell, &wanted, |cell, wanted| cell.starts_with(wanted)),
            "ends-with" => texts(&cell, &wanted, |cell, wanted| cell.ends_with(wanted)),
            operator => match (operator, compare(&cell, &wanted)) {
                ("is-greater-than", Some(order)) => order == Ordering::Greater,
                ("is-greater-than-or-equal", Some(order)) => order != Ordering::Less,
                ("is-lower-than", Some(order)) => order == Ordering::Less,
                ("is-lower-than-or-equal", Some(order)) => order != Ordering::Greater,
                _ => false,
            },
        }
    }

    /// The words with a meaning.
    fn meaning(&self, value: &Value) -> Value {
        let Some(word) = value.as_str().and_then(|text| text.strip_prefix('@')) else {
            return value.clone();
        };
        let number = |prefix: &str| word.strip_prefix(prefix).and_then(|rest| rest.parse::<i64>().ok());
        let now = time_text(self.now);
        match word {
            "me" => self.user.into(),
            "my-name" => self.display_name.into(),
            "checked" => "true".into(),
            "unchecked" => "false".into(),
            "datetime-date-today" => now[..10].into(),
            "datetime-date-start-of-month" => format!("{}01", &now[..8]).into(),
            "datetime-date-start-of-year" => format!("{}01-01", &now[..5]).into(),
            "datetime-time-now" => now[11..16].into(),
            "datetime-now" => now[..16].into(),
            _ => number("selection-id-")
                .or_else(|| number("stars-"))
                .map_or_else(|| value.clone(), Value::from),
        }
    }
}

enum Ordered {
    Valued(Ordering),
    /// One of them is no value: those come last, whichever way is sorted.
    Blank(Ordering),
}

fn compare_blank_last(a: &Value, b: &Value) -> Ordered {
    match (is_blank(a), is_blank(b)) {
        (false, false) => Ordered::Valued(compare(a, b).unwrap_or(Ordering::Equal)),
        (a, b) => Ordered::Blank(a.cmp(&b)),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// Numbers as numbers, texts by their letters; nothing is neither more nor less.
fn compare(cell: &Value, wanted: &Value) -> Option<Ordering> {
    match (cell, wanted) {
        (Value::Number(_), _) => number(cell)?.partial_cmp(&number(wanted)?),
        (Value::String(cell), Value::String(wanted)) => Some(cell.to_lowercase().cmp(&wanted.to_lowercase())),
        (Value::String(cell), Value::Number(wanted)) => Some(cell.as_str().cmp(wanted.to_string().as_str())),
        _ => None,
    }
}

fn equals(kind: Option<Kind>, cell: &Value, wanted: &Value) -> bool {
    match (kind, cell) {
        // A mark that was never set is not set.
        (Some(Kind::Check), Value::Null) => wanted == "false",
        (_, Value::Number(_)) => compare(cell, wanted) == Some(Ordering::Equal),
        (_, Value::Array(_)) => contains(cell, wanted),
        (_, Value::String(text)) => match wanted {
            Value::Number(number) => *text == number.to_string(),
            wanted => wanted.as_str() == Some(text),
        },
        _ => false,
    }
}

/// Part of a text, in any case; a member of a list: an option's number, an account's or group's id.
fn contains(cell: &Value, wanted: &Value) -> bool {
    match cell {
        Value::Array(items) => items.iter().any(|item| match item {
            Value::Object(member) => member.get("id") == Some(wanted),
            Value::Number(_) => number(item).is_some() && number(item) == number(wanted),
            _ => false,
        }),
        _ => texts(cell, wanted, |cell, wanted| cell.contains(wanted)),
    }
}

fn texts(cell: &Value, wanted: &Value, judge: fn(&str, &str) -> bool) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.to_lowercase()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match (text(cell), text(wanted)) {
        (Some(cell), Some(wanted)) => judge(&cell, &wanted),
        _ => false,
    }
}
