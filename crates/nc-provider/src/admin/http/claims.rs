use axum::{Extension, Json, extract::State};
use serde_json::json;

use super::{
    By,
    answer::Answer,
    input::{Input, Number},
};
use crate::{
    Provider,
    admin::{AdminError, NewClaim, WhichClient, describe_claim},
};

pub(super) async fn list(State(provider): State<Provider>, Extension(by): Extension<By>) -> Answer {
    let claims = by.admin(&provider).list_claims(None).await?;
    Ok(Json(claims.iter().map(describe_claim).collect()))
}

pub(super) async fn create(State(provider): State<Provider>, Extension(by): Extension<By>, input: Input) -> Answer {
    let admin = by.admin(&provider);
    // `clientId` is the number of the client, `clientUid` its id on the wire.
    let claim = match input.find_text("clientUid")? {
        Some(id) => admin.put_claim(WhichClient::Id(&id), read(&input)?).await?,
        None => {
            admin
                .put_claim(WhichClient::Number(input.number("clientId")?), read(&input)?)
                .await?
        }
    };
    Ok(Json(describe_claim(&claim)))
}

pub(super) async fn change(State(provider): State<Provider>, Extension(by): Extension<By>, input: Input) -> Answer {
    let claim = by
        .admin(&provider)
        .change_claim(input.number("id")?, read(&input)?)
        .await?;
    Ok(Json(describe_claim(&claim)))
}

pub(super) async fn change_by_path(
    State(provider): State<Provider>,
    Extension(by): Extension<By>,
    Number(id): Number,
    input: Input,
) -> Answer {
    let claim = by.admin(&provider).change_claim(id, read(&input)?).await?;
    Ok(Json(describe_claim(&claim)))
}

pub(super) async fn remove(
    State(provider): State<Provider>,
    Extension(by): Extension<By>,
    Number(id): Number,
) -> Answer {
    by.admin(&provider).remove_claim(id).await?;
    Ok(Json(json!([])))
}

fn read(input: &Input) -> Result<NewClaim, AdminError> {
    Ok(NewClaim {
        scope: input.text("scope")?,
        name: input.text("name")?,
        function: input.text("function")?,
        parameter: input.find_text("parameter")?,
    })
}
