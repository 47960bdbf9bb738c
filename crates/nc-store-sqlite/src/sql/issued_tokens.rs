use nc_store::IssuedTokenRecord;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::error::Error;

pub(crate) async fn find(db: &mut SqliteConnection, jti: &str) -> Result<Option<IssuedTokenRecord>, Error> {
    let found = sqlx::query("SELECT * FROM ocm_issued_token WHERE jti = ?")
        .bind(jti)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list_live(
    db: &mut SqliteConnection,
    share: &str,
    now: i64,
) -> Result<Vec<IssuedTokenRecord>, Error> {
    let list = "SELECT * FROM ocm_issued_token WHERE share_id = ? AND revoked_at IS NULL AND expires_at > ?
        ORDER BY issued_at, jti";
    let rows = sqlx::query(list).bind(share).bind(now).fetch_all(db).await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn insert(db: &mut SqliteConnection, token: &IssuedTokenRecord) -> Result<(), Error> {
    let insert = "INSERT INTO ocm_issued_token
        (jti, share_id, generation, client_host, issued_at, expires_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
    sqlx::query(insert)
        .bind(&token.jti)
        .bind(&token.share)
        .bind(token.generation)
        .bind(&token.client_host)
        .bind(token.issued_at)
        .bind(token.expires_at)
        .bind(token.revoked_at)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) async fn revoke(db: &mut SqliteConnection, jti: &str, now: i64) -> Result<bool, Error> {
    let done = sqlx::query("UPDATE ocm_issued_token SET revoked_at = ? WHERE jti = ? AND revoked_at IS NULL")
        .bind(now)
        .bind(jti)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn revoke_of(db: &mut SqliteConnection, share: &str, now: i64) -> Result<u64, Error> {
    let done = sqlx::query("UPDATE ocm_issued_token SET revoked_at = ? WHERE share_id = ? AND revoked_at IS NULL")
        .bind(now)
        .bind(share)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

fn read(row: &SqliteRow) -> Result<IssuedTokenRecord, Error> {
    Ok(IssuedTokenRecord {
        jti: row.try_get("jti")?,
        share: row.try_get("share_id")?,
        generation: row.try_get("generation")?,
        client_host: row.try_get("client_host")?,
        issued_at: row.try_get("issued_at")?,
        expires_at: row.try_get("expires_at")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}
