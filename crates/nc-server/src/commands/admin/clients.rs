use anyhow::Context as _;
use nc_proto::oauth::client_auth::AuthMethod;
use nc_provider::admin::{
    Admin, ClientChange, CreatedClient, NewAdminClient, NewClientKind, WhichClient, describe_client,
};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::{OrFail, Shown, Trouble, secret_of, words};
use crate::cli::admin::{AuthMethodFlag, ChangeClient, ClientProperties, ClientType, CreateClient, TokenTypeFlag};

pub(super) async fn create(admin: &Admin<'_>, mut arguments: CreateClient) -> Shown {
    if arguments.tex_enabled {
        arguments.properties.exchange_targets = Some(arguments.tex_target_resource.join(" "));
    }
    let jwks = match &arguments.jwks_file {
        Some(file) => {
            let text = std::fs::read(file)
                .with_context(|| format!("{} cannot be read", file.display()))
                .or_fail()?;
            Some(
                serde_json::from_slice(&text)
                    .context("the keys are not JSON")
                    .or_fail()?,
            )
        }
        None => None,
    };
    let new = NewAdminClient {
        name: arguments.name,
        kind: match (arguments.service, arguments.properties.first_party) {
            (true, _) => NewClientKind::Service,
            (false, Some(true)) => NewClientKind::FirstParty,
            (false, _) => NewClientKind::Ordinary,
        },
        redirect_uris: arguments.redirect_uris,
        auth_method: match (arguments.client_type, arguments.auth_method) {
            (ClientType::Public, _) => AuthMethod::None,
            (_, AuthMethodFlag::ClientSecretBasic) => AuthMethod::ClientSecretBasic,
            (_, AuthMethodFlag::ClientSecretPost) => AuthMethod::ClientSecretPost,
            (_, AuthMethodFlag::PrivateKeyJwt) => AuthMethod::PrivateKeyJwt,
        },
        jwks,
        client_id: arguments.client_id,
        secret: match arguments.client_secret {
            Some(secret) => Some(secret),
            None => arguments.client_secret_file.as_deref().map(secret_of).transpose()?,
        },
        id_token_algorithm: arguments.algorithm,
        changes: changes(arguments.properties),
    };
    shown(admin, &admin.create_client(new).await?).await
}

pub(super) async fn change(admin: &Admin<'_>, arguments: ChangeClient) -> Shown {
    let mut all = Vec::new();
    all.extend(arguments.name.map(ClientChange::Name));
    all.extend(arguments.add_redirect_uri.into_iter().map(ClientChange::AddRedirectUri));
    all.extend(
        arguments
            .remove_redirect_uri
            .into_iter()
            .map(ClientChange::RemoveRedirectUri),
    );
    all.extend(arguments.disabled.map(ClientChange::Disabled));
    all.extend(changes(arguments.properties));
    if all.is_empty() {
        return Err(Trouble::Usage("say what to change; --help lists it".to_owned()));
    }
    let client = admin.change_client(WhichClient::Id(&arguments.client_id), all).await?;
    Ok(describe_client(&client, &admin.list_resources().await?))
}

pub(super) async fn list(admin: &Admin<'_>) -> Shown {
    let resources = admin.list_resources().await?;
    let clients = admin.list_clients().await?;
    Ok(clients
        .iter()
        .map(|client| describe_client(client, &resources))
        .collect())
}

pub(super) async fn renew_secret(admin: &Admin<'_>, client_id: &str) -> Shown {
    shown(admin, &admin.renew_secret(WhichClient::Id(client_id)).await?).await
}

/// A client with its secret, for the only time.
async fn shown(admin: &Admin<'_>, created: &CreatedClient) -> Shown {
    let mut shown = describe_client(&created.client, &admin.list_resources().await?);
    if let Some(secret) = &created.secret {
        shown["clientSecret"] = Value::from(secret.expose_secret());
    }
    Ok(shown)
}

fn changes(said: ClientProperties) -> Vec<ClientChange> {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let scopes = |text: String| Some(words(&text)).filter(|scopes| !scopes.is_empty());
    let groups = |text: String| -> Vec<String> {
        let groups = text.split(',').map(str::trim).filter(|group| !group.is_empty());
        groups.map(str::to_owned).collect()
    };
    let uris = |text: String| words(&text);
    [
        said.token_type
            .map(|kind| ClientChange::TokensAreJwt(Some(kind == TokenTypeFlag::Jwt))),
        said.allowed_scopes
            .map(|text| ClientChange::AllowedScopes(scopes(text))),
        said.default_scopes
            .map(|text| ClientChange::DefaultScopes(scopes(text))),
        said.email_regex.map(|text| ClientChange::EmailRegex(some(text))),
        said.resource_url.map(|text| ClientChange::ResourceUrl(some(text))),
        said.default_resource
            .map(|text| ClientChange::DefaultResource(some(text))),
        said.resources.map(|text| ClientChange::Resources(uris(text))),
        said.exchange_targets
            .map(|text| ClientChange::ExchangeTargets(uris(text))),
        said.groups.map(|text| ClientChange::Groups(groups(text))),
        said.first_party.map(ClientChange::FirstParty),
        said.auto_grant.map(ClientChange::AutoGrant),
        said.require_par.map(ClientChange::RequirePar),
        said.require_dpop.map(ClientChange::RequireDpop),
        said.admin_scopes.map(ClientChange::AdminScopes),
        said.flow.map(|flow| ClientChange::LegacyFlows(flow != "code")),
        said.backchannel_logout_uri
            .map(|text| ClientChange::BackchannelLogoutUri(some(text))),
        said.backchannel_logout_session_required
            .map(ClientChange::BackchannelLogoutSessionRequired),
    ]
    .into_iter()
    .flatten()
    .collect()
}
