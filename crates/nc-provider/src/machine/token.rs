//! The token endpoint (RFC 6749 §3.2).

mod checks;
mod client_credentials;
mod code;
mod exchange;
mod refresh;

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use nc_proto::oauth::{
    error::TokenError,
    scope_list::ScopeList,
    token::{Grant, TokenRequest, TokenResponse},
};

use super::{answer::uncached, fault::Fault, request::Posted};
use crate::{Client, Endpoint, Error, Provider};

/// A request whose client is known.
struct Asked {
    client: Client,
    posted: Posted,
    scope: Option<ScopeList>,
    resources: Vec<String>,
    /// Thumbprint of the key that the client proved to have.
    jkt: Option<String>,
}

/// Answers a request for tokens.
pub(super) async fn answer(State(provider): State<Provider>, posted: Result<Posted, Fault>) -> Response {
    let outcome = match posted {
        Ok(posted) => respond(&provider, posted).await,
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(response) => uncached(StatusCode::OK, &response),
        Err(fault) => fault.into_response(),
    }
}

async fn respond(provider: &Provider, posted: Posted) -> Result<TokenResponse, Fault> {
    let client = provider.authenticate_client(&posted).await?;
    let TokenRequest {
        grant,
        scope,
        resources,
    } = TokenRequest::read(&posted.form)?;
    // Before anything is spent: the client may have to come again with a nonce.
    let jkt = provider.read_proof(&posted.headers, Endpoint::Token).await?;
    if client.document.require_dpop && jkt.is_none() {
        return Err(TokenError::InvalidDpopProof.into());
    }
    let asked = Asked {
        client,
        posted,
        scope,
        resources,
        jkt,
    };
    let mut outcome = give(provider, &asked, &grant).await;
    if let Err(Fault::Internal(Error::KeyMissing)) = &outcome {
        // Nothing was changed then, so it can be done again.
        provider.keys().make_missing().await?;
        outcome = give(provider, &asked, &grant).await;
    }
    if let Err(Fault::Token(TokenError::InvalidGrant | TokenError::UnauthorizedClient)) = &outcome {
        provider.count_failure(asked.client.id(), &asked.posted).await?;
    }
    outcome
}

async fn give(provider: &Provider, asked: &Asked, grant: &Grant) -> Result<TokenResponse, Fault> {
    match grant {
        Grant::Code {
            code,
            redirect_uri,
            verifier,
        } => code::redeem(provider, asked, code, redirect_uri.as_deref(), verifier.as_ref()).await,
        Grant::Refresh { refresh_token } => refresh::refresh(provider, asked, refresh_token).await,
        Grant::Exchange {
            subject_token,
            audience,
        } => exchange::exchange(provider, asked, subject_token, audience.as_deref()).await,
        Grant::ClientCredentials => client_credentials::issue(provider, asked).await,
    }
}
