//! The audit log: what happened, to whom, through which client. Never token material, not even beginnings.

use aws_lc_rs::hmac;
use nc_store::{AuditRecord, Unit};
use nc_web::ClientAddress;
use serde_json::{Map, Value, json};

use crate::{Error, Provider};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Tokens were issued.
    Issued,
    /// Tokens were refreshed.
    Refreshed,
    /// A token was exchanged.
    Exchanged,
    /// A code or refresh token was used twice; its family ended.
    Reused,
    /// A token, grant or family was taken back.
    Revoked,
    /// A user consented.
    Consented,
    /// A user refused.
    Denied,
    /// A user signed in.
    SignedIn,
    /// A user signed out.
    SignedOut,
    /// A passkey was added or removed, or refused because there may be two of it.
    Passkey,
    /// A client was registered, changed or deleted.
    Registration,
    /// A signing key was made, activated, retired or removed.
    Key,
    /// A caller asked about a token that is none of its business.
    IntrospectionDenied,
    /// An administrator changed something.
    Administration,
}

impl Event {
    /// The stable word in the log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Issued => "token.issued",
            Self::Refreshed => "token.refreshed",
            Self::Exchanged => "token.exchanged",
            Self::Reused => "token.reused",
            Self::Revoked => "token.revoked",
            Self::Consented => "consent.granted",
            Self::Denied => "consent.denied",
            Self::SignedIn => "session.signed_in",
            Self::SignedOut => "session.signed_out",
            Self::Passkey => "passkey",
            Self::Registration => "client.registration",
            Self::Key => "key.changed",
            Self::IntrospectionDenied => "introspection.denied",
            Self::Administration => "administration",
        }
    }
}

/// One entry in the making.
#[derive(Debug, Clone)]
pub struct Audit {
    event: Event,
    members: Map<String, Value>,
}

impl Audit {
    /// An entry about `event`.
    pub fn new(event: Event) -> Self {
        Self {
            event,
            members: Map::new(),
        }
    }

    /// Adds a plain fact; names used: `client`, `subject`, `sid`, `grant`, `what`, `scope`, `kid`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds where it came from, as a keyed hash: the same address can be told again, and nobody reads it back who has the log
    /// or the whole database, but not the sealing key. There are few enough addresses to try them all on a plain hash.
    #[must_use]
    pub(crate) fn with_address(self, provider: &Provider, address: Option<ClientAddress>) -> Self {
        match address.zip(provider.audit_key()) {
            Some((ClientAddress(address), key)) => {
                let tag = hmac::sign(&key, address.to_string().as_bytes());
                self.with("address", hex::encode(&tag.as_ref()[..16]))
            }
            None => self,
        }
    }

    /// Writes it as part of a unit of work, so that nothing happens without its entry.
    pub async fn append(self, unit: &dyn Unit, now: i64) -> Result<(), Error> {
        let record = AuditRecord {
            at: now,
            event: self.event.word().to_owned(),
            document: json!(self.members).to_string(),
        };
        Ok(unit.append_audit(&record).await?)
    }
}
