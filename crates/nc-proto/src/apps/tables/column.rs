use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Number, Value};

use super::{ColumnId, ColumnSetting, TableId};
use crate::tolerant;

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `text`, `line`: one line.
    Line,
    /// `text`, `long`: several lines; older.
    Long,
    /// `text`, `rich`: Markdown.
    Rich,
    /// `text`, `link`: an address with a title.
    Link,
    /// `number`.
    Number,
    /// `number`, `stars`: 0 to 5.
    Stars,
    /// `number`, `progress`: 0 to 100.
    Progress,
    /// `selection`: the number of one option.
    Select,
    /// `selection`, `multi`: the numbers of several options.
    Multi,
    /// `selection`, `check`: the text `true` or `false`.
    Check,
    /// `datetime`: `YYYY-MM-DD HH:MM`, without zone.
    DateTime,
    /// `datetime`, `date`: `YYYY-MM-DD`.
    Date,
    /// `datetime`, `time`: `HH:MM`.
    Time,
    /// `usergroup`: accounts, groups and teams.
    UserGroup,
    /// One that this program does not know.
    Other,
}

impl Kind {
    /// Every kind that can be made.
    pub const ALL: &[Self] = &[
        Self::Line,
        Self::Long,
        Self::Rich,
        Self::Link,
        Self::Number,
        Self::Stars,
        Self::Progress,
        Self::Select,
        Self::Multi,
        Self::Check,
        Self::DateTime,
        Self::Date,
        Self::Time,
        Self::UserGroup,
    ];

    /// The kind with these two words of the wire format.
    pub fn of(kind: &str, subtype: &str) -> Self {
        match (kind, subtype) {
            ("text", "line" | "") => Self::Line,
            ("text", "long") => Self::Long,
            ("text", "rich") => Self::Rich,
            ("text", "link") => Self::Link,
            ("number", "") => Self::Number,
            ("number", "stars") => Self::Stars,
            ("number", "progress") => Self::Progress,
            ("selection", "") => Self::Select,
            ("selection", "multi") => Self::Multi,
            ("selection", "check") => Self::Check,
            ("datetime", "") => Self::DateTime,
            ("datetime", "date") => Self::Date,
            ("datetime", "time") => Self::Time,
            ("usergroup", "") => Self::UserGroup,
            _ => Self::Other,
        }
    }

    /// Type and subtype.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Line => ("text", "line"),
            Self::Long => ("text", "long"),
            Self::Rich => ("text", "rich"),
            Self::Link => ("text", "link"),
            Self::Number => ("number", ""),
            Self::Stars => ("number", "stars"),
            Self::Progress => ("number", "progress"),
            Self::Select => ("selection", ""),
            Self::Multi => ("selection", "multi"),
            Self::Check => ("selection", "check"),
            Self::DateTime => ("datetime", ""),
            Self::Date => ("datetime", "date"),
            Self::Time => ("datetime", "time"),
            Self::UserGroup => ("usergroup", ""),
            Self::Other => ("", ""),
        }
    }
}

/// A choice of a selection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectionOption {
    /// Its number, unique in the column; cells hold it.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: i64,
    /// Its text for people.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub label: String,
    /// Whether it can no longer be chosen.
    #[serde(
        default,
        deserialize_with = "tolerant::boolean",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub deleted: bool,
}

/// A column. Settings of other types than its own are nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Column {
    /// Its number.
    pub id: ColumnId,
    /// The table that it belongs to.
    pub table_id: TableId,
    /// Its title; several columns of a table may have the same.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub title: String,
    /// Account that made it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub created_by: String,
    /// Its name for people.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub created_by_display_name: String,
    /// When.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub created_at: String,
    /// Account that changed it last.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub last_edit_by: String,
    /// Its name for people.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub last_edit_by_display_name: String,
    /// When.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub last_edit_at: String,
    /// Its place in the view that was asked for.
    #[serde(default, deserialize_with = "tolerant::optional")]
    pub view_column_information: Option<ColumnSetting>,
    /// `text`, `number`, `selection`, `datetime` or `usergroup`.
    #[serde(default, rename = "type", deserialize_with = "tolerant::text")]
    pub kind: String,
    /// Which of that type; see [`Kind`].
    #[serde(default, deserialize_with = "tolerant::text")]
    pub subtype: String,
    /// Whether every row needs a value.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub mandatory: bool,
    /// A text about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
    /// What the web interface offers for a new row.
    #[serde(default, deserialize_with = "number")]
    pub number_default: Option<Number>,
    /// Least number.
    #[serde(default, deserialize_with = "number")]
    pub number_min: Option<Number>,
    /// Largest number.
    #[serde(default, deserialize_with = "number")]
    pub number_max: Option<Number>,
    /// Digits after the point.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub number_decimals: Option<i64>,
    /// Shown before numbers.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub number_prefix: String,
    /// Shown behind numbers.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub number_suffix: String,
    /// What the web interface offers for a new row.
    #[serde(default, deserialize_with = "nullable_text")]
    pub text_default: Option<String>,
    /// A regular expression that texts match; kinds of address for links.
    #[serde(default, deserialize_with = "nullable_text")]
    pub text_allowed_pattern: Option<String>,
    /// Most characters.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub text_max_length: Option<i64>,
    /// Whether no two rows may have the same text.
    #[serde(default, deserialize_with = "nullable_boolean")]
    pub text_unique: Option<bool>,
    /// The choices.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub selection_options: Vec<SelectionOption>,
    /// What the web interface offers for a new row: a number, a list of them as JSON, or `true`.
    #[serde(default, deserialize_with = "nullable_text")]
    pub selection_default: Option<String>,
    /// What the web interface offers for a new row: `now`, `today` or nothing.
    #[serde(default, deserialize_with = "nullable_text")]
    pub datetime_default: Option<String>,
    /// What the web interface offers for a new row.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub usergroup_default: Vec<Value>,
    /// Whether a cell may name several.
    #[serde(default, deserialize_with = "nullable_boolean")]
    pub usergroup_multiple_items: Option<bool>,
    /// Whether accounts can be chosen.
    #[serde(default, deserialize_with = "nullable_boolean")]
    pub usergroup_select_users: Option<bool>,
    /// Whether groups can be chosen.
    #[serde(default, deserialize_with = "nullable_boolean")]
    pub usergroup_select_groups: Option<bool>,
    /// Whether teams can be chosen.
    #[serde(default, deserialize_with = "nullable_boolean")]
    pub usergroup_select_teams: Option<bool>,
    /// Whether the web interface shows who is online.
    #[serde(default, deserialize_with = "nullable_boolean")]
    pub show_user_status: Option<bool>,
    /// Settings of the web interface.
    #[serde(default, deserialize_with = "settings")]
    pub custom_settings: Map<String, Value>,
}

impl Column {
    /// What its cells hold.
    pub fn kind(&self) -> Kind {
        Kind::of(&self.kind, &self.subtype)
    }

    /// The option with this number.
    pub fn option(&self, id: i64) -> Option<&SelectionOption> {
        self.selection_options.iter().find(|option| option.id == id)
    }
}

/// What a new column is made of, as version 2 of the interface takes it; version 1 takes the same with a `type`.
#[derive(Debug, Clone, PartialEq)]
pub struct NewColumn {
    /// Its title.
    pub title: String,
    /// What its cells hold.
    pub kind: Kind,
    /// Whether every row needs a value.
    pub mandatory: bool,
    /// A text about it.
    pub description: String,
    /// The settings of its type, by their names on the wire.
    pub settings: Map<String, Value>,
}

impl NewColumn {
    /// One without settings.
    pub fn new(title: impl Into<String>, kind: Kind) -> Self {
        Self {
            title: title.into(),
            kind,
            mandatory: false,
            description: String::new(),
            settings: Map::new(),
        }
    }

    /// The same with a setting.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.settings.insert(name.to_owned(), value.into());
        self
    }

    /// The same with choices, numbered from 0. On the wire they are JSON in a text.
    #[must_use]
    pub fn with_options(self, labels: &[&str]) -> Self {
        let options: Vec<Value> = labels
            .iter()
            .enumerate()
            .map(|(id, label)| serde_json::json!({ "id": id, "label": label }))
            .collect();
        self.with("selectionOptions", Value::Array(options).to_string())
    }

    /// The fields that both versions of the interface have.
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields = self.settings.clone();
        fields.insert("title".to_owned(), self.title.as_str().into());
        fields.insert("mandatory".to_owned(), self.mandatory.into());
        fields.insert("description".to_owned(), self.description.as_str().into());
        let (_, subtype) = self.kind.words();
        if !subtype.is_empty() {
            fields.insert("subtype".to_owned(), subtype.into());
        }
        fields
    }
}

/// A number, or text that is one. Kept as it was written: 1 stays 1.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Number>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Number(number) => Ok(Some(number)),
        Value::String(text) if !text.trim().is_empty() => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| serde::de::Error::custom("text where a number is due")),
        _ => Ok(None),
    }
}

/// An empty text is a text here, not nothing.
fn nullable_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null | Value::Bool(false) => Ok(None),
        // The default of a selection of several is a list in some versions.
        Value::Array(list) => Ok(Some(Value::Array(list).to_string())),
        value => tolerant::text(value).map(Some).map_err(serde::de::Error::custom),
    }
}

fn nullable_boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        value => tolerant::boolean(value).map(Some).map_err(serde::de::Error::custom),
    }
}

/// PHP writes an empty map as `[]`.
fn settings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    Ok(tolerant::optional(deserializer)?.unwrap_or_default())
}
