//! What a request demands, as the other server understands it.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use nc_proto::dav::{DavPath, IfCondition, IfHeader, IfList, IfState};

use super::Remote;
use crate::dav::{DavError, place::Area, visit::Visit};

/// Conditions of RFC 9110 §13, which say the same everywhere.
const CONDITIONS: [HeaderName; 4] = [
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
];

/// The conditions of a request, and those of its other headers that are named.
pub(super) fn headers(visit: &Visit, remote: &Remote, others: &[&str]) -> Result<HeaderMap, DavError> {
    let mut headers = HeaderMap::new();
    let names = CONDITIONS.iter().map(HeaderName::as_str).chain(others.iter().copied());
    for name in names {
        // Sent twice, it is refused; see `Visit::header`.
        if visit.header(name)?.is_some()
            && let (Ok(name), Some(value)) = (HeaderName::try_from(name), visit.headers.get(name))
        {
            headers.insert(name, value.clone());
        }
    }
    demand(visit, remote, &mut headers)?;
    Ok(headers)
}

/// Adds what `If` says of the place.
pub(super) fn demand(visit: &Visit, remote: &Remote, headers: &mut HeaderMap) -> Result<(), DavError> {
    if let Some(header) = visit.if_header()? {
        let turned = turn(visit, remote, &header)?;
        insert_if(headers, &turned)?;
    }
    Ok(())
}

/// Adds every lock token of the request, beside a condition that always holds.
pub(super) fn submit_tokens(visit: &Visit, headers: &mut HeaderMap) -> Result<(), DavError> {
    let tokens = visit.lock_tokens()?;
    if tokens.is_empty() {
        return Ok(());
    }
    let named = tokens.into_iter().map(|token| IfCondition {
        negated: false,
        state: IfState::Token(token),
    });
    let mut lists: Vec<IfList> = named.map(|condition| untagged(vec![condition])).collect();
    lists.push(always());
    insert_if(headers, &IfHeader { lists })
}

fn insert_if(headers: &mut HeaderMap, header: &IfHeader) -> Result<(), DavError> {
    let value = HeaderValue::try_from(header.to_string());
    let value = value.map_err(|_| DavError::bad_request("The If header is no text"))?;
    headers.insert(HeaderName::from_static("if"), value);
    Ok(())
}

/// The `If` header without addresses, which are others there: what is said of the address of the request stays; of another one in
/// the share only the lock tokens go along, beside a condition that always holds (RFC 4918 §10.4.8). What is said of anything else
/// cannot hold there.
fn turn(visit: &Visit, remote: &Remote, header: &IfHeader) -> Result<IfHeader, DavError> {
    let mut lists = Vec::new();
    let mut beside = false;
    for list in &header.lists {
        let path = match &list.resource {
            None => (visit.place.area == Area::Files).then(|| visit.path().clone()),
            Some(address) => file_path(visit, address),
        };
        let Some(path) = path else { continue };
        let states = list.conditions.iter().map(|condition| &condition.state);
        let names_a_tag = states.into_iter().any(|state| matches!(state, IfState::ETag(_)));
        if path == remote.shown() {
            lists.push(untagged(list.conditions.clone()));
        } else if path.strip_prefix(&remote.at).is_some() && !names_a_tag {
            lists.push(untagged(list.conditions.clone()));
            beside = true;
        }
    }
    if lists.is_empty() {
        return Err(DavError::precondition(
            "If",
            "None of the tokens in the If header matched",
            None,
        ));
    }
    if beside {
        lists.push(always());
    }
    Ok(IfHeader { lists })
}

fn always() -> IfList {
    untagged(vec![IfCondition {
        negated: true,
        state: IfState::Token("DAV:no-lock".to_owned()),
    }])
}

const fn untagged(conditions: Vec<IfCondition>) -> IfList {
    IfList {
        resource: None,
        conditions,
    }
}

fn file_path(visit: &Visit, address: &str) -> Option<DavPath> {
    let place = visit.place_of(address).ok()?;
    (place.area == Area::Files).then_some(place.path)
}
