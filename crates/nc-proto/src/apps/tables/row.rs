use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, ser::SerializeMap};
use serde_json::Value;

use super::{ColumnId, RowId, TableId};
use crate::tolerant;

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cell {
    /// Of which column.
    pub column_id: ColumnId,
    /// Its value, in the form of the column's type; nothing where it was cleared.
    #[serde(default)]
    pub value: Value,
}

/// A row. Cells that were never written are not listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Its number.
    pub id: RowId,
    /// The table that it belongs to.
    pub table_id: TableId,
    /// Account that made it; nothing in the answer to the making itself, as are the next three.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub created_by: Option<String>,
    /// When.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub created_at: Option<String>,
    /// Account that changed it last.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub last_edit_by: Option<String>,
    /// When.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub last_edit_at: Option<String>,
    /// Its cells.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub data: Vec<Cell>,
}

impl Row {
    /// The value in a column, if it was ever written.
    pub fn value(&self, column: ColumnId) -> Option<&Value> {
        self.data
            .iter()
            .find(|cell| cell.column_id == column)
            .map(|cell| &cell.value)
    }
}

/// What is written into a row: on the wire a map from column ids to values, in `data`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RowData(pub BTreeMap<ColumnId, Value>);

impl Serialize for RowData {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let data: BTreeMap<String, &Value> = self.0.iter().map(|(id, value)| (id.to_string(), value)).collect();
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("data", &data)?;
        map.end()
    }
}
