use axum::{Extension, Json, extract::State};
use nc_proto::oauth::client_auth::AuthMethod;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{
    By,
    answer::Answer,
    input::{Input, Number},
};
use crate::{
    Client, Provider,
    admin::{AdminError, ClientChange, NewAdminClient, WhichClient, describe_client, number_of},
};

/// What one route changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patch {
    Groups,
    Flows,
    TokenType,
    AllowedScopes,
    EmailRegex,
    ResourceUrl,
}

/// Every route that changes one thing about a client.
pub(super) const PATCHES: [Patch; 6] = [
    Patch::Groups,
    Patch::Flows,
    Patch::TokenType,
    Patch::AllowedScopes,
    Patch::EmailRegex,
    Patch::ResourceUrl,
];

impl Patch {
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Groups => "groups",
            Self::Flows => "flows",
            Self::TokenType => "token_type",
            Self::AllowedScopes => "allowed_scopes",
            Self::EmailRegex => "email_regex",
            Self::ResourceUrl => "resource_url",
        }
    }

    fn read(self, input: &Input) -> Result<Vec<ClientChange>, AdminError> {
        Ok(vec![match self {
            Self::Groups => ClientChange::Groups(input.texts("groups")?),
            Self::Flows => return Ok(flow(input)?.into_iter().collect()),
            Self::TokenType => ClientChange::TokensAreJwt(token_type(input)?),
            Self::AllowedScopes => allowed_scopes(input)?,
            Self::EmailRegex => ClientChange::EmailRegex(input.find_text("emailRegex")?),
            Self::ResourceUrl => ClientChange::ResourceUrl(input.find_text("resourceUrl")?),
        }])
    }
}

pub(super) async fn list(State(provider): State<Provider>, Extension(by): Extension<By>) -> Answer {
    everything(&provider, &by).await
}

pub(super) async fn show(State(provider): State<Provider>, Extension(by): Extension<By>, Number(id): Number) -> Answer {
    let client = by.admin(&provider).get_client(WhichClient::Number(id)).await?;
    one(&provider, &by, &client).await
}

pub(super) async fn create(State(provider): State<Provider>, Extension(by): Extension<By>, input: Input) -> Answer {
    let mut changes = vec![
        ClientChange::TokensAreJwt(token_type(&input)?),
        allowed_scopes(&input)?,
        ClientChange::EmailRegex(input.find_text("emailRegex")?),
        ClientChange::ResourceUrl(input.find_text("resourceUrl")?),
    ];
    changes.extend(flow(&input)?);
    let new = NewAdminClient {
        auth_method: match input.find_text("type")?.as_deref() {
            Some("public") => AuthMethod::None,
            None | Some("confidential") => AuthMethod::ClientSecretPost,
            Some(_) => return Err(AdminError::Invalid("`type` must be confidential or public".to_owned())),
        },
        id_token_algorithm: input.find_text("signingAlg")?,
        changes,
        ..NewAdminClient::new(input.text("name")?, vec![input.text("redirectUri")?])
    };
    let created = by.admin(&provider).create_client(new).await?;
    let Json(mut answer) = one(&provider, &by, &created.client).await?;
    if let Some(secret) = created.secret {
        answer["clientSecret"] = secret.expose_secret().into();
    }
    Ok(Json(answer))
}

pub(super) async fn remove(
    State(provider): State<Provider>,
    Extension(by): Extension<By>,
    Number(id): Number,
) -> Answer {
    by.admin(&provider).remove_client(WhichClient::Number(id)).await?;
    Ok(Json(json!([])))
}

pub(super) async fn change(
    what: Patch,
    State(provider): State<Provider>,
    Extension(by): Extension<By>,
    Number(id): Number,
    input: Input,
) -> Answer {
    let changes = what.read(&input)?;
    let client = by
        .admin(&provider)
        .change_client(WhichClient::Number(id), changes)
        .await?;
    one(&provider, &by, &client).await
}

pub(super) async fn add_redirect(
    State(provider): State<Provider>,
    Extension(by): Extension<By>,
    input: Input,
) -> Answer {
    let client = WhichClient::Number(input.number("id")?);
    let change = ClientChange::AddRedirectUri(input.text("redirectUri")?);
    by.admin(&provider).change_client(client, vec![change]).await?;
    everything(&provider, &by).await
}

pub(super) async fn remove_redirect(
    State(provider): State<Provider>,
    Extension(by): Extension<By>,
    Number(id): Number,
) -> Answer {
    let admin = by.admin(&provider);
    let clients = admin.list_clients().await?;
    let uris = clients.iter().flat_map(|client| {
        let uris = client.document.redirect_uris.iter();
        uris.map(|uri| (client.record.number, uri))
    });
    let (client, uri) = uris
        .into_iter()
        .find(|(client, uri)| number_of(*client, uri) == id)
        .ok_or(AdminError::Missing("URI"))?;
    let change = ClientChange::RemoveRedirectUri(uri.clone());
    admin.change_client(WhichClient::Number(client), vec![change]).await?;
    everything(&provider, &by).await
}

async fn everything(provider: &Provider, by: &By) -> Answer {
    let admin = by.admin(provider);
    let resources = admin.list_resources().await?;
    let clients = admin.list_clients().await?;
    let clients = clients.iter().map(|client| describe_client(client, &resources));
    Ok(Json(clients.collect()))
}

async fn one(provider: &Provider, by: &By, client: &Client) -> Answer {
    let resources = by.admin(provider).list_resources().await?;
    Ok(Json(describe_client(client, &resources)))
}

/// Which flows, with the words of the `oidc` app.
fn flow(input: &Input) -> Result<Option<ClientChange>, AdminError> {
    match input.find_text("flowType")?.as_deref() {
        None => Ok(None),
        Some("code") => Ok(Some(ClientChange::LegacyFlows(false))),
        Some("code id_token") => Ok(Some(ClientChange::LegacyFlows(true))),
        Some(_) => Err(AdminError::Invalid(
            "`flowType` must be code, or code id_token".to_owned(),
        )),
    }
}

fn token_type(input: &Input) -> Result<Option<bool>, AdminError> {
    match input.find_text("tokenType")?.as_deref() {
        None => Ok(None),
        Some("jwt") => Ok(Some(true)),
        Some("opaque") => Ok(Some(false)),
        Some(_) => Err(AdminError::Invalid("`tokenType` must be opaque or jwt".to_owned())),
    }
}

fn allowed_scopes(input: &Input) -> Result<ClientChange, AdminError> {
    let scopes = input.texts("allowedScopes")?;
    Ok(ClientChange::AllowedScopes(
        Some(scopes).filter(|scopes| !scopes.is_empty()),
    ))
}
