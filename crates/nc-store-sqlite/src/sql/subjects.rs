use sqlx::SqliteConnection;

use crate::error::Error;

pub(crate) async fn find(db: &mut SqliteConnection, base: &str, uid: &str) -> Result<Option<String>, Error> {
    Ok(
        sqlx::query_scalar("SELECT subject FROM subjects WHERE base = ? AND uid = ?")
            .bind(base)
            .bind(uid)
            .fetch_optional(db)
            .await?,
    )
}

pub(crate) async fn find_account(db: &mut SqliteConnection, subject: &str) -> Result<Option<(String, String)>, Error> {
    Ok(sqlx::query_as("SELECT base, uid FROM subjects WHERE subject = ?")
        .bind(subject)
        .fetch_optional(db)
        .await?)
}

pub(crate) async fn get(
    db: &mut SqliteConnection,
    base: &str,
    uid: &str,
    fresh: &str,
    now: i64,
) -> Result<String, Error> {
    if let Some(subject) = find(&mut *db, base, uid).await? {
        return Ok(subject);
    }
    sqlx::query("INSERT INTO subjects (base, uid, subject, created_at) VALUES (?, ?, ?, ?)")
        .bind(base)
        .bind(uid)
        .bind(fresh)
        .bind(now)
        .execute(db)
        .await?;
    Ok(fresh.to_owned())
}
