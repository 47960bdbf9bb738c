//! Clients that register themselves (RFC 7591).

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use nc_proto::oauth::{
    error::RegistrationError,
    registration::{ClientInformation, RequestedMetadata},
};
use nc_store::{ClientKind, Digest, NewClient, TicketKind};
use secrecy::ExposeSecret as _;

use super::{answer::uncached, json_request::Sent, registration_fault::RegistrationFault};
use crate::{
    Audit, Endpoint, Event, Provider, RegistrationMode, Settings, limits, random,
    registration::{self, InitialAccessDocument},
    tokens::Opaque,
};

/// Registers a client.
pub(super) async fn answer(State(provider): State<Provider>, sent: Result<Sent, RegistrationFault>) -> Response {
    let outcome = match sent {
        Ok(sent) => register(&provider, &sent).await,
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(information) => uncached(StatusCode::CREATED, &information),
        Err(fault) => fault.into_response(),
    }
}

async fn register(provider: &Provider, sent: &Sent) -> Result<ClientInformation, RegistrationFault> {
    let settings = provider.settings().await?;
    if settings.registration == RegistrationMode::Off {
        return Err(RegistrationError::NotAllowed.into());
    }
    let (now, limits) = (provider.now(), provider.limits());
    let key = limits::key("", sent.address);
    limits
        .registrations_of_day
        .check(key, now)
        .map_err(RegistrationFault::TooMany)?;
    limits
        .registrations
        .take(key, now)
        .map_err(RegistrationFault::TooMany)?;
    limits.registrations_of_day.count(key, now);
    let allowed = initial_access(provider, sent, settings.registration).await?;
    sent.require_json()?;
    let requested = RequestedMetadata::read(&sent.body)?;
    let document = registration::document(provider, &requested, &allowed.resources, None).await?;

    let client_id = registration::client_id()?;
    let secret = if registration::has_secret(document.auth_method) {
        Some(hex::encode(random::bytes::<32>()?))
    } else {
        None
    };
    let (token, token_digest) = Opaque::Registration.make()?;
    let expires_at = unused_end(provider, &settings);
    let unit = provider.store().begin().await?;
    // A full house is no reason to turn somebody away: who never came back makes room.
    if unit.count_clients(ClientKind::Dynamic).await? >= provider.config().max_dynamic_clients
        && let Some(evicted) = unit.evict_unused_client(ClientKind::Dynamic).await?
    {
        let entry = Audit::new(Event::Registration)
            .with("what", "evicted, never used")
            .with("client", evicted);
        entry.append(unit.as_ref(), now).await?;
    }
    unit.insert_client(&NewClient {
        client_id: client_id.clone(),
        kind: ClientKind::Dynamic,
        document: serde_json::to_string(&document)?,
        secret: secret.as_deref().map(Digest::of),
        registration_token: Some(token_digest),
        created_at: now,
        expires_at: Some(expires_at),
    })
    .await?;
    Audit::new(Event::Registration)
        .with("what", "registered")
        .with("client", client_id.as_str())
        .with_address(provider, sent.address)
        .append(unit.as_ref(), now)
        .await?;
    unit.commit().await?;
    Ok(ClientInformation {
        registration_client_uri: Some(format!("{}/{client_id}", provider.config().url(Endpoint::Register))),
        registration_access_token: Some(token.expose_secret().to_owned()),
        client_id_issued_at: Some(now),
        // 0 means never, since there is none.
        client_secret_expires_at: Some(secret.as_ref().map_or(0, |_| expires_at)),
        client_secret: secret,
        client_id,
        metadata: registration::describe(provider, &settings, &document),
    })
}

/// What an administrator allowed beforehand. Whoever brings a token must bring a good one.
async fn initial_access(
    provider: &Provider,
    sent: &Sent,
    mode: RegistrationMode,
) -> Result<InitialAccessDocument, RegistrationFault> {
    let Some(token) = sent.bearer()? else {
        return match mode {
            RegistrationMode::Open => Ok(InitialAccessDocument::default()),
            RegistrationMode::InitialAccessToken | RegistrationMode::Off => Err(RegistrationError::InvalidToken.into()),
        };
    };
    let key = Digest::of(token.expose_secret());
    let now = provider.now();
    let ticket = provider
        .store()
        .find_ticket(TicketKind::InitialAccessToken, key, now)
        .await?;
    let ticket = ticket.ok_or(RegistrationError::InvalidToken)?;
    Ok(serde_json::from_str(&ticket.document)?)
}

/// When a client ends that is never used.
fn unused_end(provider: &Provider, settings: &Settings) -> i64 {
    let built_in = provider.config().lifetimes.unused_client.as_secs();
    let seconds = settings
        .client_expire_time_s
        .map_or(built_in, |seconds| built_in.min(seconds.into()));
    provider
        .now()
        .saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX))
}
