//! Files and folders that go from one server to another: a copy, and for a move a deletion after it.

use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, header};
use nc_auth::federation::{RemoteBody, RemoteRequest};
use nc_proto::apps::sharing::SharePermissions;

use super::{
    Remote, conditions, forward,
    side::{Node, Side},
};
use crate::{
    content::{Overwrite, Upload},
    dav::{
        DavError, answer, tree,
        visit::{Visit, created},
    },
};

/// Most files and folders that go at once. A stranger's folder may have no end.
const MOST: usize = 10_000;

/// Deepest folder that goes along.
const DEEPEST: usize = 64;

/// How something goes.
#[derive(Clone, Copy)]
pub(super) struct Way {
    /// Whether it does not stay where it was.
    pub(super) moves: bool,
    /// Whether what is in a folder goes along.
    pub(super) deep: bool,
}

/// Brings `source`, which is at `from`, to `to`.
pub(super) async fn carry(visit: &Visit, from: Side, source: Node, to: Side, way: Way) -> Result<Response, DavError> {
    from.need(SharePermissions::READ)?;
    if way.moves {
        from.need(SharePermissions::DELETE)?;
    }
    let replaced = to.look(visit).await?;
    if let Some(replaced) = &replaced {
        if visit.overwrite()? == Overwrite::Never {
            return Err(tree::exists());
        }
        if source.is_folder || replaced.is_folder {
            return Err(DavError::conflict(
                "A folder that comes from or goes to another server replaces nothing: delete the destination first",
            ));
        }
        to.need(SharePermissions::UPDATE)?;
    } else {
        to.need(SharePermissions::CREATE)?;
    }
    let visit = visit.clone();
    // A task of its own: a client that hangs up must not leave half of it.
    let carried = tokio::spawn(async move {
        let free = replaced.is_none();
        let mut made = false;
        let mut copied = Vec::new();
        let mut outcome = copy(&visit, &from, &source, &to, replaced, way.deep, &mut made, &mut copied).await;
        if outcome.is_ok() && way.moves {
            outcome = take_away(&visit, &from, &source, &copied).await;
        }
        if outcome.is_err()
            && free
            && made
            && let Err(error) = to.remove(&visit, None).await
        {
            tracing::debug!(status = %error.status(), "what arrived half could not be taken back");
        }
        outcome.map(|()| free)
    });
    let free = carried.await.map_err(|_| DavError::hidden())??;
    Ok(answer::empty(created(free)))
}

/// A folder that was copied, and what was in it then.
type Copied = (Side, Vec<(String, Node)>);

/// Removes what was copied, unless it is something else by now.
async fn take_away(visit: &Visit, from: &Side, source: &Node, copied: &[Copied]) -> Result<(), DavError> {
    if matches!(from, Side::There(_)) {
        for (folder, before) in copied {
            let now = folder.children(visit).await?;
            let is_there = |(name, node): &(String, Node)| {
                let mut others = before.iter();
                others.any(|(other, before)| other == name && before.is_same(node))
            };
            if now.len() != before.len() || !now.iter().all(is_there) {
                return Err(DavError::conflict(
                    "The folder on the other server changed while it was copied, so nothing was moved: try again",
                ));
            }
        }
    }
    from.remove(visit, Some(source)).await
}

/// `made` tells, also of a failure, whether something new is at `to`; `copied`, what each folder held.
#[expect(clippy::too_many_arguments, reason = "two of them are told also of a failure")]
async fn copy(
    visit: &Visit,
    from: &Side,
    source: &Node,
    to: &Side,
    replaced: Option<Node>,
    deep: bool,
    made: &mut bool,
    copied: &mut Vec<Copied>,
) -> Result<(), DavError> {
    if !source.is_folder {
        let content = from.open(visit).await?;
        to.write(visit, content, replaced.as_ref()).await?;
        *made = true;
        return Ok(());
    }
    let mut folders = vec![(from.clone(), to.clone(), 1)];
    let mut count = 1;
    while let Some((from, to, depth)) = folders.pop() {
        to.make_folder(visit).await?;
        *made = true;
        if !deep {
            break;
        }
        let inside = from.children(visit).await?;
        count += inside.len();
        if count > MOST || depth > DEEPEST {
            return Err(DavError::forbidden(format!(
                "A folder with more than {MOST} files, or {DEEPEST} folders deep, cannot go from server to server at once"
            )));
        }
        for (name, node) in &inside {
            let (from, to) = (from.child(name), to.child(name));
            if node.is_folder {
                folders.push((from, to, depth + 1));
            } else {
                let content = from.open(visit).await?;
                to.write(visit, content, None).await?;
            }
        }
        copied.push((from, inside));
    }
    Ok(())
}

/// Brings a file that arrived here in pieces to another server.
pub(in crate::dav) async fn upload(
    visit: &Visit,
    upload: &Upload,
    remote: &Remote,
    expected_bytes: Option<u64>,
) -> Result<Response, DavError> {
    let mut headers = HeaderMap::new();
    for name in ["x-oc-mtime", "x-oc-ctime", "oc-checksum"] {
        if visit.header(name)?.is_some()
            && let Some(value) = visit.headers.get(name)
        {
            headers.insert(name, value.clone());
        }
    }
    conditions::demand(visit, remote, &mut headers)?;
    if visit.overwrite()? == Overwrite::Never {
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("*"));
    }
    forward::only_allowed(remote, &mut headers)?;
    let opened = upload.open(expected_bytes).await;
    let (length, pieces) = opened.map_err(|error| visit.refuse(error))?;
    let request = RemoteRequest {
        headers,
        body: RemoteBody::Stream {
            stream: Box::pin(pieces),
            length: Some(length),
        },
        ..remote.request(Method::PUT)
    };
    let answer = remote.send(visit, request).await?;
    let written = forward::written(visit, remote, &answer)?;
    upload.abort().await.map_err(|error| visit.refuse(error))?;
    Ok(written)
}
