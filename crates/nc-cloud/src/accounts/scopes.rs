use std::str::FromStr;

use nc_auth::{Grants, Scope, ScopeSet};

use crate::Error;

/// The scopes that an app password may be limited to, with what they mean for the interfaces.
pub const APP_PASSWORD_SCOPES: [(&str, &[Scope]); 7] = [
    ("files:read", &[Scope::FilesRead]),
    ("files:write", &[Scope::FilesWrite]),
    ("files:share", &[Scope::SharingRead, Scope::SharingWrite]),
    ("calendar:read", &[Scope::CalendarRead, Scope::TodoRead]),
    ("calendar:write", &[Scope::CalendarWrite, Scope::TodoWrite]),
    ("contacts:read", &[Scope::ContactsRead]),
    ("contacts:write", &[Scope::ContactsWrite]),
];

/// What an app password is limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPasswordScopes(Vec<&'static str>);

impl AppPasswordScopes {
    /// The scopes, separated by spaces, as they are stored.
    pub(crate) fn text(&self) -> String {
        self.0.join(" ")
    }

    /// What they allow.
    pub fn grants(&self) -> Grants {
        let known = APP_PASSWORD_SCOPES.iter().filter(|(name, _)| self.0.contains(name));
        let scopes: ScopeSet = known.flat_map(|(_, scopes)| scopes.iter().copied()).collect();
        Grants::Only(scopes)
    }
}

impl FromStr for AppPasswordScopes {
    type Err = Error;

    /// Separated by spaces. Writing needs reading; none at all would be a password for nothing.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut scopes = Vec::new();
        for given in text.split_whitespace() {
            let known = APP_PASSWORD_SCOPES.iter().find(|(name, _)| *name == given);
            let (name, _) = known.ok_or(Error::Invalid(
                "scopes of app passwords are files:read files:write files:share calendar:read calendar:write contacts:read \
                 contacts:write",
            ))?;
            if !scopes.contains(name) {
                scopes.push(*name);
            }
        }
        if scopes.is_empty() {
            return Err(Error::Invalid("at least one scope is needed"));
        }
        let lacks = |write: &str, read| scopes.contains(&write) && !scopes.contains(&read);
        if lacks("files:write", "files:read")
            || lacks("calendar:write", "calendar:read")
            || lacks("contacts:write", "contacts:read")
        {
            return Err(Error::Invalid("a scope for writing needs the one for reading"));
        }
        Ok(Self(scopes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_needs_reading_and_unknown_scopes_are_refused() {
        let read = |text: &str| text.parse::<AppPasswordScopes>().map(|scopes| scopes.text());
        assert_eq!(
            read(" files:read  files:write files:read").unwrap(),
            "files:read files:write"
        );
        for text in [
            "",
            " ",
            "files:write",
            "calendar:write files:read",
            "notes:read",
            "admin:read",
            "*",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_scoped_password_allows_only_what_it_names() {
        let grants = "files:read".parse::<AppPasswordScopes>().unwrap().grants();
        assert!(grants.allows(Scope::FilesRead));
        for scope in [Scope::FilesWrite, Scope::NotesRead, Scope::AdminRead, Scope::Profile] {
            assert!(!grants.allows(scope), "{scope}");
        }
    }
}
