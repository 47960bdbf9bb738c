//! The conditions that may come with any request: RFC 9110 §13 and the `If` header of RFC 4918 §10.4.

use http::Method;
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{DavPath, ETagCondition, IfHeader, IfList, IfState, date},
};

use super::{DavError, place::Area, visit::Visit};
use crate::{
    content::{Entry, Precondition},
    sharing::{Found, Tree},
};

/// Whether the client has the present version already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Send it.
    Send,
    /// Answer 304.
    NotModified,
}

/// Checks everything; an error is 412. RFC 9110 §13.2.2 gives the order.
pub(super) async fn check(visit: &Visit, tree: &Tree, current: Option<&Entry>) -> Result<Freshness, DavError> {
    check_if(visit, tree).await?;
    let tag = current.map(|entry| &entry.etag);
    if let Some(value) = visit.header("if-match")? {
        if !ETagCondition::parse(value).if_match_holds(tag) {
            let message = match tag {
                Some(_) => "An If-Match header was specified, but none of the specified ETags matched.",
                None => "An If-Match header was specified and the resource did not exist",
            };
            return Err(DavError::precondition("If-Match", message, tag.cloned()));
        }
    } else if let (Some(value), Some(current)) = (visit.header("if-unmodified-since")?, current)
        && date::parse_http(value).is_some_and(|date| current.modified_at > date.unix_timestamp())
    {
        let message =
            "An If-Unmodified-Since header was specified, but the entity has been changed since the specified date.";
        return Err(DavError::precondition("If-Unmodified-Since", message, tag.cloned()));
    }
    let reads = visit.method == Method::GET || visit.method == Method::HEAD;
    if let Some(value) = visit.header("if-none-match")? {
        if !ETagCondition::parse(value).if_none_match_holds(tag) {
            if reads {
                return Ok(Freshness::NotModified);
            }
            let message = "An If-None-Match header was specified, but the ETag matched (or * was specified).";
            return Err(DavError::precondition("If-None-Match", message, None));
        }
    } else if let (true, Some(value), Some(current)) = (reads, visit.header("if-modified-since")?, current)
        && date::parse_http(value).is_some_and(|date| current.modified_at <= date.unix_timestamp())
    {
        return Ok(Freshness::NotModified);
    }
    Ok(Freshness::Send)
}

/// Checks the `If` header alone: what a request outside of the files can say about them.
pub(super) async fn check_if(visit: &Visit, tree: &Tree) -> Result<(), DavError> {
    if let Some(header) = visit.if_header()?
        && !holds(visit, tree, &header).await?
    {
        let message = "None of the tokens in the If header matched";
        return Err(DavError::precondition("If", message, None));
    }
    Ok(())
}

/// What the `If` header demands of the target `to` of a move, for the store to look at again in the transaction: bytes
/// may be copied for a while between our look and the change. Nothing if it has a way to hold without the target's tag.
pub(super) fn pin_target(visit: &Visit, to: &DavPath) -> Result<Precondition, DavError> {
    let Some(header) = visit.if_header()? else {
        return Ok(Precondition::Overwrite);
    };
    let mut tags = Vec::new();
    for list in &header.lists {
        let about_target = list.resource.is_some() && resource(visit, list).as_ref() == Some(to);
        let demanded = list.conditions.iter().find_map(|condition| match &condition.state {
            IfState::ETag(tag) if !condition.negated && about_target => Some(tag.clone()),
            _ => None,
        });
        match demanded {
            Some(tag) => tags.push(tag),
            None => return Ok(Precondition::Overwrite),
        }
    }
    Ok(Precondition::IfMatch(ETagCondition::OneOf(tags)))
}

/// The conditions that held, for the store to look at again in the transaction of the change: what a client asked to be
/// unchanged must not change between our look and the write.
pub(super) fn pin(visit: &Visit, found: &Found) -> Result<Precondition, DavError> {
    let current = found.stored.as_ref();
    if let Some(value) = visit.header("if-match")? {
        // The tag of a folder in which others share is made of several; that of the folder itself is what can be pinned.
        if let (Some(stored), Some(shown)) = (current, &found.shown)
            && stored.etag != shown.etag
        {
            return Ok(Precondition::unchanged_since(&stored.etag));
        }
        return Ok(Precondition::IfMatch(ETagCondition::parse(value)));
    }
    let states = visit.if_header()?.into_iter().flat_map(|header| header.lists);
    let names_a_tag = states
        .flat_map(|list| list.conditions)
        .any(|condition| matches!(condition.state, IfState::ETag(_)));
    if names_a_tag || visit.headers.contains_key("if-unmodified-since") {
        return Ok(current.map_or(Precondition::CreateOnly, |entry| {
            Precondition::unchanged_since(&entry.etag)
        }));
    }
    let none_match = visit.header("if-none-match")?.map(ETagCondition::parse);
    Ok(none_match.map_or(Precondition::Overwrite, Precondition::IfNoneMatch))
}

async fn holds(visit: &Visit, tree: &Tree, header: &IfHeader) -> Result<bool, DavError> {
    for list in &header.lists {
        if list_holds(visit, tree, list).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn list_holds(visit: &Visit, tree: &Tree, list: &IfList) -> Result<bool, DavError> {
    let Some(path) = resource(visit, list) else {
        return Ok(false);
    };
    let Ok(found) = tree.find(&path).await else {
        return Ok(false);
    };
    let spot = &found.spot;
    // A condition on what may not be read would tell about it.
    if !spot.allows(SharePermissions::READ) {
        return Ok(false);
    }
    let locks = spot.home.list_locks(&spot.path).await;
    let locks = locks.map_err(|error| visit.refuse_at(spot, error))?;
    let entry = found.shown;
    Ok(list.conditions.iter().all(|condition| {
        let matches = match &condition.state {
            IfState::Token(token) => locks.iter().any(|lock| lock.token == *token),
            IfState::ETag(tag) => entry.as_ref().is_some_and(|entry| entry.etag == *tag),
        };
        matches != condition.negated
    }))
}

/// The path that a list is about; none if it is not in the user's files.
fn resource(visit: &Visit, list: &IfList) -> Option<DavPath> {
    let Some(address) = &list.resource else {
        return (visit.place.area == Area::Files).then(|| visit.path().clone());
    };
    let place = visit.place_of(address).ok()?;
    (place.area == Area::Files).then_some(place.path)
}
