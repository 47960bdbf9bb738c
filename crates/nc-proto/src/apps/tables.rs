//! The Tables app, versions 1 (REST) and 2 (OCS) of its interface; both speak of the same objects (source:
//! nextcloud/tables, `openapi.json`, and recorded traffic of 1.0.9).
//!
//! Times are texts, `YYYY-MM-DD HH:MM:SS` in UTC.

mod cell;
mod column;
mod ids;
mod node;
mod row;
mod share;
mod time_text;

pub use cell::{CellError, REMOVED_OPTION};
pub use column::{Column, Kind, NewColumn, SelectionOption};
pub use ids::{ColumnId, RowId, ShareId, TableId, ViewId};
pub use node::{ColumnSetting, Condition, NewTable, NewView, NodeKind, Permissions, Scheme, Sort, Table, View};
pub use row::{Cell, Row, RowData};
pub use share::{NewShare, ReceiverKind, Share};
pub use time_text::{is_date, is_date_time, is_time};

#[cfg(test)]
mod tests;
