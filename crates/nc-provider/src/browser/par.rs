//! Pushed authorization requests (RFC 9126): the client sends its request itself, and the browser carries a name for it.

use axum::{extract::State, response::Response};
use http::StatusCode;
use nc_proto::oauth::{
    authorize::PUSHED_PREFIX,
    error::{AuthorizeError, PageError, TokenError},
    form::{Form, Limits},
};
use nc_store::{Digest, TicketKind, TicketRecord};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    pending,
    request::{self, Fault as Unfit, Way},
};
use crate::{
    Endpoint, Error, Provider, limits,
    machine::{answer::uncached, fault::Fault, request::Posted},
    random,
};

/// A pushed request, as it is stored.
#[derive(Serialize, Deserialize)]
struct PushedDocument {
    client_id: String,
    parameters: Vec<(String, String)>,
}

/// `POST /par`.
pub(super) async fn push(State(provider): State<Provider>, posted: Posted) -> Result<Response, Fault> {
    let client = provider.authenticate_client(&posted).await?;
    // Each is stored. The name of a public client anybody can say, and anybody can make clients that describe themselves.
    let (limits, now) = (provider.limits(), provider.now());
    if client.is_public() || client.is_self_described() {
        let address = limits::key("", posted.address);
        limits.pushed_by_anybody.take(address, now).map_err(Fault::TooMany)?;
    }
    if !client.is_public() {
        let client = limits::key(client.id(), None);
        limits.pushed.take(client, now).map_err(Fault::TooMany)?;
    }
    if posted.form.get("request_uri").is_some() {
        let error = AuthorizeError::InvalidRequest;
        return Ok(uncached(StatusCode::BAD_REQUEST, &error.body()));
    }
    let mut parameters = pending::kept(&posted.form);
    if posted.form.get("client_id").is_none() {
        // Named by its credential only.
        parameters.retain(|(name, _)| name != "client_id");
        parameters.push(("client_id".to_owned(), client.id().to_owned()));
    }
    bind(&provider, &posted, &mut parameters).await?;
    let mut form = pending::form(&parameters);
    if form.to_string().len() > Limits::AUTHORIZE.size_bytes {
        let error = AuthorizeError::InvalidRequest;
        return Ok(uncached(StatusCode::BAD_REQUEST, &error.body()));
    }
    // Refused below, and never kept.
    form.push_some("request", posted.form.get("request"));
    if let Err(unfit) = request::check(&provider, &form, Way::Pushed).await {
        return match unfit {
            Unfit::Page(error) => Ok(uncached(StatusCode::BAD_REQUEST, &error.body())),
            Unfit::Told(_, error) => Ok(uncached(StatusCode::BAD_REQUEST, &error.body())),
            Unfit::Failed(error) => Err(Fault::Internal(error)),
        };
    }
    let uri = format!("{PUSHED_PREFIX}{}", random::text::<32>()?);
    let lasts_s = provider.config().lifetimes.pushed.as_secs();
    let document = PushedDocument {
        client_id: client.id().to_owned(),
        parameters,
    };
    let ticket = TicketRecord {
        kind: TicketKind::PushedRequest,
        key: Digest::of(&uri),
        document: serde_json::to_string(&document).map_err(Error::from)?,
        expires_at: provider.now().saturating_add(i64::try_from(lasts_s).unwrap_or(0)),
    };
    let unit = provider.store().begin().await?;
    unit.put_ticket(&ticket).await?;
    unit.commit().await?;
    let body = json!({ "request_uri": uri, "expires_in": lasts_s });
    Ok(uncached(StatusCode::CREATED, &body))
}

/// A proof of possession that comes along binds the code to its key, as `dpop_jkt` does (RFC 9449 §10.1).
async fn bind(provider: &Provider, posted: &Posted, parameters: &mut Vec<(String, String)>) -> Result<(), Fault> {
    let Some(proven) = provider.read_proof(&posted.headers, Endpoint::Par).await? else {
        return Ok(());
    };
    match posted.form.get("dpop_jkt") {
        Some(named) if named != proven => Err(TokenError::InvalidDpopProof.into()),
        Some(_) => Ok(()),
        None => {
            parameters.retain(|(name, _)| name != "dpop_jkt");
            parameters.push(("dpop_jkt".to_owned(), proven));
            Ok(())
        }
    }
}

/// The request that stands behind what the browser brought: that itself, or a pushed one, which is good once and for its
/// own client only.
pub(super) async fn resolve(provider: &Provider, form: Form) -> Result<(Form, Way), Unfit> {
    let pushed = form.get("request_uri").filter(|uri| uri.starts_with(PUSHED_PREFIX));
    let Some(uri) = pushed else {
        return Ok((form, Way::Browser));
    };
    let client_id = form.get("client_id").ok_or(PageError::UnknownClient)?;
    let client = provider.find_client(client_id).await?;
    let client = client.ok_or(PageError::UnknownClient)?;
    if let Some(document) = take(provider, uri, client.id()).await? {
        return Ok((pending::form(&document.parameters), Way::Pushed));
    }
    let (_, back) = request::address(provider, &form).await?;
    Err(Unfit::Told(Box::new(back), AuthorizeError::InvalidRequestUri))
}

async fn take(provider: &Provider, uri: &str, client_id: &str) -> Result<Option<PushedDocument>, Error> {
    let (key, now) = (Digest::of(uri), provider.now());
    let unit = provider.store().begin().await?;
    let Some(ticket) = unit.find_ticket(TicketKind::PushedRequest, key, now).await? else {
        return Ok(None);
    };
    let document: PushedDocument = serde_json::from_str(&ticket.document)?;
    if document.client_id != client_id {
        return Ok(None);
    }
    unit.take_ticket(TicketKind::PushedRequest, key, now).await?;
    unit.commit().await?;
    Ok(Some(document))
}
