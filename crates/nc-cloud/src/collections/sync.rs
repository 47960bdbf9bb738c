use sqlx::{FromRow, SqliteConnection};

use super::CollectionId;
use crate::Error;

/// The last thing that happened to a name in a collection.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Changed {
    pub(crate) uri: String,
    /// The collection's count when it happened.
    pub(crate) token: i64,
    /// Whether nothing of that name is there any more.
    pub(crate) deleted: bool,
}

pub(super) async fn list(
    connection: &mut SqliteConnection,
    id: CollectionId,
    token: i64,
    limit: u32,
) -> Result<Vec<Changed>, Error> {
    let rows = sqlx::query_as(
        "SELECT uri, token, deleted FROM collection_changes WHERE collection = ? AND token > ? ORDER BY token LIMIT ?",
    );
    Ok(rows.bind(id).bind(token).bind(limit).fetch_all(connection).await?)
}

/// Counts a change of the collection. Each change has a number of its own, so that a client which takes them in pieces
/// misses none.
pub(super) async fn count(connection: &mut SqliteConnection, id: CollectionId) -> Result<i64, Error> {
    let token = sqlx::query_scalar("UPDATE collections SET token = token + 1 WHERE id = ? RETURNING token");
    Ok(token.bind(id).fetch_one(connection).await?)
}

/// Notes what happened to a name.
pub(super) async fn note(
    connection: &mut SqliteConnection,
    id: CollectionId,
    uri: &str,
    deleted: bool,
) -> Result<(), Error> {
    let token = count(connection, id).await?;
    sqlx::query(
        "INSERT INTO collection_changes (collection, uri, token, deleted) VALUES (?, ?, ?, ?) \
         ON CONFLICT DO UPDATE SET token = excluded.token, deleted = excluded.deleted",
    )
    .bind(id)
    .bind(uri)
    .bind(token)
    .bind(deleted)
    .execute(connection)
    .await?;
    Ok(())
}
