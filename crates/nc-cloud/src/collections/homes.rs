use nc_auth::UserId;
use sqlx::SqliteConnection;

use crate::Error;

pub(super) async fn exists(connection: &mut SqliteConnection, user: &UserId) -> Result<bool, Error> {
    let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM collection_homes WHERE user_id = ?")
        .bind(user.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(found.is_some())
}

/// Notes that they are made. Whether they were not.
pub(super) async fn note(connection: &mut SqliteConnection, user: &UserId) -> Result<bool, Error> {
    let noted = sqlx::query("INSERT OR IGNORE INTO collection_homes (user_id) VALUES (?)");
    let noted = noted.bind(user.as_str()).execute(connection).await?;
    Ok(noted.rows_affected() > 0)
}
