//! Giving up a token (RFC 7009). What is unknown, or another's, is answered as if it had been given up.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header};
use nc_proto::oauth::{error::TokenError, introspection::TokenQuery, jose::Compact};
use nc_store::Unit;
use secrecy::ExposeSecret as _;

use super::{fault::Fault, request::Posted};
use crate::{AccessDocument, Audit, Client, Event, Provider, tokens::Opaque};

/// Takes a token back.
pub(super) async fn answer(State(provider): State<Provider>, posted: Result<Posted, Fault>) -> Response {
    let outcome = match posted {
        Ok(posted) => revoke(&provider, &posted).await,
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(()) => {
            let no_store = HeaderValue::from_static("no-store");
            (StatusCode::OK, [(header::CACHE_CONTROL, no_store)]).into_response()
        }
        Err(fault) => fault.into_response(),
    }
}

async fn revoke(provider: &Provider, posted: &Posted) -> Result<(), Fault> {
    let client = provider.authenticate_client(posted).await?;
    // The hint is not needed: every kind of token shows what it is.
    let query = TokenQuery::read(&posted.form)?;
    let token = query.token.expose_secret();
    if is_id_token(provider, token).await? {
        return Err(TokenError::UnsupportedTokenType.into());
    }
    let access = provider.access_token_digest(token).await?;
    let ends_family = provider.settings().await?.revoke_family_with_access_token;
    let mut released = None;
    let unit = provider.store().begin().await?;
    if let Some(digest) = Opaque::Refresh.digest(token) {
        if let Some(record) = unit.find_refresh_token(digest).await? {
            released = end_family(provider, unit.as_ref(), &client, &record.grant, posted).await?;
        }
    } else if let Some(digest) = access
        && let Some((record, grant)) = unit.find_access_token(digest).await?
    {
        let document: AccessDocument = serde_json::from_str(&record.document)?;
        // A token from an exchange belongs to another client than its family does.
        if ends_family && grant.client_id == client.id() {
            released = end_family(provider, unit.as_ref(), &client, &grant.id, posted).await?;
        } else if document.claims.client_id == client.id() && unit.revoke_access_token(digest, provider.now()).await? {
            Audit::new(Event::Revoked)
                .with("what", "access token")
                .with("client", client.id())
                .with("subject", grant.subject.clone())
                .with("sid", grant.sid)
                .with("grant", grant.id)
                .with_address(provider, posted.address)
                .append(unit.as_ref(), provider.now())
                .await?;
            released = grant.subject;
        }
    }
    unit.commit().await?;
    provider.release(released.as_deref()).await;
    Ok(())
}

/// A refresh token stands for its family: its access tokens go with it. Whose it was.
async fn end_family(
    provider: &Provider,
    unit: &dyn Unit,
    client: &Client,
    grant: &str,
    posted: &Posted,
) -> Result<Option<String>, Fault> {
    let grant = unit.find_grant(grant).await?;
    let Some(grant) = grant.filter(|grant| grant.client_id == client.id()) else {
        return Ok(None);
    };
    if unit.revoke_grant(&grant.id, provider.now()).await? {
        Audit::new(Event::Revoked)
            .with("what", "family")
            .with("client", client.id())
            .with("subject", grant.subject.clone())
            .with("sid", grant.sid)
            .with("grant", grant.id)
            .with_address(provider, posted.address)
            .append(unit, provider.now())
            .await?;
    }
    Ok(grant.subject)
}

/// Whether we signed it for telling a client who signed in, which cannot be taken back.
async fn is_id_token(provider: &Provider, token: &str) -> Result<bool, Fault> {
    match Compact::read(token) {
        Ok(token) if token.header.is_typ("jwt") => Ok(provider.keys().verify(&token).await?),
        _ => Ok(false),
    }
}
