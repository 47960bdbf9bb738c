use axum::{body::Body, response::Response};
use http::StatusCode;
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{DavPath, Depth},
};

use super::{
    DavError, answer, preconditions,
    remote::{self, Remote},
    visit::{Visit, created, need, need_download},
};
use crate::{
    content::{ContentError, Entry, Overwrite, Precondition, Refused, Transfer, check_storable},
    sharing::{Found, Spot, Tree},
};

/// Answers MKCOL.
pub(super) async fn make_folder(visit: &Visit, spot: &Spot, body: Body) -> Result<Response, DavError> {
    if !visit.read_body(body).await?.is_empty() {
        return Err(DavError::unsupported_body(
            "The request body for the MKCOL request must be empty",
        ));
    }
    let made = spot.home.make_folder(&spot.path, visit.lock_tokens()?).await;
    let entry = made.map_err(|error| visit.refuse_at(spot, error))?;
    let mut response = answer::empty(StatusCode::CREATED);
    answer::tell_file(response.headers_mut(), visit.cloud.instance_id(), &entry, false);
    Ok(response)
}

/// Answers DELETE. What others share is not deleted where it appears: it goes out of sight.
pub(super) async fn delete(visit: &Visit, spot: &Spot, precondition: Precondition) -> Result<Response, DavError> {
    if visit.path().is_root() {
        return Err(DavError::forbidden("Permission denied to delete home folder"));
    }
    if spot.is_mount_point() {
        let mount = spot.mounted.as_ref().and_then(|mounted| mounted.mount.as_ref());
        let mount = mount.ok_or_else(|| DavError::forbidden(""))?;
        visit.cloud.shares().leave(&visit.signed_in.user, &mount.shares).await?;
        return Ok(answer::empty(StatusCode::NO_CONTENT));
    }
    need(spot, SharePermissions::DELETE)?;
    let deleted = spot
        .home
        .delete_if(&spot.path, precondition, visit.lock_tokens()?)
        .await;
    deleted.map_err(|error| visit.refuse_at(spot, error))?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// Answers MOVE.
pub(super) async fn move_entry(
    visit: &Visit,
    tree: &Tree,
    found: Found,
    precondition: Precondition,
) -> Result<Response, DavError> {
    if let Some(to) = Remote::find(tree, &visit.destination()?) {
        return remote::arrive(visit, tree, found, to).await;
    }
    let journey = Journey::new(visit, tree, found, precondition).await?;
    let (from, to) = (&journey.from.spot, &journey.to.spot);
    if from.is_mount_point() {
        return move_mount(visit, &journey).await;
    }
    let renames = is_same_place(from, to) && from.path.parent() == to.path.parent();
    if renames {
        need(from, SharePermissions::UPDATE)?;
    } else {
        need(from, SharePermissions::DELETE)?;
        need(to, SharePermissions::CREATE)?;
    }
    journey.check_target()?;
    if from.mounted.is_none() && to.mounted.is_some() && holds_shared(tree, visit.path()) {
        return Err(DavError::forbidden(
            "A folder in which others share cannot be moved into what somebody shares",
        ));
    }
    if !is_same_place(from, to) {
        // It goes away from where it was, and is taken away by that.
        need_download(from)?;
    }
    let moved = if from.home.user() == to.home.user() {
        let moved = to.home.transfer(journey.transfer.clone()).await;
        moved.map_err(|error| refuse(visit, to, error))?
    } else {
        let moved = from.home.move_across(&to.home, journey.transfer.clone()).await;
        moved.map_err(|error| refuse_one(visit, &journey, error))?
    };
    if from.mounted.is_none() {
        remote::follow(visit, tree, visit.path(), &visit.destination()?).await;
    }
    Ok(transferred(visit, &moved.0, moved.1, !moved.0.is_folder()))
}

/// Whether others share something in an own folder.
pub(super) fn holds_shared(tree: &Tree, folder: &DavPath) -> bool {
    tree.mounted_below(folder).next().is_some() || tree.elsewhere_below(folder).next().is_some()
}

/// Answers COPY.
pub(super) async fn copy_entry(
    visit: &Visit,
    tree: &Tree,
    found: Found,
    precondition: Precondition,
) -> Result<Response, DavError> {
    let deep = match visit.depth()? {
        None | Some(Depth::Infinity) => true,
        Some(Depth::Zero) => false,
        Some(Depth::One) => return Err(DavError::bad_request("COPY takes Depth 0 or infinity")),
    };
    if let Some(to) = Remote::find(tree, &visit.destination()?) {
        return remote::arrive(visit, tree, found, to).await;
    }
    let journey = Journey::new(visit, tree, found, precondition).await?;
    let (from, to) = (&journey.from.spot, &journey.to.spot);
    need(to, SharePermissions::CREATE)?;
    journey.check_target()?;
    let copied = if from.home.user() == to.home.user() {
        let copied = to.home.copy(journey.transfer.clone(), deep).await;
        copied.map_err(|error| refuse(visit, to, error))?
    } else {
        let copied = from.home.copy_across(&to.home, journey.transfer.clone(), deep).await;
        copied.map_err(|error| refuse_one(visit, &journey, error))?
    };
    Ok(transferred(visit, &copied.0, copied.1, false))
}

/// From where to where, and how.
struct Journey {
    from: Found,
    to: Found,
    /// In the paths of the two trees.
    transfer: Transfer,
}

impl Journey {
    async fn new(visit: &Visit, tree: &Tree, from: Found, precondition: Precondition) -> Result<Self, DavError> {
        let target = visit.destination()?;
        // A missing source is told before anything about the target.
        if from.stored.is_none() {
            return Err(visit.refuse(ContentError::NotFound(visit.path().clone())));
        }
        check_places(visit.path(), &target)?;
        let to = tree.find(&target).await.map_err(|error| visit.refuse(error))?;
        let transfer = Transfer {
            from: from.spot.path.clone(),
            to: to.spot.path.clone(),
            overwrite: visit.overwrite()?,
            precondition,
            target: preconditions::pin_target(visit, &target)?,
            lock_tokens: visit.lock_tokens()?,
        };
        Ok(Self { from, to, transfer })
    }

    /// What is at the target goes to the trash: it must be allowed to.
    fn check_target(&self) -> Result<(), DavError> {
        let to = &self.to.spot;
        if self.to.stored.is_none() {
            return Ok(());
        }
        if self.transfer.overwrite == Overwrite::Never {
            return Err(exists());
        }
        if to.is_mount_point() {
            return Err(DavError::forbidden("What others share cannot be replaced"));
        }
        need(to, SharePermissions::DELETE.with(SharePermissions::CREATE))
    }
}

/// Whether two places lie in the same thing that is shared, or both among the own files.
fn is_same_place(one: &Spot, other: &Spot) -> bool {
    let root = |spot: &Spot| spot.mounted.as_ref().map(|mounted| mounted.root.id);
    root(one) == root(other)
}

/// Gives what others share another place among the own files. Nothing changes for anybody else.
async fn move_mount(visit: &Visit, journey: &Journey) -> Result<Response, DavError> {
    let (from, to) = (&journey.from.spot, &journey.to.spot);
    let mount = from.mounted.as_ref().and_then(|mounted| mounted.mount.as_ref());
    let mount = mount.ok_or_else(|| DavError::forbidden(""))?;
    if journey.to.stored.is_some() && journey.transfer.overwrite == Overwrite::Never {
        return Err(exists());
    }
    if to.mounted.is_some() || to.path.is_root() {
        return Err(DavError::forbidden(
            "What others share can only lie among the own files",
        ));
    }
    let name = to.path.name().unwrap_or_default();
    check_storable(name).map_err(|error| visit.refuse(error.into()))?;
    let folder = to.path.parent().unwrap_or_default();
    let folder = to.home.find(&folder).await.map_err(|error| visit.refuse(error))?;
    let folder = folder.filter(Entry::is_folder);
    let folder = folder.ok_or_else(no_folder)?;
    if journey.to.stored.is_some() {
        let tokens = journey.transfer.lock_tokens.clone();
        let deleted = to
            .home
            .delete_if(&to.path, journey.transfer.target.clone(), tokens)
            .await;
        deleted.map_err(|error| visit.refuse(error))?;
    }
    let parent = Some(folder.id).filter(|_| !folder.path.is_root());
    visit
        .cloud
        .shares()
        .set_target(&mount.shares, &visit.signed_in.user, parent, name)
        .await?;
    let free = journey.to.stored.is_none();
    let entry = from.mounted.as_ref().map(|mounted| mounted.root.clone());
    Ok(match entry {
        Some(entry) => transferred(visit, &entry, free, !entry.is_folder()),
        None => answer::empty(created(free)),
    })
}

pub(super) fn check_places(from: &DavPath, to: &DavPath) -> Result<(), DavError> {
    if from == to {
        Err(DavError::forbidden("Source and destination uri are identical."))
    } else if to.strip_prefix(from).is_some() {
        Err(DavError::conflict(
            "The destination may not be part of the same subtree as the source path.",
        ))
    } else {
        Ok(())
    }
}

pub(super) fn exists() -> DavError {
    let message = "The destination node already exists, and the overwrite header is set to false";
    DavError::precondition("Overwrite", message, None)
}

pub(super) fn no_folder() -> DavError {
    DavError::conflict("The destination node is not found")
}

fn refuse(visit: &Visit, spot: &Spot, error: ContentError) -> DavError {
    match error {
        ContentError::Exists(_) => exists(),
        ContentError::ParentMissing(_) => no_folder(),
        error => visit.refuse_at(spot, error),
    }
}

fn refuse_one(visit: &Visit, journey: &Journey, error: Refused) -> DavError {
    match error {
        Refused::Source(error) => refuse(visit, &journey.from.spot, error),
        Refused::Target(error) => refuse(visit, &journey.to.spot, error),
    }
}

fn transferred(visit: &Visit, entry: &Entry, free: bool, with_tag: bool) -> Response {
    let mut response = answer::empty(created(free));
    answer::tell_file(response.headers_mut(), visit.cloud.instance_id(), entry, with_tag);
    response
}
