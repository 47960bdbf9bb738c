use axum::{Extension, Json, extract::State};
use serde_json::json;

use super::{By, answer::Answer, input::Input};
use crate::{Audit, Event, Provider};

/// New signing keys. The former ones stay good for what they signed, unless `emergency` is set.
pub(super) async fn rotate(State(provider): State<Provider>, Extension(by): Extension<By>, input: Input) -> Answer {
    let emergency = input.flag("emergency")?;
    if emergency {
        provider.keys().rotate_emergency().await?;
    } else {
        provider.keys().rotate().await?;
    }
    let what = if emergency {
        "keys replaced in an emergency"
    } else {
        "keys rotated"
    };
    by.admin(&provider)
        .note(Audit::new(Event::Administration).with("what", what))
        .await?;
    Ok(Json(json!({ "public_key": provider.keys().jwks().await?.to_value() })))
}
