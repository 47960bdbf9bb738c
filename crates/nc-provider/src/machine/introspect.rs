//! What a token is worth (RFC 7662), told to its owner and to the resource servers that it is for.
//!
//! To everybody else every token looks like one that never was: the same bytes, after the same questions to the store.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use nc_proto::oauth::{
    error::TokenError,
    introspection::{ActiveToken, Introspection, TokenQuery},
    scope_list::ScopeList,
};
use nc_store::{Digest, GrantRecord, RefreshState, RefreshTokenRecord};
use secrecy::ExposeSecret as _;

use super::{answer::uncached, fault::Fault, request::Posted};
use crate::{Audit, Client, Error, Event, Provider, RefreshDocument, Resource, limits, verifier::Live};

/// Answers what a token is worth to the caller.
pub(super) async fn answer(State(provider): State<Provider>, posted: Result<Posted, Fault>) -> Response {
    match provider.settings().await {
        Ok(settings) if settings.introspection_enabled => {}
        Ok(_) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return Fault::from(error).into_response(),
    }
    let outcome = match posted {
        Ok(posted) => respond(&provider, &posted).await,
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(told) => uncached(StatusCode::OK, &told),
        Err(fault) => fault.into_response(),
    }
}

async fn respond(provider: &Provider, posted: &Posted) -> Result<Introspection, Fault> {
    let caller = provider.authenticate_client(posted).await?;
    if caller.is_public() {
        // Anybody can say this name.
        return Err(TokenError::InvalidClient.into());
    }
    let limit = &provider.limits().introspections;
    limit
        .take(limits::key(caller.id(), None), provider.now())
        .map_err(Fault::TooMany)?;
    let query = TokenQuery::read(&posted.form)?;
    let found = Found::look_up(provider, query.token.expose_secret()).await?;
    let resources = own_resources(provider, &caller).await?;
    let active = match found.view(provider, &caller, &resources) {
        Some(view) => view.tell(provider).await?,
        None => None,
    };
    if let Some(token) = active {
        return Ok(Introspection::Active(Box::new(token)));
    }
    note_denial(provider, &caller, &found, posted).await?;
    Ok(Introspection::Inactive)
}

/// The resources that the caller speaks for. Only an administrator makes somebody their owner.
async fn own_resources(provider: &Provider, caller: &Client) -> Result<Vec<Resource>, Error> {
    let records = provider.store().list_resources().await?;
    let own = records
        .into_iter()
        .filter(|record| record.owner.as_deref() == Some(caller.id()));
    own.map(Resource::from_record).collect()
}

/// What the store knows by a token.
#[derive(Debug)]
struct Found {
    access: Option<Live>,
    refresh: Option<(RefreshTokenRecord, GrantRecord)>,
}

impl Found {
    /// Asks for an access token, a refresh token and a grant, whatever the token looks like.
    async fn look_up(provider: &Provider, token: &str) -> Result<Self, Error> {
        let digest = Digest::of(token);
        let of_access = provider.access_token_digest(token).await?.unwrap_or(digest);
        let access = provider.find_live(of_access).await?;
        let refresh = provider.store().find_refresh_token(digest).await?;
        let grant = refresh
            .as_ref()
            .map(|refresh| refresh.grant.as_str())
            .unwrap_or_default();
        let grant = provider.store().find_grant(grant).await?;
        Ok(Self {
            access,
            refresh: refresh.zip(grant),
        })
    }

    /// What the caller may see of it.
    fn view(&self, provider: &Provider, caller: &Client, resources: &[Resource]) -> Option<View<'_>> {
        if let Some(live) = &self.access {
            let claims = &live.document.claims;
            if claims.client_id == caller.id() {
                return Some(View::Access(live, claims.scope.clone()));
            }
            let asked: Vec<&Resource> = resources.iter().filter(|own| claims.aud.contains(&own.uri)).collect();
            let narrow = |sum: ScopeList, own: &&Resource| sum.union(&own.narrow(&claims.scope));
            return (!asked.is_empty()).then(|| View::Access(live, asked.iter().fold(ScopeList::default(), narrow)));
        }
        let (token, grant) = self.refresh.as_ref()?;
        let live = token.state == RefreshState::Live
            && token.expires_at > provider.now()
            && grant.revoked_at.is_none()
            && grant.client_id == caller.id();
        live.then_some(View::Refresh(token, grant))
    }

    fn grant(&self) -> Option<&GrantRecord> {
        let of_refresh = self.refresh.as_ref().map(|(_, grant)| grant);
        self.access.as_ref().map(|live| &live.grant).or(of_refresh)
    }
}

/// A token that is the caller's business.
enum View<'a> {
    /// With the scopes that the caller sees.
    Access(&'a Live, ScopeList),
    Refresh(&'a RefreshTokenRecord, &'a GrantRecord),
}

impl View<'_> {
    /// What it says; `None` when its client or its person is gone.
    async fn tell(self, provider: &Provider) -> Result<Option<ActiveToken>, Error> {
        let (client, grant) = match &self {
            Self::Access(live, _) => (provider.find_clients_of(live).await?, &live.grant),
            Self::Refresh(_, grant) => {
                let client = provider.find_stored_client(&grant.client_id).await?;
                (client, *grant)
            }
        };
        let username = match &grant.subject {
            Some(subject) => provider.person(subject).await?.map(|person| Some(person.uid)),
            None => Some(None),
        };
        let (Some(client), Some(username)) = (client, username) else {
            return Ok(None);
        };
        Ok(Some(match self {
            Self::Access(live, scope) => {
                let claims = live.document.claims.clone();
                ActiveToken {
                    iss: Some(claims.iss),
                    sub: Some(claims.sub),
                    aud: Some(claims.aud),
                    client_id: Some(claims.client_id),
                    username,
                    scope: Some(scope),
                    token_type: Some(if live.document.dpop { "DPoP" } else { "Bearer" }.to_owned()),
                    exp: Some(claims.exp),
                    iat: Some(claims.iat),
                    jti: Some(claims.jti),
                    sid: claims.sid,
                    cnf: claims.cnf,
                }
            }
            Self::Refresh(token, grant) => {
                let document: RefreshDocument = serde_json::from_str(&token.document)?;
                let scope = ScopeList::from_tokens(document.scopes.iter().map(String::as_str));
                ActiveToken {
                    iss: Some(provider.config().issuer.clone()),
                    sub: grant.subject.clone(),
                    client_id: Some(client.id().to_owned()),
                    username,
                    scope: scope.ok(),
                    exp: Some(token.expires_at),
                    sid: grant.sid.clone(),
                    ..ActiveToken::default()
                }
            }
        }))
    }
}

/// Counts and notes an answer that told nothing, of whatever cause: so the work is the same for all of them.
async fn note_denial(provider: &Provider, caller: &Client, found: &Found, posted: &Posted) -> Result<(), Error> {
    /// More than so many a minute say nothing new.
    const NOTED_PER_MINUTE: u32 = 60;
    let now = provider.now();
    let count = provider.limits().denials.count(limits::key(caller.id(), None), now);
    if count > NOTED_PER_MINUTE {
        if count == NOTED_PER_MINUTE + 1 {
            tracing::warn!(
                client = caller.id(),
                "a client asks about many tokens that are not its own"
            );
        }
        return Ok(());
    }
    let unit = provider.store().begin().await?;
    let grant = found.grant();
    Audit::new(Event::IntrospectionDenied)
        .with("client", caller.id())
        .with("subject", grant.and_then(|grant| grant.subject.clone()))
        .with("sid", grant.and_then(|grant| grant.sid.clone()))
        .with_address(provider, posted.address)
        .append(unit.as_ref(), now)
        .await?;
    Ok(unit.commit().await?)
}
