//! Files: what people say about them.

use nc_auth::Scope::{FilesRead, FilesWrite};
use nc_mcp_kit::{Failure, Hints};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;

use super::{WEBDAV, files::path};
use crate::{
    context::Context,
    errors::OrFail,
    row::{Row, row},
};

/// Comments when the caller names no limit, as for the peer's users.
const DEFAULT_COMMENTS: u32 = 20;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            WEBDAV,
            FilesRead,
            Hints::READ,
            "nc_webdav_list_comments",
            "List File Comments",
            "Lists the comments on a file or folder, the latest first. For more pass `next_offset` as `offset`.",
            list_comments,
        ),
        row(
            WEBDAV,
            FilesWrite,
            Hints::ADD,
            "nc_webdav_create_comment",
            "Comment on File",
            "Writes a comment on a file or folder, as the user. Everybody who has the file sees it. To mention somebody, write \
             @ and the user id, in double quotes where it has spaces.",
            create_comment,
        ),
    ]
}

const fn default_comments() -> u32 {
    DEFAULT_COMMENTS
}

#[derive(Deserialize, JsonSchema)]
struct ListComments {
    /// Path from the root.
    #[schemars(length(min = 1))]
    path: String,
    /// Most comments to return, 1 to 100. 20 if not given.
    #[serde(default = "default_comments")]
    #[schemars(range(min = 1, max = 100))]
    limit: u32,
    /// How many comments to skip.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000))]
    offset: u32,
}

#[derive(Deserialize, JsonSchema)]
struct CreateComment {
    /// Path from the root.
    #[schemars(length(min = 1))]
    path: String,
    /// The text, 1 to 1000 characters.
    #[schemars(length(min = 1))]
    message: String,
}

#[derive(Serialize, JsonSchema)]
struct CommentItem {
    id: i64,
    message: String,
    actor_id: String,
    /// `users` for people with an account.
    actor_type: String,
    actor_display_name: Option<String>,
    /// RFC 3339.
    creation_datetime: Option<String>,
    verb: String,
    is_unread: bool,
    /// The comment that it answers.
    parent_id: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
struct CommentList {
    success: bool,
    timestamp: String,
    results: Vec<CommentItem>,
    /// How many are in this answer.
    count: usize,
    path: String,
    file_id: i64,
    limit: u32,
    offset: u32,
    /// Whether there are more.
    truncated: bool,
    /// Where the next part begins.
    next_offset: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
struct CommentCreated {
    success: bool,
    timestamp: String,
    path: String,
    file_id: i64,
    comment_id: Option<i64>,
    message: String,
}

async fn list_comments(context: Context, arguments: ListComments) -> Result<CommentList, Failure> {
    let ListComments { limit, offset, .. } = arguments;
    let path = path("path", &arguments.path)?;
    let page = context.client.files().comments(&path, limit, offset).await.or_fail()?;
    let results: Vec<CommentItem> = page
        .comments
        .into_iter()
        .map(|comment| CommentItem {
            id: comment.id,
            message: comment.message,
            actor_id: comment.actor_id,
            actor_type: comment.actor_type,
            actor_display_name: comment.actor_display_name,
            creation_datetime: comment.created.and_then(|time| time.format(&Rfc3339).ok()),
            verb: comment.verb,
            is_unread: comment.is_unread,
            parent_id: comment.parent_id,
        })
        .collect();
    Ok(CommentList {
        success: true,
        timestamp: context.timestamp(),
        count: results.len(),
        path: path.to_string(),
        file_id: page.entry.file_id.map(|id| id.0).unwrap_or_default(),
        limit,
        offset,
        truncated: page.truncated,
        next_offset: page.truncated.then(|| offset.saturating_add(limit)),
        results,
    })
}

async fn create_comment(context: Context, arguments: CreateComment) -> Result<CommentCreated, Failure> {
    let path = path("path", &arguments.path)?;
    let commented = context
        .client
        .files()
        .comment(&path, &arguments.message)
        .await
        .or_fail()?;
    Ok(CommentCreated {
        success: true,
        timestamp: context.timestamp(),
        path: path.to_string(),
        file_id: commented.entry.file_id.map(|id| id.0).unwrap_or_default(),
        comment_id: commented.id,
        message: arguments.message.trim().to_owned(),
    })
}
