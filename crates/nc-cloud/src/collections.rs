//! Calendars and address books: collections of objects, with the counter by which clients keep up with them.
//!
//! * [`Collections`]: reads, and begins a [`Change`].
//! * [`Change`]: one transaction. Conditions on the present state are checked inside of it, so no writer overwrites what
//!   another has written since.
//!
//! Objects are kept byte for byte as they were sent.

mod change;
mod error;
mod homes;
mod objects;
mod properties;
mod shares;
mod span;
mod store;
mod sync;

pub(crate) use change::{Change, Condition};
pub(crate) use error::CollectionError;
pub(crate) use objects::{NewObject, Object, Stub};
pub(crate) use shares::{Share, ShareAccess};
pub(crate) use span::span;
pub(crate) use store::Collections;
pub(crate) use sync::Changed;

use nc_auth::UserId;
use sqlx::FromRow;

/// The number of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct CollectionId(pub(crate) i64);

/// What a collection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Calendar,
    /// A calendar whose events lie elsewhere.
    Subscription,
    AddressBook,
    /// Where invitations come in.
    Inbox,
}

/// The folder of a person's in which collections lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HomeKind {
    Calendars,
    AddressBooks,
}

/// A calendar or an address book.
#[derive(Debug, Clone)]
pub(crate) struct Collection {
    pub(crate) id: CollectionId,
    pub(crate) kind: Kind,
    pub(crate) owner: UserId,
    pub(crate) uri: String,
    /// Kinds of object that it takes.
    pub(crate) components: Vec<String>,
    /// Counts the changes.
    pub(crate) token: i64,
    pub(crate) deleted_at: Option<i64>,
}

impl Kind {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Calendar, "calendar"),
        (Self::Subscription, "subscription"),
        (Self::AddressBook, "addressbook"),
        (Self::Inbox, "inbox"),
    ];

    fn as_str(self) -> &'static str {
        let known = Self::ALL.iter().find(|(kind, _)| *kind == self);
        known.map_or("calendar", |(_, text)| text)
    }

    pub(crate) const fn home(self) -> HomeKind {
        match self {
            Self::AddressBook => HomeKind::AddressBooks,
            Self::Calendar | Self::Subscription | Self::Inbox => HomeKind::Calendars,
        }
    }
}

impl HomeKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Calendars => "calendars",
            Self::AddressBooks => "addressbooks",
        }
    }
}

impl Collection {
    /// Whether it takes objects of that kind.
    pub(crate) fn takes(&self, component: &str) -> bool {
        self.components.iter().any(|taken| taken == component)
    }
}

/// The columns of `collections` that make a [`Collection`].
#[derive(FromRow)]
struct Row {
    id: CollectionId,
    kind: String,
    owner: String,
    uri: String,
    components: String,
    token: i64,
    deleted_at: Option<i64>,
}

impl From<Row> for Collection {
    fn from(row: Row) -> Self {
        let kind = Kind::ALL.iter().find(|(_, text)| *text == row.kind);
        Self {
            id: row.id,
            kind: kind.map_or(Kind::Calendar, |(kind, _)| *kind),
            owner: UserId::new(row.owner),
            uri: row.uri,
            components: row.components.split_ascii_whitespace().map(str::to_owned).collect(),
            token: row.token,
            deleted_at: row.deleted_at,
        }
    }
}
