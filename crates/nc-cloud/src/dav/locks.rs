use std::time::Duration;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, StatusCode, header};
use nc_proto::dav::{ActiveLock, Depth, Element, LockInfo, LockScope, LockTimeout, Name, lock_token};

use super::{
    DavError,
    answer::{self, XML},
    visit::Visit,
};
use crate::{
    content::{ContentError, HeldLock, NewLock},
    sharing::Spot,
};

/// How long a lock lasts if the client does not say.
const USUAL_LIFETIME_S: i64 = 30 * 60;
/// How long a lock lasts at most; clients refresh it.
const LONGEST_LIFETIME_S: i64 = 24 * 60 * 60;
/// The same for those without an account here: what a server elsewhere forgets keeps the owner out.
const LONGEST_OF_A_GUEST_S: i64 = 30 * 60;

/// Answers LOCK: takes a lock, or refreshes one if there is no body (RFC 4918 §9.10.2).
pub(super) async fn lock(visit: &Visit, spot: &Spot, body: Body) -> Result<Response, DavError> {
    let body = visit.read_body(body).await?;
    let lifetime_s = lifetime(visit)?;
    if body.trim_ascii().is_empty() {
        return refresh(visit, spot, lifetime_s).await;
    }
    let info = LockInfo::parse(&body)?;
    let deep = match visit.depth()? {
        None | Some(Depth::Infinity) => true,
        Some(Depth::Zero) => false,
        Some(Depth::One) => return Err(DavError::bad_request("LOCK takes Depth 0 or infinity")),
    };
    let owner = Element {
        children: info.owner,
        ..Element::new(Name::dav("owner"))
    };
    let new = NewLock {
        path: spot.path.clone(),
        exclusive: info.scope == LockScope::Exclusive,
        deep,
        owner_info: String::from_utf8_lossy(&owner.to_document()).into_owned(),
        lifetime_s,
        lock_tokens: visit.lock_tokens()?,
    };
    let (lock, created) = spot.home.lock(new).await.map_err(|error| match error {
        ContentError::Locked(path) => {
            DavError::locked(visit.place.href(&spot.shown_path(&path), false), "no-conflicting-lock")
        }
        error => visit.refuse_at(spot, error),
    })?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = tell(visit, spot, status, &lock);
    let token = format!("<{}>", lock.token);
    answer::insert(response.headers_mut(), HeaderName::from_static("lock-token"), &token);
    Ok(response)
}

async fn refresh(visit: &Visit, spot: &Spot, lifetime_s: i64) -> Result<Response, DavError> {
    let tokens = visit.lock_tokens()?;
    let [token] = tokens.as_slice() else {
        return Err(DavError::bad_request(
            "A LOCK without body needs an If header with one lock token",
        ));
    };
    let lock = spot.home.refresh_lock(&spot.path, token, lifetime_s).await;
    let lock = lock.map_err(|error| match error {
        ContentError::Precondition { .. } => {
            DavError::precondition("If", "There is no such lock on this resource", None)
        }
        error => visit.refuse_at(spot, error),
    })?;
    Ok(tell(visit, spot, StatusCode::OK, &lock))
}

/// Answers UNLOCK.
pub(super) async fn unlock(visit: &Visit, spot: &Spot) -> Result<Response, DavError> {
    let token = visit.header("lock-token")?.and_then(lock_token);
    let token = token.ok_or_else(|| DavError::bad_request("No lock token was supplied"))?;
    let home = &spot.home;
    home.stat(&spot.path)
        .await
        .map_err(|error| visit.refuse_at(spot, error))?;
    home.unlock(&spot.path, token).await.map_err(|error| match error {
        ContentError::Precondition { .. } => {
            DavError::lock_token("The lock token does not belong to a lock on this resource")
        }
        error => visit.refuse_at(spot, error),
    })?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// `d:lockdiscovery` for the locks on something.
pub(super) fn discovery(visit: &Visit, spot: &Spot, locks: &[HeldLock]) -> Element {
    let locks: Vec<ActiveLock> = locks.iter().map(|lock| active(visit, spot, lock)).collect();
    ActiveLock::discovery(&locks)
}

fn tell(visit: &Visit, spot: &Spot, status: StatusCode, lock: &HeldLock) -> Response {
    let body = active(visit, spot, lock).to_document();
    (status, [(header::CONTENT_TYPE, XML)], body).into_response()
}

fn active(visit: &Visit, spot: &Spot, lock: &HeldLock) -> ActiveLock {
    let left = lock.expires_at.saturating_sub(visit.cloud.now());
    let owner = Element::parse(lock.owner_info.as_bytes()).map(|owner| owner.children);
    ActiveLock {
        scope: if lock.exclusive {
            LockScope::Exclusive
        } else {
            LockScope::Shared
        },
        depth: if lock.deep { Depth::Infinity } else { Depth::Zero },
        owner: owner.unwrap_or_default(),
        timeout: LockTimeout::After(Duration::from_secs(u64::try_from(left).unwrap_or_default())),
        token: lock.token.clone(),
        root: visit.place.href(&spot.shown_path(&lock.root), false),
    }
}

fn lifetime(visit: &Visit) -> Result<i64, DavError> {
    let wish = visit.header("timeout")?.and_then(LockTimeout::parse);
    let longest = if visit.link.is_some() {
        LONGEST_OF_A_GUEST_S
    } else {
        LONGEST_LIFETIME_S
    };
    Ok(match wish {
        None => USUAL_LIFETIME_S,
        Some(LockTimeout::Infinite) => longest,
        Some(LockTimeout::After(time)) => i64::try_from(time.as_secs()).unwrap_or(longest).clamp(1, longest),
    })
}
