use nc_store::IssuedTokenRecord;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::{error::Error, row};

pub(crate) async fn find(db: &mut PgConnection, jti: &str) -> Result<Option<IssuedTokenRecord>, Error> {
    if !row::can_hold(jti) {
        return Ok(None);
    }
    let found = sqlx::query("SELECT * FROM ocm_issued_token WHERE jti = $1")
        .bind(jti)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list_live(db: &mut PgConnection, share: &str, now: i64) -> Result<Vec<IssuedTokenRecord>, Error> {
    let list = "SELECT * FROM ocm_issued_token WHERE share_id = $1 AND revoked_at IS NULL AND expires_at > $2
        ORDER BY issued_at, jti";
    let rows = sqlx::query(list).bind(share).bind(now).fetch_all(db).await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn insert(db: &mut PgConnection, token: &IssuedTokenRecord) -> Result<(), Error> {
    let insert = "INSERT INTO ocm_issued_token
        (jti, share_id, generation, client_host, issued_at, expires_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
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

pub(crate) async fn revoke(db: &mut PgConnection, jti: &str, now: i64) -> Result<bool, Error> {
    let done = sqlx::query("UPDATE ocm_issued_token SET revoked_at = $1 WHERE jti = $2 AND revoked_at IS NULL")
        .bind(now)
        .bind(jti)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn revoke_of(db: &mut PgConnection, share: &str, now: i64) -> Result<u64, Error> {
    let done = sqlx::query("UPDATE ocm_issued_token SET revoked_at = $1 WHERE share_id = $2 AND revoked_at IS NULL")
        .bind(now)
        .bind(share)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

fn read(row: &PgRow) -> Result<IssuedTokenRecord, Error> {
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
