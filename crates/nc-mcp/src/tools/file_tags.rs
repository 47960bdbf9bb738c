//! Files: tags that all users share, and the mark of favourites.

use nc_auth::Scope::{FilesRead, FilesWrite};
use nc_client::{Error, SystemTag};
use nc_mcp_kit::{Failure, Hints, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    WEBDAV,
    files::{Item, item, path},
};
use crate::{
    context::Context,
    errors::{OrFail, failure},
    row::{Row, row},
};

/// Tags in one answer; more than a model can make use of.
const MOST_TAGS: usize = 1000;
/// Files when the caller names no limit.
const DEFAULT_FILES: u32 = 100;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            WEBDAV,
            FilesRead,
            Hints::READ,
            "nc_webdav_list_tags",
            "List Tags",
            "Lists the tags that files can have. All users share them.",
            list_tags,
        ),
        row(
            WEBDAV,
            FilesRead,
            Hints::READ,
            "nc_webdav_get_file_tags",
            "Get File Tags",
            "Lists the tags of a file or folder.",
            get_file_tags,
        ),
        row(
            WEBDAV,
            FilesRead,
            Hints::READ,
            "nc_webdav_find_by_tag_name",
            "Find Files By Tag",
            "Finds the files and folders that have a tag, by the tag's name.",
            find_by_tag_name,
        ),
        row(
            WEBDAV,
            FilesWrite,
            Hints::ADD.idempotent(),
            "nc_webdav_tag_file",
            "Tag File",
            "Gives a file or folder a tag. A tag that does not exist is made only with create_tag. One that the file has already \
             is fine.",
            tag_file,
        ),
        row(
            WEBDAV,
            FilesWrite,
            Hints::ADD.idempotent(),
            "nc_webdav_untag_file",
            "Untag File",
            "Takes a tag from a file or folder. The tag itself stays. It is an error if the file does not have it.",
            untag_file,
        ),
        row(
            WEBDAV,
            FilesWrite,
            Hints::ADD.idempotent(),
            "nc_webdav_set_favorite",
            "Set Favorite",
            "Marks a file or folder as a favourite of the user, or takes the mark away.",
            set_favorite,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct NoArguments {}

#[derive(Deserialize, JsonSchema)]
struct OnePath {
    /// Path from the root.
    #[schemars(length(min = 1))]
    path: String,
}

#[derive(Deserialize, JsonSchema)]
struct FindByTag {
    /// Name of the tag.
    #[schemars(length(min = 1))]
    tag: String,
    /// Most files to return, 1 to 1000. 100 if not given.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
struct TagFile {
    /// Path from the root.
    #[schemars(length(min = 1))]
    path: String,
    /// Name of the tag.
    #[schemars(length(min = 1))]
    tag: String,
    /// Whether to make the tag for all users where there is none of that name.
    #[serde(default)]
    create_tag: bool,
}

#[derive(Deserialize, JsonSchema)]
struct UntagFile {
    /// Path from the root.
    #[schemars(length(min = 1))]
    path: String,
    /// Name of the tag.
    #[schemars(length(min = 1))]
    tag: String,
}

#[derive(Deserialize, JsonSchema)]
struct SetFavorite {
    /// Path from the root.
    #[schemars(length(min = 1))]
    path: String,
    /// `true` marks it, `false` takes the mark away.
    favorite: bool,
}

#[derive(Serialize, JsonSchema)]
struct Tag {
    id: i64,
    name: String,
    /// Whether the user may give it to files.
    assignable: bool,
}

#[derive(Serialize, JsonSchema)]
struct TagList {
    success: bool,
    timestamp: String,
    tags: Vec<Tag>,
    total_count: usize,
    /// Whether tags are missing here.
    truncated: bool,
}

#[derive(Serialize, JsonSchema)]
struct TagsOfFile {
    success: bool,
    timestamp: String,
    path: String,
    file_id: String,
    tags: Vec<Tag>,
}

#[derive(Serialize, JsonSchema)]
struct TaggedFiles {
    success: bool,
    timestamp: String,
    tag: String,
    tag_id: Option<i64>,
    files: Vec<Item>,
    /// How many are in this answer. There are more when `truncated` is true.
    total_count: usize,
    /// Whether the limit cut the list.
    truncated: bool,
}

#[derive(Serialize, JsonSchema)]
struct FileTagged {
    success: bool,
    timestamp: String,
    path: String,
    tag: String,
    tag_id: i64,
    /// Whether the file has the tag now.
    assigned: bool,
    message: String,
}

#[derive(Serialize, JsonSchema)]
struct FavoriteSet {
    success: bool,
    timestamp: String,
    path: String,
    is_favorite: bool,
}

fn tag(tag: SystemTag) -> Tag {
    Tag {
        id: tag.id,
        name: tag.name,
        assignable: tag.can_assign,
    }
}

async fn list_tags(context: Context, _: NoArguments) -> Result<TagList, Failure> {
    let tags = context.client.files().tags().await.or_fail()?;
    let total_count = tags.len();
    Ok(TagList {
        success: true,
        timestamp: context.timestamp(),
        tags: tags.into_iter().take(MOST_TAGS).map(tag).collect(),
        total_count,
        truncated: total_count > MOST_TAGS,
    })
}

async fn get_file_tags(context: Context, arguments: OnePath) -> Result<TagsOfFile, Failure> {
    let path = path("path", &arguments.path)?;
    let (entry, tags) = context.client.files().tags_of(&path).await.or_fail()?;
    Ok(TagsOfFile {
        success: true,
        timestamp: context.timestamp(),
        path: path.to_string(),
        file_id: entry.file_id.map(|id| id.to_string()).unwrap_or_default(),
        tags: tags.into_iter().map(tag).collect(),
    })
}

async fn find_by_tag_name(context: Context, arguments: FindByTag) -> Result<TaggedFiles, Failure> {
    let files = context.client.files();
    let tag = files.tag_named(arguments.tag.trim()).await.or_fail()?;
    let limit = arguments.limit.unwrap_or(DEFAULT_FILES);
    let found = files.tagged(&tag, limit).await.or_fail()?;
    let results: Vec<Item> = found.entries.into_iter().map(|entry| item(&context, entry)).collect();
    Ok(TaggedFiles {
        success: true,
        timestamp: context.timestamp(),
        tag: tag.name,
        tag_id: Some(tag.id),
        total_count: results.len(),
        truncated: found.truncated,
        files: results,
    })
}

async fn tag_file(context: Context, arguments: TagFile) -> Result<FileTagged, Failure> {
    let path = path("path", &arguments.path)?;
    let name = arguments.tag.trim();
    let tagging = context.client.files().tag(&path, name, arguments.create_tag).await;
    let tagging = tagging.map_err(|error| match error {
        Error::NotFound { ref subject, .. } if !arguments.create_tag && subject.to_string().starts_with("the tag ") => {
            let message =
                format!("{error}; choose one of nc_webdav_list_tags, or set create_tag to make it for all users");
            ToolError::new(error.code(), message).into()
        }
        error => failure(&error),
    })?;
    let message = match (tagging.was_there, tagging.created) {
        (true, _) => "the file had the tag already",
        (false, true) => "tagged, with a new tag",
        (false, false) => "tagged",
    };
    Ok(FileTagged {
        success: true,
        timestamp: context.timestamp(),
        path: path.to_string(),
        tag: tagging.tag.name,
        tag_id: tagging.tag.id,
        assigned: true,
        message: message.to_owned(),
    })
}

async fn untag_file(context: Context, arguments: UntagFile) -> Result<FileTagged, Failure> {
    let path = path("path", &arguments.path)?;
    let tag = context
        .client
        .files()
        .untag(&path, arguments.tag.trim())
        .await
        .or_fail()?;
    Ok(FileTagged {
        success: true,
        timestamp: context.timestamp(),
        path: path.to_string(),
        tag: tag.name,
        tag_id: tag.id,
        assigned: false,
        message: "the tag was taken from the file".to_owned(),
    })
}

async fn set_favorite(context: Context, arguments: SetFavorite) -> Result<FavoriteSet, Failure> {
    let path = path("path", &arguments.path)?;
    let files = context.client.files();
    files.set_favorite(&path, arguments.favorite).await.or_fail()?;
    Ok(FavoriteSet {
        success: true,
        timestamp: context.timestamp(),
        path: path.to_string(),
        is_favorite: arguments.favorite,
    })
}
