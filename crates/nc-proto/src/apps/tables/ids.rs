use crate::apps::ids::ids;

ids! {
    /// Number of a table.
    TableId;
    /// Number of a view of a table.
    ViewId;
    /// Number of a column. Numbers below 0 are what every row has: -1 its number, -2 who made it, -3 who changed it last,
    /// -4 and -5 when.
    ColumnId;
    /// Number of a row, unique in all tables.
    RowId;
    /// Number of a share.
    ShareId;
}
