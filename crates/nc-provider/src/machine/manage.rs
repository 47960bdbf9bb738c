//! Clients that manage their registration (RFC 7592).

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use nc_proto::oauth::{
    error::RegistrationError,
    registration::{ClientInformation, Replacement},
};
use nc_store::{ClientKind, ClientRecord, Digest};
use nc_web::PathName;
use secrecy::ExposeSecret as _;

use super::{answer::uncached, json_request::Sent, registration_fault::RegistrationFault};
use crate::{Audit, Client, ClientDocument, Endpoint, Event, Provider, Settings, random, registration, tokens::Opaque};

/// `GET`: the client's metadata, without its secret.
pub(super) async fn read(
    State(provider): State<Provider>,
    PathName(client_id): PathName,
    sent: Result<Sent, RegistrationFault>,
) -> Response {
    let tell = async || -> Result<ClientInformation, RegistrationFault> {
        let client = authenticate(&provider, &client_id, &sent?).await?;
        let settings = provider.settings().await?;
        Ok(information(&provider, &settings, &client, &client.document))
    };
    match tell().await {
        Ok(information) => uncached(StatusCode::OK, &information),
        Err(fault) => fault.into_response(),
    }
}

/// `PUT`: replaces all of the client's metadata.
pub(super) async fn replace(
    State(provider): State<Provider>,
    PathName(client_id): PathName,
    sent: Result<Sent, RegistrationFault>,
) -> Response {
    let outcome = match sent {
        Ok(sent) => put(&provider, &client_id, &sent).await,
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(information) => uncached(StatusCode::OK, &information),
        Err(fault) => fault.into_response(),
    }
}

/// `DELETE`: the client with all its tokens and consents.
pub(super) async fn delete(
    State(provider): State<Provider>,
    PathName(client_id): PathName,
    sent: Result<Sent, RegistrationFault>,
) -> Response {
    let outcome = match sent {
        Ok(sent) => remove(&provider, &client_id, &sent).await,
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(fault) => fault.into_response(),
    }
}

/// The client that the path names, if the token is its own. Whatever is wrong has the same answer.
async fn authenticate(provider: &Provider, client_id: &str, sent: &Sent) -> Result<Client, RegistrationFault> {
    let token = sent.bearer()?.ok_or(RegistrationError::InvalidToken)?;
    let client = Client::find_stored(provider.store(), client_id, provider.now()).await?;
    let client = client.filter(|client| client.record.kind == ClientKind::Dynamic);
    let stored = client.as_ref().and_then(|client| client.record.registration_token);
    let right = stored
        .unwrap_or(Digest::from_bytes([0; 32]))
        .matches(token.expose_secret());
    let client = client.filter(|_| right && stored.is_some());
    client.ok_or_else(|| RegistrationError::InvalidToken.into())
}

async fn put(provider: &Provider, client_id: &str, sent: &Sent) -> Result<ClientInformation, RegistrationFault> {
    let mut client = authenticate(provider, client_id, sent).await?;
    sent.require_json()?;
    let replacement = Replacement::read(&sent.body, client_id)?;
    if let Some(secret) = &replacement.client_secret {
        let stored = client.record.secret;
        if !stored.is_some_and(|stored| stored.matches(secret.expose_secret())) {
            return Err(RegistrationError::InvalidClientMetadata.into());
        }
    }
    let new = registration::document(
        provider,
        &replacement.metadata,
        &client.document.resources,
        Some(client_id),
    )
    .await?;
    let document = new.in_place_of(client.document.clone());
    let mut fresh_secret = None;
    match (registration::has_secret(document.auth_method), client.record.secret) {
        (true, None) => {
            let secret = hex::encode(random::bytes::<32>()?);
            client.record.secret = Some(Digest::of(&secret));
            fresh_secret = Some(secret);
        }
        (false, _) => client.record.secret = None,
        (true, Some(_)) => {}
    }
    let (token, digest) = Opaque::Registration.make()?;
    let before = client.record.registration_token.replace(digest);
    let now = provider.now();
    let unit = provider.store().begin().await?;
    // Of two replacements with one token, the second finds the token changed. What else changed meanwhile stays: when it
    // was used, and whether an administrator stopped it or decided something about it.
    let current = unit.find_client(client_id).await?;
    let current = current.filter(|current| current.registration_token == before && !current.disabled);
    let current = current.ok_or(RegistrationError::InvalidToken)?;
    let document = document.in_place_of(Client::from_record(current.clone())?.document);
    client.record = ClientRecord {
        document: serde_json::to_string(&document)?,
        secret: client.record.secret,
        registration_token: client.record.registration_token,
        ..current
    };
    unit.update_client(&client.record).await?;
    Audit::new(Event::Registration)
        .with("what", "replaced")
        .with("client", client_id)
        .with_address(provider, sent.address)
        .append(unit.as_ref(), now)
        .await?;
    unit.commit().await?;
    let settings = provider.settings().await?;
    Ok(ClientInformation {
        client_secret: fresh_secret,
        registration_access_token: Some(token.expose_secret().to_owned()),
        ..information(provider, &settings, &client, &document)
    })
}

async fn remove(provider: &Provider, client_id: &str, sent: &Sent) -> Result<(), RegistrationFault> {
    authenticate(provider, client_id, sent).await?;
    let unit = provider.store().begin().await?;
    if !unit.delete_client(client_id).await? {
        return Err(RegistrationError::InvalidToken.into());
    }
    Audit::new(Event::Registration)
        .with("what", "deleted")
        .with("client", client_id)
        .with_address(provider, sent.address)
        .append(unit.as_ref(), provider.now())
        .await?;
    unit.commit().await?;
    // Whoever granted it something is not known any more.
    if let Err(error) = provider.release_all().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "app passwords are not taken back yet"
        );
    }
    Ok(())
}

fn information(
    provider: &Provider,
    settings: &Settings,
    client: &Client,
    document: &ClientDocument,
) -> ClientInformation {
    let has_secret = registration::has_secret(document.auth_method);
    let end = client.record.expires_at.unwrap_or(0);
    ClientInformation {
        client_id: client.id().to_owned(),
        client_secret: None,
        client_id_issued_at: Some(client.record.created_at),
        client_secret_expires_at: Some(if has_secret { end } else { 0 }),
        registration_access_token: None,
        registration_client_uri: Some(format!("{}/{}", provider.config().url(Endpoint::Register), client.id())),
        metadata: registration::describe(provider, settings, document),
    }
}
