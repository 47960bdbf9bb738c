//! MOVE, COPY and DELETE where a share of another server is where it comes from or where it goes.

use axum::response::Response;
use nc_auth::federation::FederationError;
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{DavPath, Depth},
};

use super::{
    Remote,
    across::{self, Way},
    federation, forward,
    side::{Node, Side},
    unavailable,
};
use crate::{
    content::{ContentError, Entry, FileId, Kind, Overwrite, Precondition, check_storable},
    dav::{
        DavError, answer, preconditions, tree as own,
        visit::{Visit, created, need_download},
    },
    sharing::{Found, Tree},
};

/// Takes a share of another server out of the files.
pub(super) async fn leave(visit: &Visit, remote: &Remote) -> Result<(), DavError> {
    let declined = federation(visit)?
        .decline(&visit.signed_in.user, remote.mount.number)
        .await;
    declined.map_err(|error| refuse(remote, error))
}

/// Answers MOVE and COPY of what is on another server.
pub(super) async fn depart(visit: &Visit, tree: &Tree, from: &Remote) -> Result<Response, DavError> {
    let target = visit.destination()?;
    own::check_places(visit.path(), &target)?;
    let moves = visit.method == "MOVE";
    if moves && from.is_mount_point() {
        return move_mount(visit, tree, from, &target).await;
    }
    let to = Remote::find(tree, &target);
    if let Some(to) = to.as_ref().filter(|to| to.mount.share_id == from.mount.share_id) {
        return within(visit, from, to, moves).await;
    }
    let way = way(visit, moves)?;
    let side = Side::There(from.clone());
    let source = side.look(visit).await?;
    let source = source.ok_or_else(|| DavError::not_found(visit.path()))?;
    check(visit, tree, &source).await?;
    let to = if let Some(to) = to {
        Side::There(to)
    } else {
        let found = tree.find(&target).await.map_err(|error| visit.refuse(error))?;
        if found.stored.is_some() && found.spot.is_mount_point() {
            return Err(DavError::forbidden("What others share cannot be replaced"));
        }
        Side::Here(Box::new(found.spot))
    };
    across::carry(visit, side, source, to, way).await
}

/// Answers MOVE and COPY of a file or folder here to another server.
pub(in crate::dav) async fn arrive(visit: &Visit, tree: &Tree, found: Found, to: Remote) -> Result<Response, DavError> {
    let Some(stored) = found.stored else {
        return Err(visit.refuse(ContentError::NotFound(visit.path().clone())));
    };
    own::check_places(visit.path(), &to.shown())?;
    let moves = visit.method == "MOVE";
    need_download(&found.spot)?;
    if moves && (found.spot.is_mount_point() || own::holds_shared(tree, visit.path())) {
        return Err(DavError::forbidden(
            "What others share can only lie among the own files",
        ));
    }
    let source = Node {
        is_folder: stored.is_folder(),
        modified_at: Some(stored.modified_at),
        tag: Some(stored.etag),
    };
    let way = way(visit, moves)?;
    across::carry(visit, Side::Here(Box::new(found.spot)), source, Side::There(to), way).await
}

fn way(visit: &Visit, moves: bool) -> Result<Way, DavError> {
    let deep = match visit.depth()? {
        None | Some(Depth::Infinity) => true,
        Some(Depth::Zero) => moves,
        Some(Depth::One) if moves => true,
        Some(Depth::One) => return Err(DavError::bad_request("COPY takes Depth 0 or infinity")),
    };
    Ok(Way { moves, deep })
}

async fn within(visit: &Visit, from: &Remote, to: &Remote, moves: bool) -> Result<Response, DavError> {
    if to.is_mount_point() {
        return Err(DavError::forbidden("What others share cannot be replaced"));
    }
    if !moves {
        from.need(SharePermissions::READ.with(SharePermissions::CREATE))?;
    } else if from.path.parent() == to.path.parent() {
        from.need(SharePermissions::UPDATE)?;
    } else {
        from.need(SharePermissions::DELETE.with(SharePermissions::CREATE))?;
    }
    forward::transfer(visit, from, to).await
}

/// Checks the conditions of a request about what was looked at on another server.
async fn check(visit: &Visit, tree: &Tree, source: &Node) -> Result<(), DavError> {
    let entry = source.tag.clone().map(|etag| Entry {
        id: FileId(0),
        path: visit.path().clone(),
        kind: Kind::Folder { folders: 0, files: 0 },
        size_bytes: 0,
        modified_at: source.modified_at.unwrap_or_default(),
        etag,
        checksums: None,
        created_at: 0,
        uploaded_at: 0,
        favorite: false,
    });
    preconditions::check(visit, tree, entry.as_ref()).await.map(drop)
}

/// Gives a share another place among the own files.
async fn move_mount(visit: &Visit, tree: &Tree, from: &Remote, target: &DavPath) -> Result<Response, DavError> {
    let only_own = || DavError::forbidden("What others share can only lie among the own files");
    if Remote::find(tree, target).is_some() {
        return Err(only_own());
    }
    let to = tree.find(target).await.map_err(|error| visit.refuse(error))?;
    let home = &to.spot.home;
    if to.stored.is_some() && visit.overwrite()? == Overwrite::Never {
        return Err(own::exists());
    }
    if to.spot.mounted.is_some() || target.is_root() {
        return Err(only_own());
    }
    check_storable(target.name().unwrap_or_default()).map_err(|error| visit.refuse(error.into()))?;
    let folder = home.find(&target.parent().unwrap_or_default()).await;
    let folder = folder.map_err(|error| visit.refuse(error))?;
    if !folder.as_ref().is_some_and(Entry::is_folder) {
        return Err(own::no_folder());
    }
    if to.stored.is_some() {
        let deleted = home
            .delete_if(target, Precondition::Overwrite, visit.lock_tokens()?)
            .await;
        deleted.map_err(|error| visit.refuse(error))?;
    }
    let moved = federation(visit)?
        .move_mount(&visit.signed_in.user, from.mount.number, target)
        .await;
    moved.map_err(|error| refuse(from, error))?;
    Ok(answer::empty(created(to.stored.is_none())))
}

/// Brings what other servers share in a folder along with it. What cannot follow appears in the root.
pub(in crate::dav) async fn follow(visit: &Visit, tree: &Tree, from: &DavPath, to: &DavPath) {
    for elsewhere in tree.elsewhere_below(from) {
        let (Some(below), Ok(federation)) = (elsewhere.at.strip_prefix(from), federation(visit)) else {
            continue;
        };
        let (number, place) = (elsewhere.mount.number, to.join(&below));
        if let Err(error) = federation.move_mount(&visit.signed_in.user, number, &place).await {
            tracing::warn!(number, %error, "a remote share could not follow its folder");
        }
    }
}

fn refuse(remote: &Remote, error: FederationError) -> DavError {
    match error {
        FederationError::Refused(why) => DavError::forbidden(why),
        FederationError::NotFound => DavError::not_found(&remote.shown()),
        FederationError::Unavailable { retry_after_s } => unavailable(retry_after_s.map(i64::from)),
        FederationError::Failed(error) => {
            tracing::error!(share = %remote.mount.share_id, error, "a remote share could not be changed");
            DavError::hidden()
        }
    }
}
