use nc_client::{ShareType, Sharee, ShareeQuery};
use nc_mcp_kit::{Failure, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::Kind;
use crate::{context::Context, errors::OrFail};

/// Hits of each kind when the caller names no limit.
const DEFAULT_LIMIT: u32 = 20;

#[derive(Deserialize, JsonSchema)]
pub(super) struct SearchSharees {
    /// A part of a name, id or mail address.
    #[schemars(length(min = 1))]
    query: String,
    /// Only this kind.
    kind: Option<Kind>,
    /// Whether a folder is to be shared.
    #[serde(default)]
    folder: bool,
    /// Most hits of each kind. 20 if not given.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// Page of hits, from 1.
    #[serde(default = "first")]
    #[schemars(range(min = 1))]
    page: u32,
}

const fn first() -> u32 {
    1
}

/// Whom something can be shared with.
#[derive(Serialize, JsonSchema)]
struct Hit {
    /// `user`, `group`, `email`, `federated`, `team`, `room`, …
    kind: String,
    /// For the tool that shares.
    share_with: String,
    /// For the tool that shares.
    share_type: i64,
    name: String,
    /// What tells people of the same name apart: mostly a mail address.
    unique: Option<String>,
    /// Whether it is just what was searched for.
    exact: bool,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Hits {
    /// How many there are, in a sentence.
    result: String,
    /// Those that are just what was searched for come first.
    sharees: Vec<Hit>,
    total_count: usize,
}

pub(super) async fn search(context: Context, p: SearchSharees) -> Result<Hits, Failure> {
    let search = p.query.trim();
    if search.is_empty() {
        return Err(ToolError::invalid_argument("argument `query`: a part of a name is due").into());
    }
    let query = ShareeQuery {
        search: search.to_owned(),
        is_folder: p.folder,
        types: p.kind.map(ShareType::from).into_iter().collect(),
        page: p.page,
        per_page: p.limit.unwrap_or(DEFAULT_LIMIT),
    };
    let found = context.client.sharing().sharees(&query).await.or_fail()?;
    let exact = found.exact.all().map(|sharee| hit(sharee, true));
    let sharees: Vec<_> = exact
        .chain(found.others.all().map(|sharee| hit(sharee, false)))
        .collect();
    let result = match sharees.len() {
        0 => "Nobody was found. The administrator may let only whole names be found.".to_owned(),
        count => format!("{count} found."),
    };
    Ok(Hits {
        result,
        total_count: sharees.len(),
        sharees,
    })
}

fn hit(sharee: &Sharee, exact: bool) -> Hit {
    let share_type = sharee.value.share_type;
    let number = share_type.number();
    Hit {
        kind: share_type
            .name()
            .map_or_else(|| format!("type {number}"), str::to_owned),
        share_with: sharee.value.share_with.clone(),
        share_type: number,
        name: sharee.label.clone(),
        unique: sharee.unique.clone(),
        exact,
    }
}
