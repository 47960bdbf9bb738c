use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Column, ColumnId, TableId, ViewId};
use crate::tolerant;

/// What rows are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// A table: all rows and columns.
    Table,
    /// A view: some rows and columns of a table.
    View,
}

impl NodeKind {
    /// As fields hold it: `table` or `view`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
        }
    }

    /// As paths hold it: `tables` or `views`.
    pub const fn collection(self) -> &'static str {
        match self {
            Self::Table => "tables",
            Self::View => "views",
        }
    }
}

/// What a person may do with a table that somebody shares; nothing about it for one's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of the wire format")]
pub struct Permissions {
    /// Read rows.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub read: bool,
    /// Add rows.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub create: bool,
    /// Change rows.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub update: bool,
    /// Delete rows.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub delete: bool,
    /// Change columns, views and shares.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub manage: bool,
}

/// A table, without its columns and rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the wire format")]
pub struct Table {
    /// Its number.
    pub id: TableId,
    /// Its title; may be empty, and several may have the same.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub title: String,
    /// A picture beside the title.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub emoji: Option<String>,
    /// Account that owns it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub ownership: String,
    /// The owner's name for people; empty in the answer to a deletion.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub owner_display_name: String,
    /// Account that made it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub created_by: String,
    /// When.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub created_at: String,
    /// Account that changed it last.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub last_edit_by: String,
    /// When.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub last_edit_at: String,
    /// Whether it is put away.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub archived: bool,
    /// Whether somebody else shares it with the asker.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub is_shared: bool,
    /// Whether the asker marked it.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub favorite: bool,
    /// What the asker may do, if somebody else shares it.
    #[serde(default, deserialize_with = "tolerant::optional")]
    pub on_share_permissions: Option<Permissions>,
    /// Whether the asker shares it.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub has_shares: bool,
    /// How many rows it has.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub rows_count: i64,
    /// How many columns it has.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub columns_count: i64,
    /// Its views.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub views: Vec<View>,
    /// A text about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
}

/// A column's place in a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnSetting {
    /// Which column.
    pub column_id: ColumnId,
    /// Place from the left.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub order: i64,
    /// Whether it cannot be changed through the view.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub readonly: bool,
    /// Whether rows made through the view need a value.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub mandatory: bool,
}

/// One condition of a view's filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Which column.
    pub column_id: ColumnId,
    /// Such as `is-equal`, `is-greater-than`, `contains`, `is-empty`.
    pub operator: String,
    /// What is compared with; `@…` are words with a meaning, such as `@unchecked` or `@me`.
    #[serde(default)]
    pub value: Value,
}

/// One rule of a view's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sort {
    /// By which column.
    pub column_id: ColumnId,
    /// `ASC` or `DESC`.
    pub mode: String,
}

/// A view: some rows and columns of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Its number.
    pub id: ViewId,
    /// The table that it shows.
    pub table_id: TableId,
    /// Its title.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub title: String,
    /// A text about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
    /// A picture beside the title.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub emoji: Option<String>,
    /// Account that owns the table.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub ownership: String,
    /// Account that made it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub created_by: String,
    /// When.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub created_at: String,
    /// Account that changed it last.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub last_edit_by: String,
    /// When.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub last_edit_at: String,
    /// Columns as older versions listed them; empty since there are `column_settings`.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub columns: Vec<ColumnId>,
    /// The columns that it shows.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub column_settings: Vec<ColumnSetting>,
    /// The order of its rows.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub sort: Vec<Sort>,
    /// Whether somebody else shares it with the asker.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub is_shared: bool,
    /// Whether the asker marked it.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub favorite: bool,
    /// What the asker may do, if somebody else shares it.
    #[serde(default, deserialize_with = "tolerant::optional")]
    pub on_share_permissions: Option<Permissions>,
    /// Whether the asker shares it.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub has_shares: bool,
    /// How many rows it shows.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub rows_count: i64,
    /// The owner's name for people.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub owner_display_name: Option<String>,
    /// Which rows it shows: those that meet every condition of at least one group; all if there is none.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub filter: Vec<Vec<Condition>>,
}

impl View {
    /// The columns that it shows, from left to right.
    pub fn column_ids(&self) -> Vec<ColumnId> {
        if self.column_settings.is_empty() {
            return self.columns.clone();
        }
        let mut settings = self.column_settings.clone();
        settings.sort_by_key(|setting| setting.order);
        settings.into_iter().map(|setting| setting.column_id).collect()
    }
}

/// A table's title, columns and views in one answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scheme {
    /// Its title.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub title: String,
    /// A picture beside the title.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub emoji: Option<String>,
    /// Its columns.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub columns: Vec<Column>,
    /// Its views.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub views: Vec<View>,
    /// A text about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
    /// The app's version.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub tables_version: String,
}

/// What a new table is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTable {
    /// Its title.
    pub title: String,
    /// A picture beside the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// A text about it; version 1 of the interface does not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `custom` for a table without columns.
    pub template: String,
}

/// What a new view is made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewView {
    /// Its title.
    pub title: String,
    /// A picture beside the title.
    pub emoji: String,
    /// The columns that it shows, from left to right.
    pub columns: Vec<ColumnId>,
    /// Which rows it shows; see [`View::filter`].
    pub filter: Vec<Vec<Condition>>,
    /// The order of its rows.
    pub sort: Vec<Sort>,
}
