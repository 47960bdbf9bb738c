use nc_client::{ShareId, SharePatch};
use nc_mcp_kit::{Failure, ToolError};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{
    input::{self, Permission},
    view::ShareView,
};
use crate::{context::Context, errors::OrFail};

#[derive(Deserialize, JsonSchema)]
pub(super) struct UpdateShare {
    /// The share.
    share_id: i64,
    /// Sum of 1 read, 2 update, 4 create, 8 delete, 16 share.
    permissions: Option<i64>,
    /// Permissions by name. Counts before `permissions`.
    allow: Option<Vec<Permission>>,
    /// Password of a link. Empty takes it away.
    password: Option<String>,
    /// Last day plus one, YYYY-MM-DD. Empty takes it away.
    expire_date: Option<String>,
    /// Name of a link.
    label: Option<String>,
    /// Words for the receiver.
    note: Option<String>,
    /// Whether a link's page offers no download.
    hide_download: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Updated {
    /// What happened, in a sentence.
    result: String,
    share: ShareView,
    /// What differs from what was asked for.
    warning: Option<String>,
}

pub(super) async fn update(context: Context, p: UpdateShare) -> Result<Updated, Failure> {
    let permissions = input::mask(p.permissions, p.allow.as_deref())?;
    let expire_date = match p.expire_date.as_deref().map(str::trim) {
        Some("") => Some(String::new()),
        Some(text) => Some(input::day(&context, text)?),
        None => None,
    };
    let patch = SharePatch {
        permissions,
        password: p.password.map(SecretString::from),
        expire_date,
        label: p.label,
        note: p.note,
        hide_download: p.hide_download,
    };
    let updated = context
        .client
        .sharing()
        .update(ShareId(p.share_id), &patch)
        .await
        .or_fail()?;
    if let Some((field, error)) = updated.refused {
        let message = format!("{field}: {error}. Changed before that: {}.", updated.changed.join(", "));
        return Err(ToolError::new(error.code(), message).into());
    }
    let share = ShareView::new(&context, &updated.share).await?;
    Ok(Updated {
        result: share.sentence(),
        warning: permissions.and_then(|asked| input::difference(asked, updated.share.permissions)),
        share,
    })
}
