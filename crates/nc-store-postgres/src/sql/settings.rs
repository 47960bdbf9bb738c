use sqlx::PgConnection;

use crate::{error::Error, row};

pub(crate) async fn find(db: &mut PgConnection, key: &str) -> Result<Option<String>, Error> {
    if !row::can_hold(key) {
        return Ok(None);
    }
    Ok(sqlx::query_scalar("SELECT value FROM settings WHERE key = $1")
        .bind(key)
        .fetch_optional(db)
        .await?)
}

pub(crate) async fn list(db: &mut PgConnection) -> Result<Vec<(String, String)>, Error> {
    Ok(sqlx::query_as("SELECT key, value FROM settings ORDER BY key")
        .fetch_all(db)
        .await?)
}

pub(crate) async fn put(db: &mut PgConnection, key: &str, value: Option<&str>) -> Result<(), Error> {
    let statement = match value {
        Some(value) => {
            let put = "INSERT INTO settings (key, value) VALUES ($1, $2)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value";
            sqlx::query(put).bind(key).bind(value)
        }
        None => sqlx::query("DELETE FROM settings WHERE key = $1").bind(key),
    };
    statement.execute(db).await?;
    Ok(())
}
