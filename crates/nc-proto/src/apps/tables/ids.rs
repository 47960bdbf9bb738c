use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::tolerant;

macro_rules! ids {
    ($($(#[doc = $what:literal])+ $name:ident;)*) => {$(
        $(#[doc = $what])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                tolerant::integer(deserializer).map(Self)
            }
        }
    )*};
}

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
