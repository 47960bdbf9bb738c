use axum::{Extension, Json, extract::State};
use serde_json::json;

use super::{
    By,
    answer::Answer,
    input::{Input, Number},
};
use crate::{Provider, admin::LogoutUri};

pub(super) async fn list(State(provider): State<Provider>, Extension(by): Extension<By>) -> Answer {
    everything(&provider, &by).await
}

pub(super) async fn add(State(provider): State<Provider>, Extension(by): Extension<By>, input: Input) -> Answer {
    let uri = input.text("redirectUri")?;
    by.admin(&provider).add_logout_uri(&uri).await?;
    everything(&provider, &by).await
}

pub(super) async fn remove(
    State(provider): State<Provider>,
    Extension(by): Extension<By>,
    Number(id): Number,
) -> Answer {
    by.admin(&provider).remove_logout_uri(id).await?;
    everything(&provider, &by).await
}

async fn everything(provider: &Provider, by: &By) -> Answer {
    let uris = by.admin(provider).list_logout_uris().await?;
    let uris = uris
        .into_iter()
        .map(|LogoutUri { number, uri }| json!({ "id": number, "redirectUri": uri }));
    Ok(Json(uris.collect()))
}
