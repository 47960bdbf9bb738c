use std::ops::Range;

use nc_auth::UserId;
use nc_proto::dav::ETag;
use sha2::{Digest, Sha256};
use sqlx::{FromRow, SqliteConnection};

use super::{Collection, CollectionId, Row};
use crate::Error;

/// An object with its text.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Object {
    pub(crate) id: i64,
    pub(crate) uri: String,
    pub(crate) uid: Option<String>,
    pub(crate) component: String,
    pub(crate) data: Vec<u8>,
    pub(crate) etag: String,
    pub(crate) schedule_tag: Option<String>,
    pub(crate) modified_at: i64,
    pub(crate) deleted_at: Option<i64>,
}

/// An object without its text.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Stub {
    pub(crate) id: i64,
    pub(crate) uri: String,
    pub(crate) component: String,
    pub(crate) size: i64,
    pub(crate) etag: String,
    pub(crate) schedule_tag: Option<String>,
    pub(crate) modified_at: i64,
}

/// An object to be stored.
#[derive(Debug, Clone)]
pub(crate) struct NewObject {
    pub(crate) uri: String,
    /// `None` where the same one may come twice.
    pub(crate) uid: Option<String>,
    pub(crate) component: String,
    pub(crate) data: Vec<u8>,
    /// Roughly when its first occurrence begins and its last one ends.
    pub(crate) span: Range<i64>,
    /// The tag that it shall have as a scheduling object.
    pub(crate) schedule_tag: Option<String>,
}

impl Object {
    /// The tag as it goes over the wire.
    pub(crate) fn tag(&self) -> Option<ETag> {
        ETag::parse(&self.etag)
    }

    /// The object without its text.
    pub(crate) fn stub(&self) -> Stub {
        Stub {
            id: self.id,
            uri: self.uri.clone(),
            component: self.component.clone(),
            size: i64::try_from(self.data.len()).unwrap_or(i64::MAX),
            etag: self.etag.clone(),
            schedule_tag: self.schedule_tag.clone(),
            modified_at: self.modified_at,
        }
    }
}

/// The tag of a text: the same text has the same tag, so a change that was undone is no conflict.
pub(super) fn tag_of(data: &[u8]) -> String {
    hex::encode(&Sha256::digest(data)[..16])
}

pub(super) async fn find(
    connection: &mut SqliteConnection,
    id: CollectionId,
    uri: &str,
) -> Result<Option<Object>, Error> {
    let row = sqlx::query_as(
        "SELECT id, uri, uid, component, data, etag, schedule_tag, modified_at, deleted_at FROM collection_objects \
         WHERE collection = ? AND uri = ? AND deleted_at IS NULL",
    );
    Ok(row.bind(id).bind(uri).fetch_optional(connection).await?)
}

pub(super) async fn find_by_uid(
    connection: &mut SqliteConnection,
    id: CollectionId,
    uid: &str,
) -> Result<Option<Object>, Error> {
    let row = sqlx::query_as(
        "SELECT id, uri, uid, component, data, etag, schedule_tag, modified_at, deleted_at FROM collection_objects \
         WHERE collection = ? AND uid = ? AND deleted_at IS NULL",
    );
    Ok(row.bind(id).bind(uid).fetch_optional(connection).await?)
}

pub(super) async fn list_stubs(
    connection: &mut SqliteConnection,
    id: CollectionId,
    after: i64,
    limit: u32,
) -> Result<Vec<Stub>, Error> {
    let rows = sqlx::query_as(
        "SELECT id, uri, component, length(data) AS size, etag, schedule_tag, modified_at FROM collection_objects \
         WHERE collection = ? AND id > ? AND deleted_at IS NULL ORDER BY id LIMIT ?",
    );
    Ok(rows.bind(id).bind(after).bind(limit).fetch_all(connection).await?)
}

pub(super) async fn list(
    connection: &mut SqliteConnection,
    id: CollectionId,
    range: &Range<i64>,
    after: i64,
    limit: u32,
) -> Result<Vec<Object>, Error> {
    let rows = sqlx::query_as(
        "SELECT id, uri, uid, component, data, etag, schedule_tag, modified_at, deleted_at FROM collection_objects \
         WHERE collection = ? AND id > ? AND deleted_at IS NULL AND first_at <= ? AND last_at >= ? ORDER BY id LIMIT ?",
    );
    let rows = rows.bind(id).bind(after).bind(range.end).bind(range.start).bind(limit);
    Ok(rows.fetch_all(connection).await?)
}

pub(super) async fn list_trash(
    connection: &mut SqliteConnection,
    owner: &UserId,
) -> Result<Vec<(Collection, Object)>, Error> {
    let collections: Vec<Row> = sqlx::query_as(
        "SELECT id, kind, owner, uri, components, token, deleted_at FROM collections \
         WHERE home = 'calendars' AND owner = ? AND kind = 'calendar'",
    )
    .bind(owner.as_str())
    .fetch_all(&mut *connection)
    .await?;
    let mut found = Vec::new();
    for collection in collections.into_iter().map(Collection::from) {
        let rows: Vec<Object> = sqlx::query_as(
            "SELECT id, uri, uid, component, data, etag, schedule_tag, modified_at, deleted_at FROM collection_objects \
             WHERE collection = ? AND deleted_at IS NOT NULL ORDER BY id",
        )
        .bind(collection.id)
        .fetch_all(&mut *connection)
        .await?;
        found.extend(rows.into_iter().map(|object| (collection.clone(), object)));
    }
    Ok(found)
}
