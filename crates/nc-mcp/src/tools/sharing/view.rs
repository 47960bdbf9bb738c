use nc_client::Share;
use nc_mcp_kit::Failure;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{context::Context, errors::OrFail};

/// A share.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact about the share")]
pub(super) struct ShareView {
    pub(super) id: i64,
    /// `user`, `group`, `link`, `email`, `federated`, `team`, `guest`, `federated_group`, `room`, `deck_card`, or `type` and a
    /// number.
    kind: String,
    /// The number that Nextcloud has for the kind.
    share_type: i64,
    /// The file or folder, where it is for you.
    path: Option<String>,
    /// `file` or `folder`.
    item_type: String,
    /// The mask: 1 read, 2 update, 4 create, 8 delete, 16 share.
    permissions: i64,
    /// The permissions by name.
    allows: Vec<&'static str>,
    /// Who receives it; nobody for a link.
    share_with: Option<String>,
    /// That receiver's name.
    share_with_name: Option<String>,
    /// Who shared it.
    owner: String,
    /// That person's name.
    owner_name: String,
    /// `YYYY-MM-DD`: it is over when this day begins at the server.
    expires_on: Option<String>,
    /// Address of a link.
    url: Option<String>,
    /// What the owner calls a link.
    label: Option<String>,
    /// Words for the receiver.
    note: Option<String>,
    /// Whether a link asks for a password.
    has_password: bool,
    /// Whether the page of a link offers no download.
    hide_download: bool,
    /// Whether receivers cannot download it.
    no_download: bool,
    /// Whether you may change it.
    can_edit: bool,
    /// Whether you may end it.
    can_delete: bool,
    /// When it was made, in seconds since 1970.
    created: i64,
}

impl ShareView {
    /// As the caller sees it.
    pub(super) async fn new(context: &Context, share: &Share) -> Result<Self, Failure> {
        let user = context.client.user().await.or_fail()?;
        Ok(Self::of(share, &user.id))
    }

    pub(super) fn of(share: &Share, user: &str) -> Self {
        let known = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let number = share.share_type.number();
        Self {
            id: share.id.0,
            kind: share
                .share_type
                .name()
                .map_or_else(|| format!("type {number}"), str::to_owned),
            share_type: number,
            path: nc_client::own_path(share, user),
            item_type: share.item_type.clone(),
            permissions: share.permissions.bits(),
            allows: share.permissions.names().collect(),
            share_with: share.share_with.clone(),
            share_with_name: share
                .share_with_displayname
                .clone()
                .filter(|_| share.share_with.is_some()),
            owner: share.uid_owner.clone(),
            owner_name: share.displayname_owner.clone(),
            expires_on: share.expires_on().map(str::to_owned),
            url: share.url.clone(),
            label: known(&share.label),
            note: known(&share.note),
            has_password: share.has_password,
            hide_download: share.hide_download,
            no_download: share.forbids_download(),
            can_edit: share.can_edit,
            can_delete: share.can_delete,
            created: share.stime,
        }
    }

    /// Everything that matters, in a sentence.
    pub(super) fn sentence(&self) -> String {
        let path = self.path.as_deref().unwrap_or("something");
        let whom = match (&self.share_with_name, &self.share_with, &self.url) {
            (Some(name), Some(id), _) if name != id => format!("with {} {name} ({id})", self.kind),
            (_, Some(id), _) => format!("with {} {id}", self.kind),
            (_, None, Some(url)) => format!("by link {url}"),
            (_, None, None) => format!("by {}", self.kind),
        };
        let allows = if self.allows.is_empty() {
            "nothing".to_owned()
        } else {
            self.allows.join(", ")
        };
        let until = self
            .expires_on
            .as_ref()
            .map(|day| format!(" until {day}"))
            .unwrap_or_default();
        format!("{path} is shared {whom} by {}: {allows}{until}.", self.owner)
    }
}
