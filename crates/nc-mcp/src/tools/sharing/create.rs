use nc_client::{Error, NewShare, Share, SharePermissions, ShareQuery, ShareType};
use nc_mcp_kit::{Failure, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    input::{self, Kind, Permission},
    view::ShareView,
};
use crate::{
    context::Context,
    errors::{OrFail, failure},
    tools::files::path,
};

#[derive(Deserialize, JsonSchema)]
pub(super) struct CreateShare {
    /// File or folder, from your root.
    #[schemars(length(min = 1))]
    path: String,
    /// Id, address or token from `nc_share_search_sharees`. None for links.
    share_with: Option<String>,
    /// With whom, by name. Counts before `share_type`.
    kind: Option<Kind>,
    /// 0 user, 1 group, 3 link, 4 mail, 6 other server, 9 group there, 7 team, 10 conversation.
    #[serde(default)]
    share_type: i64,
    /// Permissions by name. Counts before `permissions`.
    allow: Option<Vec<Permission>>,
    /// Sum of 1 read, 2 update, 4 create, 8 delete, 16 share.
    #[serde(default = "read")]
    permissions: i64,
    /// Password of a link.
    password: Option<String>,
    /// Last day plus one, YYYY-MM-DD.
    expire_date: Option<String>,
    /// Name of a link.
    label: Option<String>,
    /// Words for the receiver.
    note: Option<String>,
    /// Whether a link's page offers no download.
    #[serde(default)]
    hide_download: bool,
    /// Whether receivers cannot download it.
    #[serde(default)]
    no_download: bool,
    /// Needed for links, mail and other servers: the person agreed.
    #[serde(default)]
    confirm_outside: bool,
}

const fn read() -> i64 {
    SharePermissions::READ.bits()
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Created {
    /// What happened, in a sentence.
    result: String,
    share: ShareView,
    /// Whether it was there before. Then nothing was changed.
    already_shared: bool,
    /// What differs from what was asked for.
    warning: Option<String>,
}

pub(super) async fn create(context: Context, p: CreateShare) -> Result<Created, Failure> {
    let share_type = input::share_type(p.share_type, p.kind)?;
    let share_with = p.share_with.filter(|text| !text.trim().is_empty());
    if (share_type == ShareType::Link) == share_with.is_some() {
        let message = "argument `share_with`: a link has no receiver, every other share needs one";
        return Err(ToolError::invalid_argument(message).into());
    }
    let permissions = input::mask(Some(p.permissions), p.allow.as_deref())?.unwrap_or(SharePermissions::READ);
    let expire_date = p.expire_date.filter(|text| !text.trim().is_empty());
    let expire_date = expire_date.map(|text| input::day(&context, &text)).transpose()?;
    input::check_outside(&context, share_type, p.confirm_outside)?;
    let password = input::password(p.password);
    input::check_password(&context, share_type, password.as_ref()).await?;
    let new = NewShare {
        path: path("path", &p.path)?,
        share_type,
        share_with,
        permissions,
        password,
        expire_date,
        label: p.label,
        note: p.note,
        hide_download: p.hide_download,
        no_download: p.no_download,
    };
    if let Some(there) = find(&context, &new).await? {
        let share = ShareView::new(&context, &there).await?;
        return Ok(Created {
            result: format!("It was shared before, and nothing was changed: {}", share.sentence()),
            warning: input::difference(permissions, there.permissions),
            share,
            already_shared: true,
        });
    }
    let made = context
        .client
        .sharing()
        .create(&new)
        .await
        .map_err(|error| unknown(&error, &new))?;
    let share = ShareView::new(&context, &made).await?;
    Ok(Created {
        result: share.sentence(),
        warning: input::difference(permissions, made.permissions),
        share,
        already_shared: false,
    })
}

/// The share with the same receiver that is there already: sharing once more would only seem to change it (P151).
async fn find(context: &Context, new: &NewShare) -> Result<Option<Share>, Failure> {
    let Some(receiver) = &new.share_with else {
        return Ok(None);
    };
    let query = ShareQuery {
        path: Some(new.path.clone()),
        ..ShareQuery::default()
    };
    let shares = context.client.sharing().list(&query).await.or_fail()?;
    let mut same = shares.into_iter().filter(|share| share.share_type == new.share_type);
    Ok(same.find(|share| share.share_with.as_ref() == Some(receiver)))
}

/// Says where receivers are found. The words of the server stay.
fn unknown(error: &Error, new: &NewShare) -> Failure {
    match (&new.share_with, error) {
        (Some(receiver), Error::NotFound { .. }) => {
            let message = format!("{error}. Look {receiver:?} up with nc_share_search_sharees.");
            ToolError::new(error.code(), message).into()
        }
        _ => failure(error),
    }
}
