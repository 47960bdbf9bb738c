//! Files: everything that changes them. Nothing that exists is replaced without its etag or an explicit wish.

use nc_auth::Scope::FilesWrite;
use nc_client::{Error, Made, Overwrite, WriteMode, WriteOptions};
use nc_mcp_kit::{Failure, Hints, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    WEBDAV,
    files::{etag, path},
};
use crate::{
    context::Context,
    errors::{OrFail, failure},
    row::{Row, row},
};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            WEBDAV,
            FilesWrite,
            Hints::REPLACE,
            "nc_webdav_write_file",
            "Write File",
            "Writes a text file. Without if_match it only creates, and fails with already_exists if there is one. To replace it, pass the etag of the last read as if_match, or `*` for whatever is there. The folder must exist.",
            write,
        ),
        row(
            WEBDAV,
            FilesWrite,
            Hints::ADD.idempotent(),
            "nc_webdav_create_directory",
            "Create Directory",
            "Creates a folder and the folders above it that are missing. A folder that is there already is fine.",
            create_directory,
        ),
        row(
            WEBDAV,
            FilesWrite,
            Hints::DELETE,
            "nc_webdav_delete_resource",
            "Delete File or Directory",
            "Deletes a file, or a folder with everything in it. It goes to the trash bin where the cloud has one.",
            delete,
        ),
        row(
            WEBDAV,
            FilesWrite,
            Hints::REPLACE,
            "nc_webdav_move_resource",
            "Move or Rename",
            "Moves or renames a file or folder. Fails with already_exists if the destination is there, unless overwrite is true.",
            move_resource,
        ),
        row(
            WEBDAV,
            FilesWrite,
            Hints::REPLACE,
            "nc_webdav_copy_resource",
            "Copy File or Directory",
            "Copies a file, or a folder with everything in it. Fails with already_exists if the destination is there, unless overwrite is true.",
            copy_resource,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct WriteFile {
    /// Path from the root.
    #[schemars(length(min = 1))]
    path: String,
    /// The whole new content, stored as UTF-8.
    content: String,
    /// Media type, taken from the name if not given. For base64 of binary data append a semicolon and the word base64.
    content_type: Option<String>,
    /// Etag of the last read, to replace exactly that version. The value `*` replaces any.
    if_match: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct OnePath {
    /// Path from the root.
    #[schemars(length(min = 1))]
    path: String,
}

#[derive(Deserialize, JsonSchema)]
struct TwoPaths {
    /// Path from the root.
    #[schemars(length(min = 1))]
    source_path: String,
    /// Where it goes, with its new name.
    #[schemars(length(min = 1))]
    destination_path: String,
    /// Whether an existing destination may be replaced.
    #[serde(default)]
    overwrite: bool,
    /// Etag of the destination: with overwrite only that version is replaced.
    if_destination_match: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct FileWritten {
    success: bool,
    timestamp: String,
    status_code: Option<u16>,
    message: Option<String>,
    path: String,
    /// Bytes.
    size: Option<u64>,
    /// Whether the file is new.
    created: bool,
    /// Needed for the next change.
    etag: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct DirectoryMade {
    success: bool,
    timestamp: String,
    /// 201 for a new folder, 405 for one that was there.
    status_code: u16,
    message: String,
    path: String,
}

#[derive(Serialize, JsonSchema)]
struct Deleted {
    success: bool,
    timestamp: String,
    status_code: u16,
    message: String,
    path: String,
}

#[derive(Serialize, JsonSchema)]
struct Moved {
    success: bool,
    timestamp: String,
    /// 201 when the destination is new, 204 when it was replaced.
    status_code: Option<u16>,
    message: Option<String>,
    source_path: String,
    destination_path: String,
    overwrite: bool,
}

async fn write(context: Context, arguments: WriteFile) -> Result<FileWritten, Failure> {
    let target = path("path", &arguments.path)?;
    let (content_type, is_base64) = media_type(arguments.content_type);
    let content = if is_base64 {
        use base64::{Engine, prelude::BASE64_STANDARD};
        BASE64_STANDARD
            .decode(arguments.content.trim())
            .map_err(|_| ToolError::invalid_argument("argument `content` is not base64, as `content_type` says"))?
    } else {
        arguments.content.into_bytes()
    };
    if let Some(limit) = context
        .options
        .write_max_bytes
        .filter(|limit| content.len() as u64 > *limit)
    {
        return Err(ToolError::new(
            "too_large",
            format!(
                "the content has {} bytes, at most {limit} can be written at once",
                content.len()
            ),
        )
        .into());
    }
    let mode = match arguments.if_match.as_deref().map(str::trim) {
        None | Some("") => WriteMode::CreateNew,
        Some("*") => WriteMode::Overwrite,
        Some(text) => WriteMode::Replace(etag("if_match", text)?),
    };
    let size = content.len() as u64;
    let options = WriteOptions {
        content_type,
        ..WriteOptions::default()
    };
    let written = context.client.files().write(&target, content, &mode, &options).await.map_err(|error| match error {
        Error::AlreadyExists { current, .. } => {
            let version = current.etag.map(|etag| format!(" (its etag is {etag})")).unwrap_or_default();
            ToolError::new(
                "already_exists",
                format!(
                    "`{target}` exists{version} and was left alone; read it and pass its etag as if_match to replace that version, \
                     or pass `*` to replace any"
                ),
            )
            .into()
        }
        error => failure(&error),
    })?;
    Ok(FileWritten {
        success: true,
        timestamp: context.timestamp(),
        status_code: Some(if written.created { 201 } else { 204 }),
        message: Some(format!(
            "{} {size} bytes",
            if written.created {
                "created with"
            } else {
                "replaced with"
            }
        )),
        path: target.to_string(),
        size: Some(size),
        created: written.created,
        etag: written.etag.map(|etag| etag.to_string()),
    })
}

/// The media type, and whether the content is base64: prompts of the peer say so in the type.
fn media_type(content_type: Option<String>) -> (Option<String>, bool) {
    match content_type {
        Some(text) => match text.split_once(';') {
            Some((kind, parameters))
                if parameters
                    .split(';')
                    .any(|one| one.trim().eq_ignore_ascii_case("base64")) =>
            {
                (Some(kind.trim().to_owned()).filter(|kind| !kind.is_empty()), true)
            }
            _ => (Some(text), false),
        },
        None => (None, false),
    }
}

async fn create_directory(context: Context, arguments: OnePath) -> Result<DirectoryMade, Failure> {
    let folder = path("path", &arguments.path)?;
    let made = context.client.files().create_directory(&folder, true).await.or_fail()?;
    let (status_code, message) = match made {
        Made::New => (201, "created"),
        Made::Existed => (405, "the folder was there already"),
    };
    Ok(DirectoryMade {
        success: true,
        timestamp: context.timestamp(),
        status_code,
        message: message.to_owned(),
        path: folder.to_string(),
    })
}

async fn delete(context: Context, arguments: OnePath) -> Result<Deleted, Failure> {
    let target = path("path", &arguments.path)?;
    if target.is_root() {
        return Err(ToolError::invalid_argument("the root folder cannot be deleted; name what is in it").into());
    }
    context.client.files().delete(&target, None).await.or_fail()?;
    Ok(Deleted {
        success: true,
        timestamp: context.timestamp(),
        status_code: 204,
        message: "deleted".to_owned(),
        path: target.to_string(),
    })
}

async fn move_resource(context: Context, arguments: TwoPaths) -> Result<Moved, Failure> {
    transfer(context, arguments, true).await
}

async fn copy_resource(context: Context, arguments: TwoPaths) -> Result<Moved, Failure> {
    transfer(context, arguments, false).await
}

async fn transfer(context: Context, arguments: TwoPaths, moves: bool) -> Result<Moved, Failure> {
    let source = path("source_path", &arguments.source_path)?;
    let destination = path("destination_path", &arguments.destination_path)?;
    let overwrite = match arguments.if_destination_match.as_deref().map(str::trim) {
        None | Some("" | "*") if arguments.overwrite => Overwrite::Replace,
        None | Some("") => Overwrite::Never,
        Some(text) if arguments.overwrite => Overwrite::ReplaceVersion(etag("if_destination_match", text)?),
        Some(_) => {
            return Err(ToolError::invalid_argument("`if_destination_match` needs `overwrite` to be true").into());
        }
    };
    let files = context.client.files();
    let result = if moves {
        files.move_to(&source, &destination, overwrite).await
    } else {
        files.copy_to(&source, &destination, overwrite).await
    };
    let created = !result.or_fail()?.replaced;
    Ok(Moved {
        success: true,
        timestamp: context.timestamp(),
        status_code: Some(if created { 201 } else { 204 }),
        message: Some(format!(
            "{}{}",
            if moves { "moved" } else { "copied" },
            if created { "" } else { ", replacing what was there" }
        )),
        source_path: source.to_string(),
        destination_path: destination.to_string(),
        overwrite: arguments.overwrite,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_said_in_the_media_type() {
        assert_eq!(
            media_type(Some("image/png;base64".into())),
            (Some("image/png".into()), true)
        );
        assert_eq!(
            media_type(Some("text/plain; charset=utf-8".into())),
            (Some("text/plain; charset=utf-8".into()), false)
        );
        assert_eq!(media_type(None), (None, false));
    }
}
