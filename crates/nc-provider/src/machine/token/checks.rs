//! What is checked again whenever tokens are issued: much may have changed since the user consented.

use nc_proto::oauth::{error::TokenError, scope_list::ScopeList};
use nc_store::{GrantRecord, Lookup};

use super::Asked;
use crate::{Client, Endpoint, GrantDocument, Person, Provider, Resource, machine::fault::Fault};

/// The person of a grant, who must be there, enabled, and allowed to use the client.
pub(super) async fn person(provider: &Provider, client: &Client, grant: &GrantRecord) -> Result<Person, Fault> {
    let subject = grant.subject.as_deref().ok_or(TokenError::InvalidGrant)?;
    let person = provider.person(subject).await?.ok_or(TokenError::InvalidGrant)?;
    if client.admits(&person) {
        Ok(person)
    } else {
        Err(TokenError::InvalidGrant.into())
    }
}

/// The key that the tokens are bound to: the grant's, or the one that is proven now.
pub(super) fn bound_key(asked: &Asked, grant: &GrantDocument) -> Result<Option<String>, TokenError> {
    match (&grant.dpop_jkt, &asked.jkt) {
        (Some(bound), Some(proven)) if bound == proven => Ok(Some(bound.clone())),
        (Some(_), _) => Err(TokenError::InvalidDpopProof),
        (None, proven) => Ok(proven.clone()),
    }
}

/// The resources that the token is for: those asked for, which must be granted; else all granted ones.
pub(super) async fn resources(
    provider: &Provider,
    store: &dyn Lookup,
    asked: &Asked,
    granted: &[String],
) -> Result<Vec<Resource>, Fault> {
    let named = match (asked.resources.as_slice(), granted) {
        ([], granted) => granted,
        // What a token without resources is for may also be said.
        ([one], []) if *one == provider.config().url(Endpoint::UserInfo) => &[],
        (named, granted) if named.iter().all(|uri| granted.contains(uri)) => named,
        _ => return Err(TokenError::InvalidTarget.into()),
    };
    let mut resources: Vec<Resource> = Vec::with_capacity(named.len());
    for uri in named {
        let resource = Resource::find(provider.config(), store, uri).await?;
        // An administrator may have taken it away since.
        let resource = resource.filter(|resource| asked.client.may_name(resource));
        let resource = resource.ok_or(TokenError::InvalidTarget)?;
        if !resources.iter().any(|known| known.uri == resource.uri) {
            resources.push(resource);
        }
    }
    Ok(resources)
}

/// The scopes that these resources define; all, when the token is for none.
pub(super) fn narrow(scopes: &ScopeList, resources: &[Resource]) -> ScopeList {
    if resources.is_empty() {
        return scopes.clone();
    }
    resources.iter().fold(ScopeList::default(), |sum, resource| {
        sum.union(&resource.narrow(scopes))
    })
}

/// The scopes of a grant that its client may still have. Nothing left is the end of it: an administrator, the client itself
/// or the user took all of it back.
pub(super) fn allowed(provider: &Provider, asked: &Asked, granted: &[String]) -> Result<ScopeList, Fault> {
    let allowed = asked.client.allowed(&list(granted)?, &provider.config().public_scopes);
    if allowed.is_empty() {
        return Err(TokenError::InvalidGrant.into());
    }
    Ok(allowed)
}

/// Scopes of a record.
pub(super) fn list(scopes: &[String]) -> Result<ScopeList, Fault> {
    ScopeList::from_tokens(scopes.iter().map(String::as_str))
        .map_err(|_| Fault::Internal(crate::Error::Internal("stored scopes cannot be read")))
}
