//! Shares as the interface shows them.

use nc_auth::UserId;
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};
use serde_json::{Map, Value, json};

use super::{Share, ShareType, Tree, dates, for_kind};
use crate::{
    Cloud,
    content::{Entry, Home, Kind},
    ocs::Failure,
};

/// That there is a password, and nothing of it.
const PASSWORD_MARK: &str = "***";

/// One who looks at shares.
pub(super) struct Viewer<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) user: &'a UserId,
    pub(super) tree: Tree,
    /// The cloud's address, without a slash at its end.
    pub(super) base: String,
}

impl Viewer<'_> {
    /// Several shares.
    pub(super) async fn show_all(&self, shares: &[Share]) -> Result<Value, Failure> {
        let mut shown = Vec::with_capacity(shares.len());
        for share in shares {
            shown.extend(self.show(share).await?.map(Value::Object));
        }
        Ok(Value::Array(shown))
    }

    /// One share; `None` if the file has just gone away.
    pub(super) async fn show(&self, share: &Share) -> Result<Option<Map<String, Value>>, Failure> {
        let home = self.cloud.content().home(&share.file_owner).await?;
        let Some(entry) = home.find_by_id(share.file).await? else {
            return Ok(None);
        };
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        let may_edit = *self.user == share.owner || *self.user == share.file_owner;
        let is_mine = share.share_type == ShareType::User && share.share_with.as_deref() == Some(self.user.as_str());
        set("id", share.id.to_string().into());
        set("share_type", share.share_type.number().into());
        set("uid_owner", share.owner.as_str().into());
        set("displayname_owner", self.display_name(&share.owner).await?);
        set("permissions", share.permissions.bits().into());
        set("can_edit", may_edit.into());
        set("can_delete", (may_edit || is_mine).into());
        set("stime", share.shared_at.into());
        set("parent", Value::Null);
        set("expiration", share.expires_at.map(dates::format).into());
        set("token", share.token.clone().into());
        set("uid_file_owner", share.file_owner.as_str().into());
        set("note", share.note.as_str().into());
        set("label", share.label.as_str().into());
        set("displayname_file_owner", self.display_name(&share.file_owner).await?);
        self.show_file(share, &home, &entry, &mut set).await?;
        self.show_receiver(share, &mut set).await?;
        // No mail is ever sent.
        set("mail_send", 0.into());
        set("hide_download", u8::from(share.hide_download).into());
        set("attributes", share.attributes.clone().into());
        Ok(Some(fields))
    }

    async fn show_file(
        &self,
        share: &Share,
        home: &Home,
        entry: &Entry,
        set: &mut impl FnMut(&str, Value) -> Option<Value>,
    ) -> Result<(), Failure> {
        let reached = match self.tree.mount_of(share.id) {
            Some(mounted) => Some((mounted.spot(&DavPath::root()), mounted.root.clone())),
            None => self.tree.locate(share.file).await?,
        };
        let first_place = DavPath::from_names([share.target_name.as_str()]);
        let mounted = reached.as_ref().and_then(|(spot, _)| spot.mounted.as_ref());
        let is_mount_root = reached.as_ref().is_some_and(|(spot, _)| spot.is_mount_point());
        let path = reached
            .as_ref()
            .map_or_else(|| first_place.clone(), |(spot, entry)| spot.shown_path(&entry.path));
        // A file of one's own can always be deleted, and what others share can always be left.
        let permissions = match &reached {
            Some((spot, _)) => for_kind(spot.permissions, entry.is_folder()),
            None => for_kind(share.permissions, entry.is_folder()),
        };
        let permissions = permissions.with(SharePermissions::DELETE);
        let parent = home.find(&entry.path.parent().unwrap_or_default()).await?;
        let root = home.stat(&DavPath::root()).await?;
        let (kind, mime) = match &entry.kind {
            Kind::Folder { .. } => ("folder", "httpd/unix-directory"),
            Kind::File { mime } => ("file", mime.as_str()),
        };
        let storage = match mounted {
            Some(mounted) => format!("shared::{}", absolute(&mounted.at)),
            None => format!("home::{}", share.file_owner),
        };
        let target = if is_mount_root { &path } else { &first_place };
        let target = (share.share_type != ShareType::Mail).then(|| absolute(target));
        set("path", absolute(&path).into());
        set("item_type", kind.into());
        set("item_permissions", permissions.bits().into());
        set("is-mount-root", is_mount_root.into());
        set("mount-type", if mounted.is_some() { "shared" } else { "" }.into());
        set("mimetype", mime.into());
        set("has_preview", false.into());
        set("storage_id", storage.into());
        set("storage", root.id.0.into());
        set("item_source", entry.id.0.into());
        set("file_source", entry.id.0.into());
        set("file_parent", parent.map(|parent| parent.id.0).into());
        set("file_target", target.into());
        set("item_size", entry.size_bytes.into());
        set("item_mtime", entry.modified_at.into());
        Ok(())
    }

    async fn show_receiver(
        &self,
        share: &Share,
        set: &mut impl FnMut(&str, Value) -> Option<Value>,
    ) -> Result<(), Failure> {
        let with = share.share_with.clone().unwrap_or_default();
        let password = share.password_hash.as_ref().map(|_| PASSWORD_MARK);
        match share.share_type {
            ShareType::User => {
                let account = self.cloud.find_user(&UserId::new(with.as_str())).await?;
                let unique = account.as_ref().and_then(|account| account.email.clone());
                let name = account.map_or_else(|| with.clone(), |account| account.display_name);
                set("share_with_displayname", name.into());
                set(
                    "share_with_displayname_unique",
                    unique.unwrap_or_else(|| with.clone()).into(),
                );
                set("share_with", with.into());
            }
            ShareType::Group => {
                set("share_with_displayname", with.as_str().into());
                set("share_with", with.into());
            }
            ShareType::Link => {
                let token = share.token.as_deref().unwrap_or_default();
                set("share_with", password.into());
                set("share_with_displayname", "(Shared link)".into());
                set("password", password.into());
                set("send_password_by_talk", false.into());
                set("url", format!("{}/s/{token}", self.base).into());
            }
            ShareType::Remote | ShareType::RemoteGroup => {
                set("share_with_displayname", with.as_str().into());
                set("share_with", with.into());
                // The secret at Nextcloud. Nobody but the other server needs it.
                set("token", "".into());
            }
            ShareType::Mail => {
                set("share_with_displayname", with.as_str().into());
                set("share_with", with.into());
                set("password", password.into());
                set("password_expiration_time", Value::Null);
                set("send_password_by_talk", false.into());
            }
        }
        Ok(())
    }

    async fn display_name(&self, user: &UserId) -> Result<Value, Failure> {
        Ok(json!(&*self.cloud.display_name(user).await?))
    }
}

/// A path with a slash before it, as everywhere in this interface.
pub(super) fn absolute(path: &DavPath) -> String {
    format!("/{}", path.names().join("/"))
}
