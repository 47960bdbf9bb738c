//! Files: four ways to find them, all on the server.

use nc_auth::Scope::FilesRead;
use nc_client::{FilePath, FileQuery, NamePattern};
use nc_mcp_kit::{Failure, Hints, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    WEBDAV,
    files::{Item, item, path},
};
use crate::{
    context::Context,
    errors::OrFail,
    row::{Row, row},
};

/// Hits when the caller names no limit.
const DEFAULT_HITS: u32 = 100;
const MAX_HITS: u32 = 1000;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            WEBDAV,
            FilesRead,
            Hints::READ,
            "nc_webdav_search_files",
            "Search Files",
            "Finds files and folders below a folder by name, type and favourite mark. All that are given must hold.",
            search,
        ),
        row(
            WEBDAV,
            FilesRead,
            Hints::READ,
            "nc_webdav_find_by_name",
            "Find Files by Name",
            "Finds files and folders whose name contains the pattern, in any case. `*` in the pattern stands for any \
             characters, then the whole name must match, as in *.pdf.",
            by_name,
        ),
        row(
            WEBDAV,
            FilesRead,
            Hints::READ,
            "nc_webdav_find_by_type",
            "Find Files by Type",
            "Finds files of a media type, such as application/pdf, or of a family of types, such as image.",
            by_type,
        ),
        row(
            WEBDAV,
            FilesRead,
            Hints::READ,
            "nc_webdav_list_favorites",
            "List Favorites",
            "Lists the files and folders that the user marked as favourites.",
            favorites,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct SearchFiles {
    /// Folder to look in. Empty for all files.
    #[serde(default)]
    scope: String,
    /// Part of the name. `*` stands for any characters.
    name_pattern: Option<String>,
    /// Media type such as application/pdf, or the part before the slash.
    mime_type: Option<String>,
    /// Only favourites.
    #[serde(default)]
    only_favorites: bool,
    /// Most hits. 100 if not given.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
struct FindByName {
    /// Part of the name. `*` stands for any characters.
    #[schemars(length(min = 1))]
    pattern: String,
    /// Folder to look in. Empty for all files.
    #[serde(default)]
    scope: String,
    /// Most hits. 100 if not given.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
struct FindByType {
    /// Media type such as application/pdf, or the part before the slash.
    #[schemars(length(min = 1))]
    mime_type: String,
    /// Folder to look in. Empty for all files.
    #[serde(default)]
    scope: String,
    /// Most hits. 100 if not given.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
struct ListFavorites {
    /// Folder to look in. Empty for all files.
    #[serde(default)]
    scope: String,
    /// Most hits. 100 if not given.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
struct FilesFound {
    success: bool,
    timestamp: String,
    results: Vec<Item>,
    /// How many are in this answer. There are more when `truncated` is true.
    total_found: usize,
    /// Whether the limit cut the list.
    truncated: bool,
    scope: String,
    #[schemars(with = "Option<Map<String, Value>>")]
    filters_applied: Option<Map<String, Value>>,
}

async fn search(context: Context, arguments: SearchFiles) -> Result<FilesFound, Failure> {
    let mut query = query(&arguments.scope, arguments.limit)?;
    query.name_like = arguments
        .name_pattern
        .as_deref()
        .filter(|pattern| !pattern.is_empty())
        .map(like);
    query.mime_like = arguments
        .mime_type
        .as_deref()
        .filter(|kind| !kind.is_empty())
        .map(media_type)
        .transpose()?;
    query.favorite = arguments.only_favorites.then_some(true);
    let mut filters = Map::new();
    for (name, value) in [
        ("name_pattern", arguments.name_pattern),
        ("mime_type", arguments.mime_type),
    ] {
        if let Some(value) = value {
            filters.insert(name.to_owned(), value.into());
        }
    }
    if arguments.only_favorites {
        filters.insert("only_favorites".to_owned(), true.into());
    }
    find(&context, query, filters).await
}

async fn by_name(context: Context, arguments: FindByName) -> Result<FilesFound, Failure> {
    let mut query = query(&arguments.scope, arguments.limit)?;
    query.name_like = Some(like(&arguments.pattern));
    find(
        &context,
        query,
        Map::from_iter([("name_pattern".to_owned(), arguments.pattern.into())]),
    )
    .await
}

async fn by_type(context: Context, arguments: FindByType) -> Result<FilesFound, Failure> {
    let mut query = query(&arguments.scope, arguments.limit)?;
    query.mime_like = Some(media_type(&arguments.mime_type)?);
    find(
        &context,
        query,
        Map::from_iter([("mime_type".to_owned(), arguments.mime_type.into())]),
    )
    .await
}

async fn favorites(context: Context, arguments: ListFavorites) -> Result<FilesFound, Failure> {
    let mut query = query(&arguments.scope, arguments.limit)?;
    query.favorite = Some(true);
    find(
        &context,
        query,
        Map::from_iter([("only_favorites".to_owned(), true.into())]),
    )
    .await
}

fn query(scope: &str, limit: Option<u32>) -> Result<FileQuery, Failure> {
    let limit = limit.unwrap_or(DEFAULT_HITS).min(MAX_HITS);
    Ok(FileQuery {
        scope: path("scope", scope)?,
        limit,
        ..FileQuery::default()
    })
}

async fn find(context: &Context, query: FileQuery, filters: Map<String, Value>) -> Result<FilesFound, Failure> {
    let scope: FilePath = query.scope.clone();
    let found = context.client.files().search(&query).await.or_fail()?;
    let results: Vec<Item> = found.entries.into_iter().map(|entry| item(context, entry)).collect();
    Ok(FilesFound {
        success: true,
        timestamp: context.timestamp(),
        total_found: results.len(),
        truncated: found.truncated,
        results,
        scope: scope.to_string(),
        filters_applied: Some(filters).filter(|filters| !filters.is_empty()),
    })
}

/// A person's pattern as a `like` pattern. `*` stands for any characters; so does `%` at either end, because prompts
/// written for the peer use it there. Everything else is taken by the letter.
fn like(pattern: &str) -> NamePattern {
    let (open_start, rest) = pattern.strip_prefix('%').map_or((false, pattern), |rest| (true, rest));
    let (open_end, rest) = rest.strip_suffix('%').map_or((false, rest), |rest| (true, rest));
    let anchored = rest.contains('*') || open_start || open_end;
    if !anchored {
        return NamePattern::Containing(rest.to_owned());
    }
    let middle = rest
        .split('*')
        .map(nc_proto::dav::escape_like)
        .collect::<Vec<_>>()
        .join("%");
    NamePattern::Like(format!(
        "{}{middle}{}",
        if open_start { "%" } else { "" },
        if open_end { "%" } else { "" }
    ))
}

/// A whole media type, or the beginning of a family.
fn media_type(kind: &str) -> Result<String, Failure> {
    let kind = kind.trim_end_matches(['%', '*']).trim_end_matches('/');
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    match kind.split_once('/') {
        Some((family, name)) if plain(family) && plain(name) => Ok(kind.to_owned()),
        None if plain(kind) => Ok(format!("{kind}/")),
        _ => Err(ToolError::invalid_argument(
            "argument `mime_type` must be a media type such as application/pdf, or its first part such as image",
        )
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_of_the_server_are_letters_of_the_user() {
        let like_text = |pattern| match like(pattern) {
            NamePattern::Like(text) => text,
            NamePattern::Containing(text) => format!("contains {text}"),
        };
        assert_eq!(like_text("100%_a"), "contains 100%_a");
        assert_eq!(like_text("report"), "contains report");
        assert_eq!(like_text("*.pdf"), "%.pdf");
        assert_eq!(like_text("a_*b%c"), r"a\_%b\%c");
        assert_eq!(like_text("%.pdf"), "%.pdf");
        assert_eq!(like_text("%report%"), "%report%");
    }

    #[test]
    fn a_media_type_is_whole_or_a_family() {
        assert_eq!(media_type("application/pdf").ok().as_deref(), Some("application/pdf"));
        for family in ["image", "image/", "image/%", "image/*"] {
            assert_eq!(media_type(family).ok().as_deref(), Some("image/"), "{family}");
        }
        assert!(media_type("a/b/c").is_err());
        assert!(media_type("%").is_err());
    }
}
