use nc_auth::{
    UserId,
    federation::{OutShare, RemoteKind},
};
use nc_proto::{apps::sharing::SharePermissions, ocm::ShareKind};
use nc_store::OutShareRecord;
use serde::{Deserialize, Serialize};

use crate::OcmError;

/// How a share may be opened. It follows from what was sent with the share, never from what the other server can do today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// With access tokens only.
    Strict,
    /// With access tokens, or with the secret.
    Optional,
    /// With the secret; tokens may be asked for when the other server has learnt to.
    Legacy,
}

/// Whom it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Receiver {
    /// One person.
    User,
    /// A group.
    Group,
}

/// What the record of a share keeps beside its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OutDocument {
    /// Whom it is for: `user@host[:port]`.
    pub(crate) share_with: String,
    /// Whether they are reached without TLS.
    #[serde(default)]
    pub(crate) plain_http: bool,
    /// Person or group.
    pub(crate) receiver: Receiver,
    /// What it allows.
    pub(crate) permissions: SharePermissions,
    /// The most that the owner lets a share be that somebody else made by sharing on; `None`: as much as what it was made of.
    #[serde(default)]
    pub(crate) most: Option<SharePermissions>,
    /// How it may be opened.
    pub(crate) mode: Mode,
    /// The account that the message names as owner; `sub` of access tokens.
    pub(crate) file_owner: String,
    /// `file` or `folder`, as the message said.
    pub(crate) resource_type: String,
    /// Whether the other server finds a share by its secret when it is told about it.
    #[serde(default)]
    pub(crate) needs_secret: bool,
    /// Whether the other server listens when the share allows something else.
    #[serde(default)]
    pub(crate) hears_changes: bool,
    /// A word to them.
    #[serde(default)]
    pub(crate) note: String,
    /// The share that was shared on, when this one is what came of it.
    #[serde(default)]
    pub(crate) parent: Option<String>,
    /// Whether they took it; `None` until they say.
    #[serde(default)]
    pub(crate) accepted: Option<bool>,
}

impl OutDocument {
    /// Reads the document of a record.
    pub(crate) fn of(record: &OutShareRecord) -> Result<Self, OcmError> {
        serde_json::from_str(&record.document).map_err(|_| OcmError::Damaged("share"))
    }

    /// As it is stored.
    pub(crate) fn to_text(&self) -> Result<String, OcmError> {
        serde_json::to_string(self).map_err(|_| OcmError::Internal("a share cannot be written"))
    }
}

impl Receiver {
    /// The same in a message.
    pub(crate) const fn in_message(self) -> ShareKind {
        match self {
            Self::User => ShareKind::User,
            Self::Group => ShareKind::Group,
        }
    }
}

impl From<RemoteKind> for Receiver {
    fn from(kind: RemoteKind) -> Self {
        match kind {
            RemoteKind::User => Self::User,
            RemoteKind::Group => Self::Group,
        }
    }
}

/// The share as its owner sees it.
pub(super) fn shown(record: &OutShareRecord, document: OutDocument) -> OutShare {
    OutShare {
        number: record.number,
        id: record.id.clone(),
        sharer: UserId::new(record.owner.as_str()),
        node: record.node,
        kind: match document.receiver {
            Receiver::User => RemoteKind::User,
            Receiver::Group => RemoteKind::Group,
        },
        share_with: document.share_with,
        permissions: document.permissions,
        created_at: record.created_at,
        expires_at: record.expires_at,
        note: document.note,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_reads_back_and_older_ones_do_too() {
        let older = r#"{"share_with":"bob@recv.example","receiver":"group","permissions":3,"mode":"legacy",
            "file_owner":"alice","resource_type":"file"}"#;
        let document: OutDocument = serde_json::from_str(older).expect("a document");
        assert_eq!((document.mode, document.receiver), (Mode::Legacy, Receiver::Group));
        assert_eq!((document.parent.as_deref(), document.accepted), (None, None));
        let again: OutDocument = serde_json::from_str(&document.to_text().expect("a text")).expect("a document");
        assert_eq!(again, document);
    }
}
