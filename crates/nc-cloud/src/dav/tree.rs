use axum::{body::Body, response::Response};
use http::StatusCode;
use nc_proto::dav::{DavPath, Depth};

use super::{
    DavError, answer, preconditions,
    visit::{Visit, created},
};
use crate::content::{ContentError, Entry, Home, Precondition, Transfer};

/// Answers MKCOL.
pub(super) async fn make_folder(visit: &Visit, home: &Home, body: Body) -> Result<Response, DavError> {
    if !visit.read_body(body).await?.is_empty() {
        return Err(DavError::unsupported_body(
            "The request body for the MKCOL request must be empty",
        ));
    }
    let made = home.make_folder(visit.path(), visit.lock_tokens()?).await;
    let entry = made.map_err(|error| visit.refuse(error))?;
    let mut response = answer::empty(StatusCode::CREATED);
    answer::tell_file(response.headers_mut(), visit.cloud.instance_id(), &entry, false);
    Ok(response)
}

/// Answers DELETE.
pub(super) async fn delete(visit: &Visit, home: &Home, precondition: Precondition) -> Result<Response, DavError> {
    if visit.path().is_root() {
        return Err(DavError::forbidden("Permission denied to delete home folder"));
    }
    let deleted = home.delete_if(visit.path(), precondition, visit.lock_tokens()?).await;
    deleted.map_err(|error| visit.refuse(error))?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// Answers MOVE.
pub(super) async fn move_entry(visit: &Visit, home: &Home, precondition: Precondition) -> Result<Response, DavError> {
    let transfer = transfer(visit, home, precondition).await?;
    let moved = home.transfer(transfer).await;
    let (entry, free) = moved.map_err(|error| refuse(visit, error))?;
    Ok(transferred(visit, &entry, free, !entry.is_folder()))
}

/// Answers COPY.
pub(super) async fn copy_entry(visit: &Visit, home: &Home, precondition: Precondition) -> Result<Response, DavError> {
    let deep = match visit.depth()? {
        None | Some(Depth::Infinity) => true,
        Some(Depth::Zero) => false,
        Some(Depth::One) => return Err(DavError::bad_request("COPY takes Depth 0 or infinity")),
    };
    let transfer = transfer(visit, home, precondition).await?;
    let copied = home.copy(transfer, deep).await;
    let (entry, free) = copied.map_err(|error| refuse(visit, error))?;
    Ok(transferred(visit, &entry, free, false))
}

async fn transfer(visit: &Visit, home: &Home, precondition: Precondition) -> Result<Transfer, DavError> {
    let from = visit.path().clone();
    let to = visit.destination()?;
    // A missing source is told before anything about the target.
    home.stat(&from).await.map_err(|error| visit.refuse(error))?;
    check_places(&from, &to)?;
    Ok(Transfer {
        overwrite: visit.overwrite()?,
        precondition,
        target: preconditions::pin_target(visit, &to)?,
        from,
        to,
        lock_tokens: visit.lock_tokens()?,
    })
}

fn check_places(from: &DavPath, to: &DavPath) -> Result<(), DavError> {
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

fn refuse(visit: &Visit, error: ContentError) -> DavError {
    match error {
        ContentError::Exists(_) => {
            let message = "The destination node already exists, and the overwrite header is set to false";
            DavError::precondition("Overwrite", message, None)
        }
        ContentError::ParentMissing(_) => DavError::conflict("The destination node is not found"),
        error => visit.refuse(error),
    }
}

fn transferred(visit: &Visit, entry: &Entry, free: bool, with_tag: bool) -> Response {
    let mut response = answer::empty(created(free));
    answer::tell_file(response.headers_mut(), visit.cloud.instance_id(), entry, with_tag);
    response
}
