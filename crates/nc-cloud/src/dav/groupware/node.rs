use crate::{
    accounts::Account,
    collections::{Collection, HomeKind, Object},
};

use super::view::View;

/// What an address leads to.
#[derive(Debug)]
pub(super) enum Node {
    /// A folder that only leads on: `principals/`, `calendars/`, …
    Folder(Folder),
    /// `principals/users/{id}`
    User(Account),
    /// `principals/groups/{id}`
    Group(String),
    /// The viewer's own home.
    Home(HomeKind),
    /// A calendar, subscription, inbox or address book.
    Collection(View),
    /// An object in one.
    Item(View, Object),
    /// `calendars/{user}/outbox`
    Outbox,
    /// `calendars/{user}/trashbin`
    Trash,
    /// `calendars/{user}/trashbin/objects`
    TrashObjects,
    /// `calendars/{user}/trashbin/restore`
    TrashRestore,
    /// `calendars/{user}/trashbin/objects/{id}.ics`
    Trashed(Collection, Object),
}

/// A folder that only leads on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    /// `/remote.php/dav` itself, for reports about people.
    Root,
    /// `principals`
    Principals,
    /// `principals/users`
    Users,
    /// `principals/groups`
    Groups,
    /// Principals that the cloud has none of: `principals/calendar-rooms`, …
    NoPrincipals,
    /// `calendars`
    Calendars,
    /// `addressbooks` and `addressbooks/users`
    AddressBooks,
    /// `public-calendars`, which nobody may list.
    PublicCalendars,
}
