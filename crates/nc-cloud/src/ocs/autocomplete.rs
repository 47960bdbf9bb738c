use axum::{extract::State, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Failure, Ocs};
use crate::{Cloud, SignedIn, address::Query};

/// Most people in one answer.
const MAX_RESULTS: u8 = 50;

/// What is looked for.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    search: String,
    #[serde(default = "default_limit")]
    limit: u8,
}

const fn default_limit() -> u8 {
    10
}

/// `GET …/core/autocomplete/get`: people whose id, name or mail address holds the text.
pub(super) async fn get(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Response {
    let limit = wanted.limit.min(MAX_RESULTS);
    let found = cloud
        .accounts()
        .search(&wanted.search, limit)
        .await
        .map_err(Failure::from);
    ocs.answer(found.map(|accounts| {
        let others = accounts.iter().filter(|account| account.id != signed_in.user.as_str());
        let people = others.map(|account| {
            json!({
                "id": account.id, "label": account.display_name, "icon": "icon-user", "source": "users", "status": "",
                "subline": "", "shareWithDisplayNameUnique": account.email.as_deref().unwrap_or(&account.id)
            })
        });
        Value::Array(people.collect())
    }))
}
