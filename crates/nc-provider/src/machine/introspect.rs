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
use nc_store::{Digest, GrantRecord, KnownToken, RefreshState, RefreshTokenRecord};
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
    let view = match found.own(provider, &caller) {
        Some(view) => Some(view),
        None => found.for_resources(&own_resources(provider, &caller).await?),
    };
    let active = match view {
        Some(view) => view.tell(provider, &caller).await?,
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
        // What is no token is asked for too, under a digest that nothing has. Its own will not do: signed tokens are stored
        // by their name, which is no secret.
        let of_access = provider.access_token_digest(token).await?;
        let of_access = of_access.unwrap_or_else(|| Digest::of(&format!("no token|{token}")));
        let KnownToken { access, refresh } = provider.store().find_token(of_access, Digest::of(token)).await?;
        Ok(Self {
            access: provider.live(access)?,
            refresh,
        })
    }

    /// What the caller may see of a token that was issued to it.
    fn own(&self, provider: &Provider, caller: &Client) -> Option<View<'_>> {
        if let Some(live) = &self.access {
            let claims = &live.document.claims;
            return (claims.client_id == caller.id()).then(|| View::Access(live, claims.scope.clone()));
        }
        let (token, grant) = self.refresh.as_ref()?;
        let live = token.state == RefreshState::Live
            && token.expires_at > provider.now()
            && grant.revoked_at.is_none()
            && grant.client_id == caller.id();
        live.then_some(View::Refresh(token, grant))
    }

    /// What is seen of it by who speaks for these resources.
    fn for_resources(&self, resources: &[Resource]) -> Option<View<'_>> {
        let live = self.access.as_ref()?;
        let claims = &live.document.claims;
        let asked: Vec<&Resource> = resources.iter().filter(|own| claims.aud.contains(&own.uri)).collect();
        let narrow = |sum: ScopeList, own: &&Resource| sum.union(&own.narrow(&claims.scope));
        (!asked.is_empty()).then(|| View::Access(live, asked.iter().fold(ScopeList::default(), narrow)))
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
    async fn tell(self, provider: &Provider, caller: &Client) -> Result<Option<ActiveToken>, Error> {
        let (client_is_there, grant) = match &self {
            // The caller is there: it was asked for a moment ago.
            Self::Access(live, _) if live.is_only_of(caller.id()) => (true, &live.grant),
            Self::Access(live, _) => (provider.find_clients_of(live).await?.is_some(), &live.grant),
            Self::Refresh(_, grant) => (grant.client_id == caller.id(), *grant),
        };
        let username = match &grant.subject {
            Some(subject) => provider.person(subject).await?.map(|person| Some(person.uid)),
            None => Some(None),
        };
        let (true, Some(username)) = (client_is_there, username) else {
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
                    client_id: Some(grant.client_id.clone()),
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
