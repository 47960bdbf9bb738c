use nc_auth::UserId;
use sqlx::SqliteConnection;

use super::{Change, Changed, Collection, CollectionId, HomeKind, Object, Row, Share, Stub};
use crate::{Error, db::Db};

/// Everybody's calendars and address books. A view on the database, made where it is needed.
#[derive(Debug, Clone)]
pub(crate) struct Collections {
    db: Db,
}

impl Collections {
    pub(crate) const fn new(db: Db) -> Self {
        Self { db }
    }

    /// Begins a change at `now`, Unix seconds. There is one at a time.
    pub(crate) async fn change(&self, now: i64) -> Result<Change, Error> {
        Ok(Change::new(self.db.write().await?, now))
    }

    async fn reader(&self) -> Result<sqlx::pool::PoolConnection<sqlx::Sqlite>, Error> {
        Ok(self.db.reader().acquire().await?)
    }

    /// The collections that lie in a person's home, also those in the trash, in order of name.
    pub(crate) async fn list(&self, home: HomeKind, owner: &UserId) -> Result<Vec<Collection>, Error> {
        let rows = sqlx::query_as::<_, Row>(
            "SELECT id, kind, owner, uri, components, token, deleted_at FROM collections \
             WHERE home = ? AND owner = ? ORDER BY uri",
        );
        let rows = rows.bind(home.as_str()).bind(owner.as_str());
        let rows = rows.fetch_all(self.db.reader()).await?;
        Ok(rows.into_iter().map(Collection::from).collect())
    }

    /// A collection by its name, also one in the trash.
    pub(crate) async fn find(&self, home: HomeKind, owner: &UserId, uri: &str) -> Result<Option<Collection>, Error> {
        find(&mut *self.reader().await?, home, owner, uri).await
    }

    /// The calendar that was published under this token.
    pub(crate) async fn find_published(&self, token: &str) -> Result<Option<Collection>, Error> {
        let row = sqlx::query_as::<_, Row>(
            "SELECT id, kind, owner, uri, components, token, deleted_at FROM collections \
             WHERE deleted_at IS NULL AND id = (SELECT collection FROM collection_publications WHERE token = ?)",
        );
        let row = row.bind(token).fetch_optional(self.db.reader()).await?;
        Ok(row.map(Collection::from))
    }

    /// The token under which a calendar was published.
    pub(crate) async fn publication(&self, id: CollectionId) -> Result<Option<String>, Error> {
        let token = sqlx::query_scalar("SELECT token FROM collection_publications WHERE collection = ?");
        Ok(token.bind(id).fetch_optional(self.db.reader()).await?)
    }

    /// An object by its name.
    pub(crate) async fn find_object(&self, id: CollectionId, uri: &str) -> Result<Option<Object>, Error> {
        super::objects::find(&mut *self.reader().await?, id, uri).await
    }

    /// Objects with a number above `after`, at most `limit`, without their text.
    pub(crate) async fn list_stubs(&self, id: CollectionId, after: i64, limit: u32) -> Result<Vec<Stub>, Error> {
        super::objects::list_stubs(&mut *self.reader().await?, id, after, limit).await
    }

    /// Objects with a number above `after` that may have an occurrence in `range`, at most `limit`.
    pub(crate) async fn list_objects(
        &self,
        id: CollectionId,
        range: &std::ops::Range<i64>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Object>, Error> {
        super::objects::list(&mut *self.reader().await?, id, range, after, limit).await
    }

    /// What lies in the trash of a person's.
    pub(crate) async fn list_trash(&self, owner: &UserId) -> Result<Vec<(Collection, Object)>, Error> {
        super::objects::list_trash(&mut *self.reader().await?, owner).await
    }

    /// What changed after `token`, in order, at most `limit`.
    pub(crate) async fn changes(&self, id: CollectionId, token: i64, limit: u32) -> Result<Vec<Changed>, Error> {
        super::sync::list(&mut *self.reader().await?, id, token, limit).await
    }

    /// What `user` wrote about a collection: names in Clark notation, and XML elements.
    pub(crate) async fn properties(&self, id: CollectionId, user: &UserId) -> Result<Vec<(String, String)>, Error> {
        super::properties::list(&mut *self.reader().await?, id, user).await
    }

    /// With whom a collection is shared.
    pub(crate) async fn shares(&self, id: CollectionId) -> Result<Vec<Share>, Error> {
        super::shares::list(&mut *self.reader().await?, id).await
    }

    /// What others share with a person.
    pub(crate) async fn shared_with(
        &self,
        home: HomeKind,
        user: &UserId,
    ) -> Result<Vec<(Collection, super::ShareAccess)>, Error> {
        super::shares::shared_with(&mut *self.reader().await?, home, user).await
    }

    /// Whether a person's collections that everybody has were made.
    pub(crate) async fn has_home(&self, user: &UserId) -> Result<bool, Error> {
        super::homes::exists(&mut *self.reader().await?, user).await
    }
}

/// A collection by its name, also one in the trash.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    home: HomeKind,
    owner: &UserId,
    uri: &str,
) -> Result<Option<Collection>, Error> {
    let row = sqlx::query_as::<_, Row>(
        "SELECT id, kind, owner, uri, components, token, deleted_at FROM collections \
         WHERE home = ? AND owner = ? AND uri = ?",
    );
    let row = row.bind(home.as_str()).bind(owner.as_str()).bind(uri);
    Ok(row.fetch_optional(connection).await?.map(Collection::from))
}
