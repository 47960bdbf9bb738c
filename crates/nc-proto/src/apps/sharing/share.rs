use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Attribute, ShareId, SharePermissions, ShareType};
use crate::tolerant;

/// A share, as its owner or a receiver sees it. Fields that only some types have are absent for the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the wire format")]
pub struct Share {
    /// Its number.
    #[serde(serialize_with = "id_text")]
    pub id: ShareId,
    /// With whom.
    #[serde(deserialize_with = "share_type")]
    pub share_type: ShareType,
    /// Who made it.
    #[serde(deserialize_with = "tolerant::text")]
    pub uid_owner: String,
    /// That person's name.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub displayname_owner: String,
    /// What it allows.
    #[serde(deserialize_with = "permissions")]
    pub permissions: SharePermissions,
    /// Whether the one who asks may change it.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub can_edit: bool,
    /// Whether the one who asks may end it.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub can_delete: bool,
    /// When it was made, in seconds since 1970.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub stime: i64,
    /// The share that this one was made from; no server fills it any more.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub parent: Option<String>,
    /// `YYYY-MM-DD 00:00:00`: the first moment at which it is over.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub expiration: Option<String>,
    /// The last part of the link's address.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub token: Option<String>,
    /// Whose file it is.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub uid_file_owner: String,
    /// Words for the receiver.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub note: String,
    /// What the owner calls a link.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub label: String,
    /// The name of the person whose file it is.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub displayname_file_owner: String,
    /// Where it lies for the one who asks, from the root of the files.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub path: Option<String>,
    /// `file` or `folder`.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub item_type: String,
    /// What the one who asks may do with the file itself.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub item_permissions: Option<i64>,
    /// Whether the path is where the share was put.
    #[serde(default, rename = "is-mount-root", deserialize_with = "tolerant::boolean")]
    pub is_mount_root: bool,
    /// `shared` for what came by a share.
    #[serde(default, rename = "mount-type", deserialize_with = "tolerant::text")]
    pub mount_type: String,
    /// Media type.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub mimetype: Option<String>,
    /// Whether there is a small picture of it.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub has_preview: bool,
    /// The server's name for the place of the files.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub storage_id: String,
    /// Its number.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub storage: i64,
    /// The number of the file.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub item_source: i64,
    /// The same.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub file_source: i64,
    /// The number of the folder around it.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub file_parent: Option<i64>,
    /// Where it was put for the receiver, from the root of their files.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub file_target: Option<String>,
    /// Size in bytes.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub item_size: Option<i64>,
    /// Last change of the file, in seconds since 1970.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub item_mtime: Option<i64>,
    /// The receiver. Of a link with a password some servers put the password's hash here, so it is never shown for links.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub share_with: Option<String>,
    /// The receiver's name.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub share_with_displayname: Option<String>,
    /// What tells receivers of the same name apart: mostly a mail address.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub share_with_displayname_unique: Option<String>,
    /// Present and not empty when a link asks for a password. What stands in it must not be shown.
    #[serde(
        default,
        rename = "password",
        deserialize_with = "has_password",
        skip_serializing_if = "is_false",
        serialize_with = "password_mark"
    )]
    pub has_password: bool,
    /// The address of a link.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub url: Option<String>,
    /// Whether a mail was sent.
    #[serde(default, deserialize_with = "tolerant::boolean", serialize_with = "as_number")]
    pub mail_send: bool,
    /// Whether the page of a link offers no download.
    #[serde(default, deserialize_with = "tolerant::boolean", serialize_with = "as_number")]
    pub hide_download: bool,
    /// Finer rules: JSON inside of a text.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub attributes: Option<String>,
}

impl Share {
    /// Whether it is about a folder.
    pub fn is_folder(&self) -> bool {
        self.item_type == "folder"
    }

    /// `YYYY-MM-DD`: the day on which it is over.
    pub fn expires_on(&self) -> Option<&str> {
        self.expiration.as_deref()?.get(..10)
    }

    /// Whether a finer rule forbids the download.
    pub fn forbids_download(&self) -> bool {
        let attributes = self.attributes.as_deref().and_then(Attribute::parse_list);
        attributes.is_some_and(|list| list.iter().any(Attribute::forbids_download))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn id_text<S: Serializer>(id: &ShareId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

fn share_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ShareType, D::Error> {
    tolerant::integer(deserializer).map(ShareType::from)
}

fn permissions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SharePermissions, D::Error> {
    tolerant::integer(deserializer).map(SharePermissions::from)
}

fn has_password<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(tolerant::optional_text(deserializer)?.is_some())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// That there is one, and nothing of it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn password_mark<S: Serializer>(_: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("***")
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn as_number<S: Serializer>(value: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(u8::from(*value))
}
