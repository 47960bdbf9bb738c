use super::{
    super::DavError,
    view::{Role, View},
    wire::Session,
};
use crate::collections::Kind;

/// Deletes a calendar or address book: a calendar goes to the trash first, somebody else's out of sight.
pub(super) async fn delete_collection(session: &Session, view: &View, skips_trash: bool) -> Result<(), DavError> {
    let user = session.user()?;
    let collection = &view.collection;
    let mut change = session.collections().change(session.cloud.now()).await?;
    match (view.role, collection.kind) {
        (Role::Public, _) | (_, Kind::Inbox) => return Err(DavError::forbidden("Permission denied to delete node")),
        (Role::Shared(_), _) if collection.id.0 == 0 => return Err(view.missing()),
        (Role::Shared(_), _) => {
            session.demand_collection(collection)?;
            change.share(collection.id, &format!("users/{user}"), None).await?;
        }
        (Role::Owner, Kind::Calendar) if collection.deleted_at.is_none() && !skips_trash => {
            session.demand_collection(collection)?;
            change.set_deleted(collection.id, true).await?;
        }
        (Role::Owner, _) => {
            session.demand_collection(collection)?;
            change.destroy(collection.id).await?;
        }
    }
    Ok(change.commit().await?)
}
