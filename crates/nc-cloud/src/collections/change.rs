use nc_auth::UserId;
use nc_proto::dav::{ETag, ETagCondition};
use sqlx::{Sqlite, SqliteConnection, Transaction};

use super::{
    Collection, CollectionError, CollectionId, HomeKind, Kind, NewObject, Object, ShareAccess, homes, objects,
    properties, shares, store, sync,
};
use crate::Error;

/// One transaction of changes. Dropped without [`Self::commit`], nothing of it happens.
pub(crate) struct Change {
    transaction: Transaction<'static, Sqlite>,
    /// Unix seconds.
    pub(crate) now: i64,
}

/// In which state an object must be for a change to happen: `If-Match` and `If-None-Match`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    /// `If-Match`.
    pub(crate) matches: Option<ETagCondition>,
    /// `If-None-Match`.
    pub(crate) none_matches: Option<ETagCondition>,
    /// `If-Schedule-Tag-Match`, RFC 6638 §8.3.
    pub(crate) schedule_tag: Option<String>,
}

impl Condition {
    /// Whether an object, or none, is in that state.
    pub(crate) fn holds(&self, current: Option<&Object>) -> bool {
        let tag = current.and_then(Object::tag);
        let matches = |condition: &ETagCondition| condition.if_match_holds(tag.as_ref());
        let differs = |condition: &ETagCondition| condition.if_none_match_holds(tag.as_ref());
        let scheduled = current.and_then(|object| object.schedule_tag.as_deref());
        self.matches.as_ref().is_none_or(matches)
            && self.none_matches.as_ref().is_none_or(differs)
            && self
                .schedule_tag
                .as_deref()
                .is_none_or(|wanted| ETag::parse(wanted).is_some_and(|tag| Some(tag.opaque()) == scheduled))
    }
}

impl Change {
    pub(super) const fn new(transaction: Transaction<'static, Sqlite>, now: i64) -> Self {
        Self { transaction, now }
    }

    fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }

    /// Makes it happen.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        Ok(self.transaction.commit().await?)
    }

    /// Makes an empty collection. One of that name in the trash makes room.
    pub(crate) async fn create(
        &mut self,
        kind: Kind,
        owner: &UserId,
        uri: &str,
        components: &[&str],
    ) -> Result<CollectionId, CollectionError> {
        let home = kind.home();
        if let Some(known) = store::find(self.connection(), home, owner, uri).await? {
            if known.deleted_at.is_none() {
                return Err(CollectionError::Exists);
            }
            let aside = format!("{uri}-deleted-{}", known.id.0);
            sqlx::query("UPDATE collections SET uri = ? WHERE id = ?")
                .bind(aside)
                .bind(known.id)
                .execute(self.connection())
                .await?;
        }
        let id = sqlx::query_scalar(
            "INSERT INTO collections (kind, home, owner, uri, components) VALUES (?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(kind.as_str())
        .bind(home.as_str())
        .bind(owner.as_str())
        .bind(uri)
        .bind(components.join(" "))
        .fetch_one(self.connection())
        .await?;
        Ok(id)
    }

    /// A collection by its name.
    pub(crate) async fn find(
        &mut self,
        home: HomeKind,
        owner: &UserId,
        uri: &str,
    ) -> Result<Option<Collection>, Error> {
        store::find(self.connection(), home, owner, uri).await
    }

    /// The calendars of a person's that are not in the trash.
    pub(crate) async fn list_calendars(&mut self, owner: &UserId) -> Result<Vec<Collection>, Error> {
        let rows = sqlx::query_as::<_, super::Row>(
            "SELECT id, kind, owner, uri, components, token, deleted_at FROM collections \
             WHERE kind = 'calendar' AND owner = ? AND deleted_at IS NULL ORDER BY uri <> 'personal', id",
        );
        let rows = rows.bind(owner.as_str()).fetch_all(self.connection()).await?;
        Ok(rows.into_iter().map(Collection::from).collect())
    }

    /// Moves a collection to the trash, or back from it.
    pub(crate) async fn set_deleted(&mut self, id: CollectionId, deleted: bool) -> Result<(), Error> {
        let at = deleted.then_some(self.now);
        sqlx::query("UPDATE collections SET deleted_at = ?, token = token + 1 WHERE id = ?")
            .bind(at)
            .bind(id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Deletes a collection with everything in it for good.
    pub(crate) async fn destroy(&mut self, id: CollectionId) -> Result<(), Error> {
        sqlx::query("DELETE FROM collections WHERE id = ?")
            .bind(id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Sets what a user wrote about a collection; `None` takes it away.
    pub(crate) async fn set_property(
        &mut self,
        id: CollectionId,
        user: &UserId,
        name: &str,
        value: Option<&str>,
    ) -> Result<(), Error> {
        properties::set(self.connection(), id, user, name, value).await
    }

    /// Counts a change of the collection itself.
    pub(crate) async fn count(&mut self, id: CollectionId) -> Result<(), Error> {
        sync::count(self.connection(), id).await.map(|_| ())
    }

    /// An object by its name.
    pub(crate) async fn find_object(&mut self, id: CollectionId, uri: &str) -> Result<Option<Object>, Error> {
        objects::find(self.connection(), id, uri).await
    }

    /// An object by its UID.
    pub(crate) async fn find_by_uid(&mut self, id: CollectionId, uid: &str) -> Result<Option<Object>, Error> {
        objects::find_by_uid(self.connection(), id, uid).await
    }

    /// Stores an object under its name, in place of what is there, if that is in the state asked for. Gives what was there
    /// before, and the new tag.
    pub(crate) async fn put(
        &mut self,
        id: CollectionId,
        object: &NewObject,
        condition: &Condition,
    ) -> Result<(Option<Object>, String), CollectionError> {
        let current = self.find_object(id, &object.uri).await?;
        if !condition.holds(current.as_ref()) {
            return Err(CollectionError::Precondition(current.map(|object| object.etag)));
        }
        if let Some(uid) = &object.uid
            && let Some(other) = self.find_by_uid(id, uid).await?
            && other.uri != object.uri
        {
            return Err(CollectionError::UidTaken(other.uri));
        }
        let etag = objects::tag_of(&object.data);
        let now = self.now;
        if let Some(current) = &current {
            sqlx::query(
                "UPDATE collection_objects SET uid = ?, component = ?, data = ?, etag = ?, schedule_tag = ?, first_at = ?, \
                 last_at = ?, modified_at = ? WHERE id = ?",
            )
            .bind(&object.uid)
            .bind(&object.component)
            .bind(&object.data)
            .bind(&etag)
            .bind(&object.schedule_tag)
            .bind(object.span.start)
            .bind(object.span.end)
            .bind(now)
            .bind(current.id)
            .execute(self.connection())
            .await?;
        } else {
            sqlx::query(
                "INSERT INTO collection_objects (collection, uri, uid, component, data, etag, schedule_tag, first_at, \
                 last_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(id)
            .bind(&object.uri)
            .bind(&object.uid)
            .bind(&object.component)
            .bind(&object.data)
            .bind(&etag)
            .bind(&object.schedule_tag)
            .bind(object.span.start)
            .bind(object.span.end)
            .bind(now)
            .execute(self.connection())
            .await?;
        }
        sync::note(self.connection(), id, &object.uri, false).await?;
        Ok((current, etag))
    }

    /// Deletes an object, if it is in the state asked for: to the trash, or for good. Gives what was there.
    pub(crate) async fn delete(
        &mut self,
        id: CollectionId,
        uri: &str,
        condition: &Condition,
        to_trash: bool,
    ) -> Result<Object, CollectionError> {
        let current = self.find_object(id, uri).await?;
        if !condition.holds(current.as_ref()) {
            return Err(CollectionError::Precondition(current.map(|object| object.etag)));
        }
        let current = current.ok_or(CollectionError::NotFound)?;
        let now = self.now;
        let query = if to_trash {
            sqlx::query("UPDATE collection_objects SET deleted_at = ? WHERE id = ?").bind(now)
        } else {
            sqlx::query("DELETE FROM collection_objects WHERE id = ?")
        };
        query.bind(current.id).execute(self.connection()).await?;
        sync::note(self.connection(), id, uri, true).await?;
        Ok(current)
    }

    /// Puts an object of the trash back into its collection. Its name is taken: it gets another one.
    pub(crate) async fn restore(&mut self, id: CollectionId, object: &Object) -> Result<(), CollectionError> {
        if let Some(uid) = &object.uid
            && let Some(other) = self.find_by_uid(id, uid).await?
        {
            return Err(CollectionError::UidTaken(other.uri));
        }
        let mut uri = object.uri.clone();
        if self.find_object(id, &uri).await?.is_some() {
            uri = format!("restored-{}-{uri}", object.id);
        }
        sqlx::query("UPDATE collection_objects SET deleted_at = NULL, uri = ? WHERE id = ?")
            .bind(&uri)
            .bind(object.id)
            .execute(self.connection())
            .await?;
        Ok(sync::note(self.connection(), id, &uri, false).await?)
    }

    /// Deletes an object of the trash for good.
    pub(crate) async fn purge(&mut self, object: &Object) -> Result<(), Error> {
        sqlx::query("DELETE FROM collection_objects WHERE id = ? AND deleted_at IS NOT NULL")
            .bind(object.id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Deletes for good what was in the trash for longer than that.
    pub(crate) async fn purge_old_trash(&mut self, kept_s: i64) -> Result<(), Error> {
        let before = self.now.saturating_sub(kept_s);
        for query in [
            "DELETE FROM collection_objects WHERE deleted_at < ?",
            "DELETE FROM collections WHERE deleted_at < ?",
        ] {
            sqlx::query(query).bind(before).execute(self.connection()).await?;
        }
        Ok(())
    }

    /// Shares a collection; no access: the principal is out, also as a member of a group.
    pub(crate) async fn share(
        &mut self,
        id: CollectionId,
        principal: &str,
        access: Option<ShareAccess>,
    ) -> Result<(), Error> {
        shares::set(self.connection(), id, principal, access).await
    }

    /// Ends a share.
    pub(crate) async fn unshare(&mut self, id: CollectionId, principal: &str) -> Result<(), Error> {
        shares::remove(self.connection(), id, principal).await
    }

    /// Lets everybody read a calendar who knows the token, unless it is published already.
    pub(crate) async fn publish(&mut self, id: CollectionId, token: &str) -> Result<(), Error> {
        sqlx::query("INSERT OR IGNORE INTO collection_publications (collection, token) VALUES (?, ?)")
            .bind(id)
            .bind(token)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Ends that.
    pub(crate) async fn unpublish(&mut self, id: CollectionId) -> Result<(), Error> {
        sqlx::query("DELETE FROM collection_publications WHERE collection = ?")
            .bind(id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Notes that a person's collections that everybody has are made. Whether they were not.
    pub(crate) async fn note_home(&mut self, user: &UserId) -> Result<bool, Error> {
        homes::note(self.connection(), user).await
    }
}
