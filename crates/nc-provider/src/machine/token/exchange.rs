//! Turning a user's token into one for another resource (RFC 8693).

use nc_proto::oauth::{
    bearer::TokenKind,
    error::TokenError,
    jose::{AccessClaims, Actor, Compact},
    scope_list::ScopeList,
    token::{ACCESS_TOKEN_TYPE, TokenResponse},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::Asked;
use crate::{
    Audit, Event, GrantType, Provider, Resource,
    machine::fault::Fault,
    tokens::{Access, Minted, client_end},
    verifier::Live,
};

/// How many parties may act for a user one after the other.
const ACTORS_MAX: usize = 2;

/// Exchanges a token of ours that is for a resource of the caller's.
pub(super) async fn exchange(
    provider: &Provider,
    asked: &Asked,
    subject_token: &SecretString,
    audience: Option<&str>,
) -> Result<TokenResponse, Fault> {
    let caller = &asked.client;
    if caller.is_public() || !caller.document.grants.contains(&GrantType::TokenExchange) {
        return Err(TokenError::UnauthorizedClient.into());
    }
    let target = target(provider, asked, audience).await?;
    let (subject, given) = subject(provider, asked, subject_token.expose_secret()).await?;
    let person = provider.owner(&subject).await?.filter(|person| caller.admits(person));
    let person = person.ok_or(TokenError::InvalidGrant)?;
    let claims = &subject.document.claims;
    let act = Actor {
        sub: caller.id().to_owned(),
        client_id: Some(original_client(claims)),
        act: claims.act.clone().map(Box::new),
    };
    if depth(&act) > ACTORS_MAX {
        return Err(TokenError::InvalidGrant.into());
    }
    let scopes = scopes(provider, asked, &given, &target)?;
    let now = provider.now();
    let lifetime = i64::try_from(provider.config().lifetimes.exchanged.as_secs()).unwrap_or(0);
    let authentication = crate::Authentication {
        auth_time: claims.auth_time.unwrap_or_default(),
        acr: claims.acr.clone(),
        amr: claims.amr.clone(),
    };
    let access = Access {
        grant: &subject.grant.id,
        subject: &claims.sub,
        person: Some(&person),
        client: caller,
        scopes: &scopes,
        resources: std::slice::from_ref(&target),
        authentication: claims.auth_time.map(|_| &authentication),
        sid: claims.sid.as_deref(),
        jkt: asked.jkt.as_deref(),
        act: Some(act),
        not_after: Some(claims.exp.min(now.saturating_add(lifetime))),
    };
    let Minted {
        token,
        record,
        expires_in_s,
    } = access.mint(provider).await?;
    let settings = provider.settings().await?;
    let unit = provider.store().begin().await?;
    // The family may have ended meanwhile.
    let live = unit.find_access_token(subject.record.token).await?;
    if live.is_none_or(|(token, grant)| token.revoked_at.is_some() || grant.revoked_at.is_some()) {
        return Err(TokenError::InvalidGrant.into());
    }
    unit.insert_access_token(&record).await?;
    unit.note_client_use(caller.id(), now, client_end(provider, &settings, caller))
        .await?;
    Audit::new(Event::Exchanged)
        .with("client", caller.id())
        .with("subject", claims.sub.as_str())
        .with("sid", claims.sid.clone())
        .with("grant", subject.grant.id.as_str())
        .with("what", target.uri.as_str())
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
        issued_token_type: Some(ACCESS_TOKEN_TYPE.to_owned()),
    })
}

/// The one resource that the new token is for, which an administrator allowed the caller.
async fn target(provider: &Provider, asked: &Asked, audience: Option<&str>) -> Result<Resource, Fault> {
    let named = asked.resources.iter().map(String::as_str).chain(audience);
    let mut named: Vec<&str> = named.collect();
    named.sort_unstable();
    named.dedup();
    let [uri] = named.as_slice() else {
        return Err(TokenError::InvalidTarget.into());
    };
    if !asked
        .client
        .document
        .exchange_targets
        .iter()
        .any(|target| target == uri)
    {
        return Err(TokenError::InvalidTarget.into());
    }
    let target = Resource::find(provider.config(), provider.store(), uri).await?;
    target.ok_or_else(|| TokenError::InvalidTarget.into())
}

/// The live access token to exchange, which must be for a resource that the caller speaks for, and what it allows there. What
/// it allows at other resources is not the caller's to carry on.
async fn subject(provider: &Provider, asked: &Asked, token: &str) -> Result<(Live, ScopeList), Fault> {
    let of_another_kind = match TokenKind::of(token) {
        TokenKind::NotForApis => true,
        TokenKind::Jwt => Compact::read(token).is_ok_and(|token| !token.header.is_access_token()),
        TokenKind::OpaqueAccess | TokenKind::Other => false,
    };
    if of_another_kind {
        return Err(TokenError::SubjectTokenType.into());
    }
    let digest = provider
        .access_token_digest(token)
        .await?
        .ok_or(TokenError::InvalidGrant)?;
    let live = provider.find_live(digest).await?.ok_or(TokenError::InvalidGrant)?;
    let mut given = None;
    for uri in live.document.claims.aud.iter() {
        let resource = Resource::find(provider.config(), provider.store(), uri).await?;
        if let Some(own) = resource.filter(|resource| resource.owner.as_deref() == Some(asked.client.id())) {
            let sum: ScopeList = given.unwrap_or_default();
            given = Some(sum.union(&own.narrow(&live.document.claims.scope)));
        }
    }
    let given = given.ok_or(TokenError::InvalidGrant)?;
    Ok((live, given))
}

/// What was asked for, of what the user gave, of what the caller may, of what the target has.
fn scopes(provider: &Provider, asked: &Asked, given: &ScopeList, target: &Resource) -> Result<ScopeList, TokenError> {
    let mapped = |scope: &str| {
        let mapping = target.document.scope_mapping.iter().find(|(from, _)| from == scope);
        mapping.map_or(scope, |(_, to)| to.as_str()).to_owned()
    };
    let mapped: Vec<String> = given.iter().map(mapped).collect();
    let mapped = ScopeList::from_tokens(mapped.iter().map(String::as_str))?;
    let mut scopes = asked
        .client
        .allowed(&target.narrow(&mapped), &provider.config().public_scopes);
    if let Some(asked) = &asked.scope {
        scopes = scopes.intersection(asked);
    }
    // There is no refresh token to come.
    let scopes = ScopeList::from_tokens(scopes.iter().filter(|scope| *scope != "offline_access"))?;
    if scopes.is_empty() {
        return Err(TokenError::InvalidScope);
    }
    Ok(scopes)
}

/// The client that the user gave the rights to.
fn original_client(claims: &AccessClaims) -> String {
    let first = claims.act.as_ref().and_then(|act| act.client_id.clone());
    first.unwrap_or_else(|| claims.client_id.clone())
}

fn depth(actor: &Actor) -> usize {
    1 + actor.act.as_deref().map_or(0, depth)
}
