use axum::response::Response;
use http::StatusCode;
use nc_proto::dav::check_name;

use super::{
    super::{DavError, answer, visit::created},
    node::Node,
    objects, resolve,
    wire::{Session, Verb},
};
use crate::{
    collections::{Condition, HomeKind, Object},
    content::Overwrite,
};

/// Answers MOVE and COPY: of an object to another collection or name, and of what is in the trash back to where it was.
pub(super) async fn serve(session: &Session) -> Result<Response, DavError> {
    let address = session.header("destination")?;
    let address = address.ok_or_else(|| DavError::bad_request("The destination header was not supplied"))?;
    let target = session.names_of(address)?;
    let user = session.user()?;
    let restore = [HomeKind::Calendars.as_str(), user.as_str(), "trashbin", "restore"];
    let restores = session.method == "MOVE" && target.len() > 4 && target.iter().zip(restore).all(|(a, b)| a == b);
    match resolve::find(session).await? {
        Node::Trashed(collection, object) if restores => {
            session.demand(Verb::Write, &object.component)?;
            let mut change = session.collections().change(session.cloud.now()).await?;
            let view = super::view::View::own(user, collection.clone());
            let restored = change.restore(collection.id, &object).await;
            restored.map_err(|error| objects::refuse(session, &view, error))?;
            change.commit().await?;
            Ok(answer::empty(StatusCode::CREATED))
        }
        Node::Collection(view) if restores && view.collection.deleted_at.is_some() => {
            session.demand_collection(&view.collection)?;
            let mut change = session.collections().change(session.cloud.now()).await?;
            change.set_deleted(view.collection.id, false).await?;
            change.commit().await?;
            Ok(answer::empty(StatusCode::CREATED))
        }
        Node::Item(view, object) => {
            let moves = session.method == "MOVE";
            if moves && !view.is_writable() {
                return Err(view.missing());
            }
            transfer(session, view.collection.id, &object, &target, moves).await
        }
        _ => Err(DavError::forbidden("Only objects can be moved and copied")),
    }
}

async fn transfer(
    session: &Session,
    from: crate::collections::CollectionId,
    object: &Object,
    target: &[String],
    moves: bool,
) -> Result<Response, DavError> {
    if *target == session.names {
        return Err(DavError::forbidden("Source and destination uri are identical."));
    }
    let (to, name) = resolve::find_parent(session, target).await?;
    check_name(name).map_err(|error| DavError::bad_request(error.to_string()))?;
    session.demand(Verb::Write, &object.component)?;
    let sound = objects::check(&to, object.data.clone())?;
    let mut moved = sound.into_object(name, None);
    moved.schedule_tag.clone_from(&object.schedule_tag);
    let condition = session.condition()?;
    let mut change = session.collections().change(session.cloud.now()).await?;
    // The state that was asked for is that of the source; it is looked at again where it cannot change any more.
    let current = change.find_object(from, &object.uri).await?;
    if !condition.holds(current.as_ref()) {
        let error = crate::collections::CollectionError::Precondition(current.map(|object| object.etag));
        return Err(objects::refuse(session, &to, error));
    }
    if current.is_none_or(|current| current.etag != object.etag) {
        return Err(DavError::conflict("The object changed in the meantime"));
    }
    if moves {
        let gone = change.delete(from, &object.uri, &Condition::default(), false).await;
        gone.map_err(|error| objects::refuse(session, &to, error))?;
    }
    let there = change.find_object(to.collection.id, name).await?;
    if there.is_some() && session.overwrite()? == Overwrite::Never {
        let message = "The destination node already exists, and the overwrite header is set to false";
        return Err(DavError::precondition("Overwrite", message, None));
    }
    let stored = change.put(to.collection.id, &moved, &Condition::default()).await;
    stored.map_err(|error| objects::refuse(session, &to, error))?;
    change.commit().await?;
    Ok(answer::empty(created(there.is_none())))
}
