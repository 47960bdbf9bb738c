use nc_client::ShareQuery;
use nc_mcp_kit::{Failure, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::view::ShareView;
use crate::{context::Context, errors::OrFail, tools::files::path};

/// Shares when the caller names no limit.
const DEFAULT_LIMIT: u32 = 100;

#[derive(Deserialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is an argument of its own")]
pub(super) struct ListShares {
    /// Only shares of this file or folder.
    path: Option<String>,
    /// Those made with you.
    #[serde(default)]
    shared_with_me: bool,
    /// Those that wait for your answer.
    #[serde(default)]
    pending: bool,
    /// Those of what is directly in the folder `path`.
    #[serde(default)]
    members: bool,
    /// Also those that others made of your files.
    #[serde(default)]
    reshares: bool,
    /// Most shares to return. 100 if not given.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// How many to pass over.
    #[serde(default)]
    offset: u32,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Listed {
    /// How many there are, in a sentence.
    result: String,
    shares: Vec<ShareView>,
    total_count: usize,
    /// Whether there are more.
    truncated: bool,
    /// Where the next part begins.
    next_offset: Option<u32>,
}

pub(super) async fn list(context: Context, p: ListShares) -> Result<Listed, Failure> {
    let given = p.path.filter(|text| !text.trim().is_empty());
    if p.members && given.is_none() {
        return Err(ToolError::invalid_argument("argument `members`: give the folder as `path`").into());
    }
    let query = ShareQuery {
        path: given.map(|text| path("path", &text)).transpose()?,
        members: p.members,
        reshares: p.reshares,
        shared_with_me: p.shared_with_me,
        pending: p.pending,
    };
    let user = context.client.user().await.or_fail()?;
    let mut shares = context.client.sharing().list(&query).await.or_fail()?;
    // The server has no order of its own.
    shares.sort_by_key(|share| share.id);
    let total_count = shares.len();
    let limit = p.limit.unwrap_or(DEFAULT_LIMIT);
    let end = p.offset.saturating_add(limit);
    let part = shares.iter().skip(p.offset as usize).take(limit as usize);
    let shares: Vec<_> = part.map(|share| ShareView::of(share, &user.id)).collect();
    let truncated = (end as usize) < total_count;
    Ok(Listed {
        result: format!("{} of {total_count} shares.", shares.len()),
        shares,
        total_count,
        truncated,
        next_offset: truncated.then_some(end),
    })
}
