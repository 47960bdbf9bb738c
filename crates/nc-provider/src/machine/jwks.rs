//! The public keys.

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse as _, Response},
};
use nc_web::ClientAddress;

use super::{fault::Fault, metadata};
use crate::{Error, Provider, limits};

/// Answers with every key that tokens may be signed with now, soon, or were until lately.
pub(super) async fn answer(State(provider): State<Provider>, address: Option<Extension<ClientAddress>>) -> Response {
    let address = address.map(|Extension(address)| address);
    if let Err(seconds) = provider
        .limits()
        .metadata
        .take(limits::key("", address), provider.now())
    {
        return Fault::TooMany(seconds).into_response();
    }
    match document(&provider).await {
        Ok(body) => metadata::json(body),
        Err(error) => Fault::from(error).into_response(),
    }
}

async fn document(provider: &Provider) -> Result<Vec<u8>, Error> {
    let set = provider.keys().jwks().await?;
    Ok(serde_json::to_vec(&set.to_value())?)
}
