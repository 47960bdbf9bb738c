use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! scopes {
    ($($variant:ident = $text:literal, $what:literal;)*) => {
        /// One permission. The canonical spelling is `app:verb`; `app.verb` is read as an alias.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope {
            $(#[doc = $what] $variant,)*
        }

        impl Scope {
            /// Every scope, in the order in which lists show them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The canonical spelling.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What the scope allows, for consent pages and docs.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $what,)* }
            }
        }
    };
}

scopes! {
    Openid = "openid", "Know who you are";
    Profile = "profile", "Read your name and profile";
    Email = "email", "Read your mail address";
    Roles = "roles", "Read your roles";
    Groups = "groups", "Read which groups you are in";
    OfflineAccess = "offline_access", "Stay connected while you are away";
    AdminRead = "admin:read", "Read accounts, groups and settings as an administrator";
    AdminWrite = "admin:write", "Change accounts, groups and settings as an administrator";
    CalendarRead = "calendar:read", "Read calendars and events";
    CalendarWrite = "calendar:write", "Create, change and delete calendars and events";
    CollectivesRead = "collectives:read", "Read collectives and their pages";
    CollectivesWrite = "collectives:write", "Create, change and delete collectives and their pages";
    ContactsRead = "contacts:read", "Read address books and contacts";
    ContactsWrite = "contacts:write", "Create, change and delete address books and contacts";
    CookbookRead = "cookbook:read", "Read recipes";
    CookbookWrite = "cookbook:write", "Create, change, import and delete recipes";
    DeckRead = "deck:read", "Read boards and cards";
    DeckWrite = "deck:write", "Create, change and delete boards and cards";
    FilesRead = "files:read", "List, search and read files";
    FilesWrite = "files:write", "Create, change, move and delete files";
    NewsRead = "news:read", "Read feeds and articles";
    NotesRead = "notes:read", "Read notes";
    NotesWrite = "notes:write", "Create, change and delete notes";
    SharingRead = "sharing:read", "See shares";
    SharingWrite = "sharing:write", "Create, change and delete shares";
    TablesRead = "tables:read", "Read tables";
    TablesWrite = "tables:write", "Insert, change and delete table rows";
    TodoRead = "todo:read", "Read tasks";
    TodoWrite = "todo:write", "Create, change and delete tasks";
}

/// What a scope is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// The person, and how long the sign-in lasts. No app's data.
    Standard,
    /// The data of one app.
    App,
    /// Other people's accounts. For clients that an administrator trusts.
    Admin,
}

impl Scope {
    /// What it is about.
    pub const fn kind(self) -> ScopeKind {
        match self {
            Self::Openid | Self::Profile | Self::Email | Self::Roles | Self::Groups | Self::OfflineAccess => {
                ScopeKind::Standard
            }
            Self::AdminRead | Self::AdminWrite => ScopeKind::Admin,
            _ => ScopeKind::App,
        }
    }
}

/// A scope name that this product does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope `{0}`")]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        // Older and newer releases of the peer differ in the separator (catalogue: `scopes_colon_form`).
        Self::ALL
            .iter()
            .copied()
            .find(|scope| scope.as_str() == text || scope.as_str().replace(':', ".") == text)
            .ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A set of scopes. Empty grants nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct ScopeSet(u64);

impl ScopeSet {
    /// The set that grants nothing.
    pub const EMPTY: Self = Self(0);

    /// Every scope there is.
    pub fn all() -> Self {
        Scope::ALL.iter().copied().collect()
    }

    /// Whether `scope` is in the set.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u64) != 0
    }

    /// Whether every scope of `other` is in this set.
    pub const fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any scope of `other` is in this set.
    pub const fn contains_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// This set with `scope` in it.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | (1 << scope as u64))
    }

    /// The scopes of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The scopes of `self` that are missing in `granted`.
    #[must_use]
    pub const fn missing_from(self, granted: Self) -> Self {
        Self(self.0 & !granted.0)
    }

    /// The scopes in order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.contains(*scope))
    }

    /// Whether the set grants nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl From<Scope> for ScopeSet {
    fn from(scope: Scope) -> Self {
        Self::EMPTY.with(scope)
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        scopes.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// Space-separated, as in RFC 6749 §3.3.
impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_name_the_same_scope() {
        assert_eq!("notes:read".parse(), Ok(Scope::NotesRead));
        assert_eq!("notes.read".parse(), Ok(Scope::NotesRead));
        assert_eq!("notes_read".parse::<Scope>(), Err(UnknownScope("notes_read".into())));
    }

    #[test]
    fn every_scope_has_its_own_bit() {
        for scope in Scope::ALL {
            let set = ScopeSet::EMPTY.with(*scope);
            assert_eq!(set.iter().collect::<Vec<_>>(), [*scope]);
        }
        assert!(Scope::ALL.len() <= 64);
    }

    #[test]
    fn apps_come_in_pairs_of_reading_and_writing() {
        for scope in Scope::ALL {
            let named = scope.as_str().split_once(':');
            assert_eq!(scope.kind() == ScopeKind::Standard, named.is_none(), "{scope}");
            assert_eq!(
                scope.kind() == ScopeKind::Admin,
                named.is_some_and(|(app, _)| app == "admin"),
                "{scope}"
            );
        }
    }

    #[test]
    fn an_empty_set_grants_nothing() {
        assert!(Scope::ALL.iter().all(|scope| !ScopeSet::EMPTY.contains(*scope)));
    }
}
