//! All tools, one file an app family.

mod file_changes;
mod file_search;
mod files;
pub(crate) mod notes;
pub(crate) mod server;

pub(crate) use notes::matching_ids;

pub use crate::row::Family;
use crate::row::Row;

/// What every Nextcloud has.
pub(crate) const SERVER: Family = Family {
    name: "server",
    capability: None,
};
/// The Notes app.
pub(crate) const NOTES: Family = Family {
    name: "notes",
    capability: Some("notes"),
};
/// Files, by WebDAV.
pub(crate) const WEBDAV: Family = Family {
    name: "webdav",
    capability: None,
};

/// The app families.
pub const APPS: &[Family] = &[NOTES, SERVER, WEBDAV];

/// Every row.
pub(crate) fn rows() -> Vec<Row> {
    [
        server::rows(),
        notes::rows(),
        files::rows(),
        file_search::rows(),
        file_changes::rows(),
    ]
    .concat()
}

#[cfg(test)]
mod tests;
