use std::{fmt, sync::Arc};

use secrecy::SecretString;

use crate::Grants;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the name as it is; names are never taken apart.
            pub fn new(name: impl Into<Arc<str>>) -> Self {
                Self(name.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// Nextcloud's user id: one segment in DAV paths. Differs from the login name on LDAP and single sign-on.
    UserId
}
name! {
    /// What a person types to sign in; the user name of HTTP Basic.
    LoginName
}

/// How a caller reaches the cloud. Never printed, never ambient: it travels with the call.
#[derive(Clone)]
pub enum Credential {
    /// HTTP Basic: login name and (app) password.
    Basic {
        /// The login name, which may differ from the user id.
        login: LoginName,
        /// App password, or the account's own password.
        password: SecretString,
    },
    /// An access token whose audience is the cloud.
    Bearer(SecretString),
    /// None: the person has not given one, or has taken it back.
    NotProvisioned,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { login, .. } => write!(f, "Basic({login}, [REDACTED])"),
            Self::Bearer(_) => f.write_str("Bearer([REDACTED])"),
            Self::NotProvisioned => f.write_str("NotProvisioned"),
        }
    }
}

/// The identity of one call: who, through which client, with what rights, and with which credential to the cloud.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The subject as the credential names it; keys of caches and log lines.
    pub subject: UserId,
    /// The OAuth client, where there is one.
    pub client: Option<Arc<str>>,
    /// What the credential allows.
    pub grants: Grants,
    /// The credential towards the cloud.
    pub credential: Credential,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_never_printed() {
        let basic = Credential::Basic {
            login: LoginName::new("alice"),
            password: "hunter2".into(),
        };
        assert_eq!(format!("{basic:?}"), "Basic(alice, [REDACTED])");
        let bearer = Credential::Bearer("token".into());
        assert_eq!(format!("{bearer:?}"), "Bearer([REDACTED])");
    }
}
