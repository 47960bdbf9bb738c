//! All tools, one file an app family.

mod access;
mod calendar;
mod contacts;
pub(crate) mod cookbook;
pub(crate) mod deck;
mod documents;
mod file_changes;
mod file_comments;
mod file_search;
mod file_tags;
mod file_trash;
mod files;
pub(crate) mod notes;
pub(crate) mod server;
mod sharing;
mod tables;
mod todo;

pub(crate) use notes::matching_ids;

use nc_mcp_kit::ToolSpec;

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
/// Boards, over the Deck app.
pub(crate) const DECK: Family = Family {
    name: "deck",
    capability: Some("deck"),
};
/// Address books and contacts, by CardDAV.
pub(crate) const CONTACTS: Family = Family {
    name: "contacts",
    capability: None,
};
/// The Cookbook app.
pub(crate) const COOKBOOK: Family = Family {
    name: "cookbook",
    capability: Some("cookbook"),
};
/// Calendars and tasks, over `CalDAV`.
pub(crate) const CALENDAR: Family = Family {
    name: "calendar",
    capability: None,
};
/// Sharing of files. Every cloud has it, unless its operator switched it off.
pub(crate) const SHARING: Family = Family {
    name: "sharing",
    capability: None,
};
/// The Tables app.
pub(crate) const TABLES: Family = Family {
    name: "tables",
    capability: Some("tables"),
};
/// Files, by WebDAV.
pub(crate) const WEBDAV: Family = Family {
    name: "webdav",
    capability: None,
};

/// The access that this server has for the caller; only where it keeps something for people.
pub(crate) const ACCESS: Family = Family {
    name: "access",
    capability: None,
};

/// The app families.
pub const APPS: &[Family] = &[
    CALENDAR, CONTACTS, COOKBOOK, DECK, NOTES, SERVER, SHARING, TABLES, WEBDAV,
];

/// The rows about the caller's access to the cloud.
pub(crate) use access::rows as access_rows;

/// What is told about the tools that are there only where this server keeps access for people.
pub fn access_specs() -> Vec<ToolSpec> {
    access_rows().into_iter().map(|row| row.spec).collect()
}

/// Every row that works at the cloud.
pub(crate) fn rows() -> Vec<Row> {
    [
        server::rows(),
        calendar::rows(),
        todo::rows(),
        notes::rows(),
        contacts::rows(),
        cookbook::rows(),
        deck::rows(),
        tables::rows(),
        files::rows(),
        file_search::rows(),
        file_changes::rows(),
        file_trash::rows(),
        file_tags::rows(),
        file_comments::rows(),
        sharing::rows(),
    ]
    .concat()
}

#[cfg(test)]
mod tests;
