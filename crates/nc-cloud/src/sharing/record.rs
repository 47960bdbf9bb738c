use nc_auth::UserId;
use nc_proto::apps::sharing::{Attribute, SharePermissions};
use sqlx::FromRow;

use crate::content::FileId;

/// With whom something is shared. Those that are missing here are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ShareType {
    User,
    Group,
    Link,
    Mail,
    /// Somebody on another server. Never among the shares of this cloud.
    Remote,
    /// A group of another server, the same.
    RemoteGroup,
}

impl ShareType {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::User => 0,
            Self::Group => 1,
            Self::Link => 3,
            Self::Mail => 4,
            Self::Remote => 6,
            Self::RemoteGroup => 9,
        }
    }

    pub(crate) const fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::User),
            1 => Some(Self::Group),
            3 => Some(Self::Link),
            4 => Some(Self::Mail),
            6 => Some(Self::Remote),
            9 => Some(Self::RemoteGroup),
            _ => None,
        }
    }

    /// Whether it is opened by a token, by whoever knows it.
    pub(crate) const fn is_public(self) -> bool {
        matches!(self, Self::Link | Self::Mail)
    }
}

/// One share. Times are Unix seconds.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "the names of the protocol")]
pub(crate) struct Share {
    pub(crate) id: i64,
    pub(crate) share_type: ShareType,
    /// What is shared, and in whose tree it lies.
    pub(crate) file: FileId,
    pub(crate) file_owner: UserId,
    /// Who shared it.
    pub(crate) owner: UserId,
    /// The user, group or mail address; `None` for links.
    pub(crate) share_with: Option<String>,
    pub(crate) permissions: SharePermissions,
    pub(crate) target_name: String,
    pub(crate) token: Option<String>,
    pub(crate) password_hash: Option<String>,
    pub(crate) label: String,
    pub(crate) note: String,
    pub(crate) hide_download: bool,
    /// A JSON list as it came.
    pub(crate) attributes: Option<String>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) shared_at: i64,
}

impl Share {
    /// Whether it was made by somebody who has the file only by another share.
    pub(crate) fn is_reshare(&self) -> bool {
        self.owner != self.file_owner
    }

    pub(crate) fn is_expired(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether the content may be taken away, or only be looked at.
    pub(crate) fn may_download(&self) -> bool {
        !self.hide_download && !forbids_download(self.attributes.as_deref())
    }
}

fn forbids_download(attributes: Option<&str>) -> bool {
    let attributes = attributes.and_then(Attribute::parse_list).unwrap_or_default();
    attributes.iter().any(Attribute::forbids_download)
}

/// What a listing of files tells about a share.
#[derive(Debug, Clone)]
pub(crate) struct Brief {
    pub(crate) share_type: ShareType,
    pub(crate) share_with: Option<String>,
}

#[derive(FromRow)]
pub(super) struct Row {
    id: i64,
    share_type: i64,
    file_id: i64,
    file_owner: String,
    owner: String,
    share_with: Option<String>,
    permissions: i64,
    target_name: String,
    token: Option<String>,
    password_hash: Option<String>,
    label: String,
    note: String,
    hide_download: bool,
    attributes: Option<String>,
    expires_at: Option<i64>,
    shared_at: i64,
}

impl Row {
    /// `None` for a kind that this version does not know, which opens nothing.
    pub(super) fn into_share(self) -> Option<Share> {
        Some(Share {
            id: self.id,
            share_type: ShareType::from_number(self.share_type)?,
            file: FileId(self.file_id),
            file_owner: UserId::new(self.file_owner),
            owner: UserId::new(self.owner),
            share_with: self.share_with,
            permissions: SharePermissions::from_bits(self.permissions)?,
            target_name: self.target_name,
            token: self.token,
            password_hash: self.password_hash,
            label: self.label,
            note: self.note,
            hide_download: self.hide_download,
            attributes: self.attributes,
            expires_at: self.expires_at,
            shared_at: self.shared_at,
        })
    }
}
