//! What people on other servers share, at its places among the files of the one with whom they share it.
//!
//! Nothing of it is stored here: every request goes to the other server, with the credential of the share, and what comes
//! back is read as a stranger's. Addresses are turned into those of the place here; numbers, permissions and owners are our own
//! (see [`describe`]). SEARCH and REPORT know nothing of it.
//!
//! A server that cannot be reached is 503 with `Retry-After`: clients keep what they have. One that takes the credential no more
//! is 403: trying again helps nobody. In both cases the place itself stays in the listing of its folder, where it can be removed.

mod across;
mod addresses;
mod conditions;
mod describe;
mod forward;
mod journey;
mod listing;
mod seen;
mod side;

use axum::{body::Body, response::Response};
use http::{HeaderMap, Method, StatusCode, header};
use nc_auth::federation::{Federation, RemoteAnswer, RemoteBody, RemoteError, RemoteMount, RemoteRequest};
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};
use std::sync::Arc;

pub(crate) use self::seen::SeenRoots;
pub(super) use self::{
    across::upload,
    journey::{arrive, follow},
    listing::describe_mounts,
    seen::refresh,
};
use super::{DavError, answer, visit::Visit};
use crate::sharing::{Elsewhere, Tree};

/// When to try again, where nobody said it.
const RETRY_AFTER_S: i64 = 30;

/// Longest time that somebody is told to wait.
const LONGEST_RETRY_AFTER_S: i64 = 60 * 60;

/// One place in what another server shares.
#[derive(Clone)]
pub(super) struct Remote {
    pub(super) mount: Arc<RemoteMount>,
    /// Where the share appears.
    pub(super) at: DavPath,
    /// Where in the share.
    pub(super) path: DavPath,
}

impl Remote {
    /// What a path leads to, if that is on another server.
    pub(super) fn find(tree: &Tree, path: &DavPath) -> Option<Self> {
        let (elsewhere, below) = tree.find_elsewhere(path)?;
        Some(Self::of(elsewhere, below))
    }

    pub(super) fn of(elsewhere: &Elsewhere, path: DavPath) -> Self {
        Self {
            mount: Arc::clone(&elsewhere.mount),
            at: elsewhere.at.clone(),
            path,
        }
    }

    /// Where it is for the one who asks.
    fn shown(&self) -> DavPath {
        self.at.join(&self.path)
    }

    fn is_mount_point(&self) -> bool {
        self.path.is_root()
    }

    /// Fails unless the share allows all of that.
    fn need(&self, wanted: SharePermissions) -> Result<(), DavError> {
        if self.mount.permissions.allows(wanted) {
            Ok(())
        } else {
            Err(DavError::forbidden(""))
        }
    }

    /// Asks the other server.
    async fn send(&self, visit: &Visit, request: RemoteRequest) -> Result<RemoteAnswer, DavError> {
        let changes = !matches!(request.method.as_str(), "GET" | "HEAD" | "PROPFIND");
        let answer = federation(visit)?.send(&self.mount, request).await;
        if changes {
            visit.cloud.seen_roots().forget(&self.mount.share_id);
        }
        let answer = answer.map_err(|error| self.refuse(error))?;
        if answer.status.is_server_error() && answer.status != StatusCode::INSUFFICIENT_STORAGE
            || answer.status == StatusCode::TOO_MANY_REQUESTS
        {
            let told = answer.headers.get(header::RETRY_AFTER);
            let told = told.and_then(|value| value.to_str().ok()?.trim().parse().ok());
            if answer.status == StatusCode::NOT_IMPLEMENTED {
                return Err(DavError::of_remote(answer.status));
            }
            return Err(unavailable(told));
        }
        Ok(answer)
    }

    /// A request about this place without a body.
    fn request(&self, method: Method) -> RemoteRequest {
        RemoteRequest {
            method,
            path: self.path.clone(),
            destination: None,
            headers: HeaderMap::new(),
            body: RemoteBody::Empty,
        }
    }

    fn refuse(&self, error: RemoteError) -> DavError {
        match error {
            RemoteError::Unavailable { retry_after_s } => unavailable(retry_after_s.map(i64::from)),
            RemoteError::Revoked => DavError::forbidden("access was revoked by the sender"),
            RemoteError::SendAgain => {
                DavError::remote_unavailable("The remote server wants a new credential meanwhile: send it again", 1)
            }
            RemoteError::NotFound => DavError::not_found(&self.shown()),
            RemoteError::Failed => {
                tracing::error!(share = %self.mount.share_id, "a request to a remote server could not be made");
                DavError::hidden()
            }
        }
    }

    /// The refusal behind an answer that is not what was hoped for.
    fn refuse_status(&self, visit: &Visit, status: StatusCode) -> DavError {
        match status {
            StatusCode::NOT_FOUND | StatusCode::GONE => DavError::not_found(&self.shown()),
            StatusCode::LOCKED => DavError::locked(visit.place.href(&self.shown(), false), "lock-token-submitted"),
            status => DavError::of_remote(status),
        }
    }
}

fn unavailable(retry_after_s: Option<i64>) -> DavError {
    let seconds = retry_after_s.unwrap_or(RETRY_AFTER_S).clamp(1, LONGEST_RETRY_AFTER_S);
    DavError::remote_unavailable(format!("remote server unavailable, try after {seconds} s"), seconds)
}

fn federation(visit: &Visit) -> Result<&Arc<dyn Federation>, DavError> {
    let federated = visit.cloud.federated();
    federated
        .map(|federated| &federated.shares)
        .ok_or_else(DavError::hidden)
}

/// Puts what other servers share into a tree. Where that cannot be learnt, there is no tree: a client that did not see the places
/// would delete its copies.
pub(super) async fn attach(visit: &Visit, tree: Tree) -> Result<Tree, DavError> {
    let Some(federated) = visit.cloud.federated() else {
        return Ok(tree);
    };
    let mounts = federated.shares.mounts(&visit.signed_in.user).await.map_err(|error| {
        tracing::error!(%error, "what other servers share cannot be listed");
        unavailable(None)
    })?;
    if mounts.is_empty() {
        return Ok(tree);
    }
    let seen = visit.cloud.seen_roots();
    let attached = tree.with_elsewhere(&mounts, |mount| seen.tag(&mount.share_id)).await;
    attached.map_err(|error| visit.refuse(error))
}

/// A request for something on another server.
pub(super) async fn serve(visit: &Visit, tree: &Tree, remote: &Remote, body: Body) -> Result<Response, DavError> {
    match visit.method.as_str() {
        "GET" | "HEAD" => forward::read(visit, remote).await,
        "PROPFIND" => listing::serve(visit, remote, body).await,
        "PUT" => forward::write(visit, remote, body).await,
        "MKCOL" => forward::make_folder(visit, remote, body).await,
        "DELETE" if remote.is_mount_point() => {
            journey::leave(visit, remote).await?;
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        "DELETE" => forward::delete(visit, remote).await,
        "PROPPATCH" => forward::change_properties(visit, remote, body).await,
        "LOCK" => forward::lock(visit, remote, body).await,
        "UNLOCK" => forward::unlock(visit, remote).await,
        "MOVE" | "COPY" => journey::depart(visit, tree, remote).await,
        method => Err(DavError::unknown_method(method)),
    }
}
