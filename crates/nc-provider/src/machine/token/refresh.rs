//! Refreshing (RFC 6749 §6): every refresh token is good once, and using it twice ends its family (RFC 9700 §4.14.2).

use nc_proto::oauth::{error::TokenError, scope_list::ScopeList, token::TokenResponse};
use nc_store::{GrantRecord, RefreshState, RefreshTokenRecord, Unit};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Asked, checks};
use crate::{
    Audit, Event, GrantDocument, Provider, RefreshDocument, Resource, consents,
    machine::fault::Fault,
    tokens::{Next, Opaque, Order},
};

/// Turns a refresh token into an access token and the next refresh token.
pub(super) async fn refresh(provider: &Provider, asked: &Asked, token: &SecretString) -> Result<TokenResponse, Fault> {
    let digest = Opaque::Refresh
        .digest(token.expose_secret())
        .ok_or(TokenError::InvalidGrant)?;
    let unit = provider.store().begin().await?;
    let (spent, grant) = unit
        .find_token(digest, digest)
        .await?
        .refresh
        .ok_or(TokenError::InvalidGrant)?;
    if grant.client_id != asked.client.id() || grant.revoked_at.is_some() {
        return Err(TokenError::InvalidGrant.into());
    }
    // Before its end is looked at: who has a token that was used has it from somewhere, however old it is.
    let mut unseen = None;
    if spent.state != RefreshState::Live {
        unseen = unseen_successor(provider, unit.as_ref(), &spent).await?;
        if unseen.is_none() {
            end_family(provider, unit.as_ref(), asked, &grant).await?;
            unit.commit().await?;
            provider.release(grant.subject.as_deref()).await;
            return Err(TokenError::InvalidGrant.into());
        }
    }
    if spent.expires_at <= provider.now() {
        return Err(TokenError::InvalidGrant.into());
    }
    let response = rotate(provider, unit.as_ref(), asked, &grant, spent, unseen).await?;
    unit.commit().await?;
    Ok(response)
}

/// The successor of a spent token, if the answer that carried it may have been lost: within the grace, and never used.
async fn unseen_successor(
    provider: &Provider,
    unit: &dyn Unit,
    spent: &RefreshTokenRecord,
) -> Result<Option<RefreshTokenRecord>, Fault> {
    let grace = i64::try_from(provider.config().lifetimes.refresh_grace.as_secs()).unwrap_or(0);
    // Without a grace not even in the same second.
    let in_time = spent
        .spent_at
        .is_some_and(|at| grace > 0 && provider.now() <= at.saturating_add(grace));
    let (RefreshState::Spent, true, Some(successor)) = (spent.state, in_time, spent.successor) else {
        return Ok(None);
    };
    let successor = unit.find_refresh_token(successor).await?;
    Ok(successor.filter(|successor| successor.state == RefreshState::Live))
}

async fn end_family(provider: &Provider, unit: &dyn Unit, asked: &Asked, grant: &GrantRecord) -> Result<(), Fault> {
    let now = provider.now();
    unit.revoke_grant(&grant.id, now).await?;
    tracing::warn!(
        client = grant.client_id,
        "a refresh token was used again; its family is revoked"
    );
    Audit::new(Event::Reused)
        .with("what", "refresh token used again")
        .with("client", grant.client_id.as_str())
        .with("subject", grant.subject.clone())
        .with("sid", grant.sid.clone())
        .with("grant", grant.id.as_str())
        .with_address(provider, asked.posted.address)
        .append(unit, now)
        .await?;
    Ok(())
}

async fn rotate(
    provider: &Provider,
    unit: &dyn Unit,
    asked: &Asked,
    grant: &GrantRecord,
    mut spent: RefreshTokenRecord,
    unseen: Option<RefreshTokenRecord>,
) -> Result<TokenResponse, Fault> {
    let now = provider.now();
    let document: GrantDocument = serde_json::from_str(&grant.document)?;
    let before: RefreshDocument = serde_json::from_str(&spent.document)?;
    if document.dpop_jkt.is_none() && asked.jkt.is_some() {
        // A family is bound from its start or never: else whoever has the token could bind it to a key of their own.
        return Err(TokenError::InvalidDpopProof.into());
    }
    checks::bound_key(asked, &document)?;
    let person = checks::person(provider, &asked.client, grant).await?;
    let consents = consents(provider, unit, asked, grant, &document).await?;
    let kept = consents.left_of(&checks::allowed(provider, asked, &before.scopes)?)?;
    let wanted = match &asked.scope {
        None => &kept,
        Some(scope) if scope.is_subset(&kept) && !scope.is_empty() => scope,
        Some(_) => return Err(TokenError::InvalidScope.into()),
    };
    let resources = checks::resources(provider, unit, asked, &document.resources).await?;
    let scopes = consents.for_resources(&checks::narrow(wanted, &resources), &resources);
    if scopes.is_empty() {
        return Err(TokenError::InvalidScope.into());
    }
    let order = Order {
        client: &asked.client,
        grant,
        document: &document,
        person: &person,
        scopes: &scopes,
        resources: &resources,
        nonce: None,
        next: Some(Next {
            parent: Some(spent.token),
            // What was asked for this time narrows the access token only (RFC 6749 §6).
            document: RefreshDocument {
                scopes: kept.iter().map(str::to_owned).collect(),
                family_ends_at: before.family_ends_at,
            },
        }),
    };
    // Only the newest access token is good: a client that refreshes has no use for the others.
    unit.revoke_access_tokens(&grant.id, now).await?;
    let issued = order.issue(provider, unit).await?;
    if let Some(mut unseen) = unseen {
        unseen.state = RefreshState::Void;
        unit.update_refresh_token(&unseen).await?;
    }
    // The grace counts from the first use, so it cannot be stretched.
    spent.spent_at = spent.spent_at.or(Some(now));
    spent.state = RefreshState::Spent;
    spent.successor = issued.refresh;
    unit.update_refresh_token(&spent).await?;
    Audit::new(Event::Refreshed)
        .with("client", asked.client.id())
        .with("subject", grant.subject.clone())
        .with("sid", grant.sid.clone())
        .with("grant", grant.id.as_str())
        .with("scope", scopes.to_string())
        .with_address(provider, asked.posted.address)
        .append(unit, now)
        .await?;
    Ok(issued.response)
}

/// What the user allows now, for each resource of the grant.
struct Consents {
    /// By resource; without one, by the empty name. `None`: an administrator said that nobody has to be asked.
    given: Vec<(String, Option<ScopeList>)>,
}

async fn consents(
    provider: &Provider,
    unit: &dyn Unit,
    asked: &Asked,
    grant: &GrantRecord,
    document: &GrantDocument,
) -> Result<Consents, Fault> {
    let need_not_ask = consents::is_granted_automatically(&asked.client);
    let subject = grant.subject.as_deref().unwrap_or_default();
    let none = [String::new()];
    let resources = if document.resources.is_empty() {
        &none[..]
    } else {
        &document.resources
    };
    let mut given = Vec::with_capacity(resources.len());
    for resource in resources {
        let consent = unit.find_consent(subject, asked.client.id(), resource).await?;
        let consent = consent.filter(|consent| consent.expires_at > provider.now());
        let allowed = match consent {
            // What the user took away of it stays away, also where nobody had to be asked.
            Some(consent) => Some(checks::list(&consent.scopes)?),
            None if need_not_ask => None,
            None => return Err(TokenError::InvalidGrant.into()),
        };
        given.push((resource.clone(), allowed));
    }
    Ok(Consents { given })
}

impl Consents {
    /// What is left of these scopes for any resource; nothing is the end of the grant.
    fn left_of(&self, scopes: &ScopeList) -> Result<ScopeList, TokenError> {
        let any = self.given.iter().fold(ScopeList::default(), |sum, (_, one)| {
            sum.union(one.as_ref().unwrap_or(scopes))
        });
        let left = scopes.intersection(&any);
        if left.is_empty() {
            return Err(TokenError::InvalidGrant);
        }
        Ok(left)
    }

    /// What of these scopes a token for these resources may have: where two of them define a scope, it must be allowed for
    /// both.
    fn for_resources(&self, scopes: &ScopeList, resources: &[Resource]) -> ScopeList {
        let refused = |scope: &str| {
            resources
                .iter()
                .filter(|resource| resource.document.scopes.iter().any(|own| own == scope))
                .any(|resource| {
                    let consent = self.given.iter().find(|(uri, _)| *uri == resource.uri);
                    consent.is_none_or(|(_, allowed)| allowed.as_ref().is_some_and(|allowed| !allowed.contains(scope)))
                })
        };
        ScopeList::from_tokens(scopes.iter().filter(|scope| !refused(scope))).unwrap_or_default()
    }
}
