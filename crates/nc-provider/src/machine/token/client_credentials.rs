//! Tokens for programs that act for themselves (RFC 6749 §4.4).

use nc_proto::oauth::{error::TokenError, scope_list::ScopeList, token::TokenResponse};
use nc_store::{ClientKind, GrantRecord};
use secrecy::ExposeSecret as _;

use super::{Asked, checks};
use crate::{
    Audit, Event, GrantDocument, GrantType, Provider,
    machine::fault::Fault,
    random, resources,
    tokens::{Access, Minted, client_end},
};

/// Issues a token of nobody's but the client's own.
pub(super) async fn issue(provider: &Provider, asked: &Asked) -> Result<TokenResponse, Fault> {
    let client = &asked.client;
    let may = client.record.kind == ClientKind::Service
        && !client.is_public()
        && client.document.grants.contains(&GrantType::ClientCredentials);
    if !may {
        return Err(TokenError::UnauthorizedClient.into());
    }
    let scopes = scopes(provider, asked)?;
    let named: Vec<String> = match (asked.resources.as_slice(), &client.document.default_resource) {
        ([], Some(default)) => vec![default.clone()],
        (named, _) => named.to_vec(),
    };
    let resources = checks::resources(provider, provider.store(), asked, &named).await?;
    let scopes = checks::narrow(&scopes, &resources);
    let now = provider.now();
    let grant = GrantRecord {
        id: random::text::<16>()?,
        subject: None,
        client_id: client.id().to_owned(),
        sid: None,
        document: serde_json::to_string(&GrantDocument {
            scopes: scopes.iter().map(str::to_owned).collect(),
            resources: named,
            dpop_jkt: asked.jkt.clone(),
            ..GrantDocument::default()
        })?,
        created_at: now,
        revoked_at: None,
    };
    let access = Access {
        grant: &grant.id,
        subject: client.id(),
        person: None,
        client,
        scopes: &scopes,
        resources: &resources,
        authentication: None,
        sid: None,
        jkt: asked.jkt.as_deref(),
        act: None,
        not_after: None,
    };
    let Minted {
        token,
        record,
        expires_in_s,
    } = access.mint(provider).await?;
    let settings = provider.settings().await?;
    let unit = provider.store().begin().await?;
    unit.insert_grant(&grant).await?;
    unit.insert_access_token(&record).await?;
    unit.note_client_use(client.id(), now, client_end(provider, &settings, client))
        .await?;
    Audit::new(Event::Issued)
        .with("client", client.id())
        .with("grant", grant.id.as_str())
        .with("scope", scopes.to_string())
        .with_address(provider, asked.posted.address)
        .append(unit.as_ref(), now)
        .await?;
    unit.commit().await?;
    Ok(TokenResponse {
        access_token: token.expose_secret().to_owned(),
        token_type: if asked.jkt.is_some() { "DPoP" } else { "Bearer" }.to_owned(),
        expires_in: Some(expires_in_s),
        scope: Some(scopes),
        id_token: None,
        refresh_token: None,
        refresh_expires_in: None,
        issued_token_type: None,
    })
}

/// The scopes that were asked for, all of which the client must have by name; without a wish its default ones.
fn scopes(provider: &Provider, asked: &Asked) -> Result<ScopeList, TokenError> {
    let document = &asked.client.document;
    let listed = document.allowed_scopes.as_deref().unwrap_or_default();
    let wanted = match (&asked.scope, &document.default_scopes) {
        (Some(scope), _) => scope.clone(),
        (None, Some(default)) => ScopeList::from_tokens(default.iter().map(String::as_str))?,
        (None, None) => ScopeList::from_tokens(listed.iter().map(String::as_str))?,
    };
    let allowed = asked.client.allowed(&wanted, &provider.config().public_scopes);
    // There is no user whom these scopes could be about.
    let about_a_user = wanted.iter().any(resources::is_about_the_user);
    let all_listed = wanted.iter().all(|scope| listed.iter().any(|own| own == scope));
    if about_a_user || !all_listed || allowed != wanted || wanted.is_empty() {
        return Err(TokenError::InvalidScope);
    }
    Ok(wanted)
}
