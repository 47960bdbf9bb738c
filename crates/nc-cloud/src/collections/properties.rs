use nc_auth::UserId;
use sqlx::SqliteConnection;

use super::CollectionId;
use crate::Error;

pub(super) async fn list(
    connection: &mut SqliteConnection,
    id: CollectionId,
    user: &UserId,
) -> Result<Vec<(String, String)>, Error> {
    let rows = sqlx::query_as("SELECT name, value FROM collection_properties WHERE collection = ? AND user_id = ?");
    Ok(rows.bind(id).bind(user.as_str()).fetch_all(connection).await?)
}

pub(super) async fn set(
    connection: &mut SqliteConnection,
    id: CollectionId,
    user: &UserId,
    name: &str,
    value: Option<&str>,
) -> Result<(), Error> {
    let query = match value {
        Some(value) => sqlx::query(
            "INSERT INTO collection_properties (collection, user_id, name, value) VALUES (?, ?, ?, ?) \
             ON CONFLICT DO UPDATE SET value = excluded.value",
        )
        .bind(id)
        .bind(user.as_str())
        .bind(name)
        .bind(value),
        None => sqlx::query("DELETE FROM collection_properties WHERE collection = ? AND user_id = ? AND name = ?")
            .bind(id)
            .bind(user.as_str())
            .bind(name),
    };
    query.execute(connection).await?;
    Ok(())
}
