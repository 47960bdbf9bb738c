use sqlx::SqliteConnection;

use crate::error::Error;

pub(crate) async fn find(db: &mut SqliteConnection, key: &str) -> Result<Option<String>, Error> {
    Ok(sqlx::query_scalar("SELECT value FROM settings WHERE key = ?")
        .bind(key)
        .fetch_optional(db)
        .await?)
}

pub(crate) async fn list(db: &mut SqliteConnection) -> Result<Vec<(String, String)>, Error> {
    Ok(sqlx::query_as("SELECT key, value FROM settings ORDER BY key")
        .fetch_all(db)
        .await?)
}

pub(crate) async fn put(db: &mut SqliteConnection, key: &str, value: Option<&str>) -> Result<(), Error> {
    let statement = match value {
        Some(value) => {
            let put = "INSERT INTO settings (key, value) VALUES (?, ?)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value";
            sqlx::query(put).bind(key).bind(value)
        }
        None => sqlx::query("DELETE FROM settings WHERE key = ?").bind(key),
    };
    statement.execute(db).await?;
    Ok(())
}
