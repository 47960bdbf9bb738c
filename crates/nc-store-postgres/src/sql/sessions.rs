use nc_store::{Digest, SessionRecord};
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::{error::Error, row};

pub(crate) async fn find(db: &mut PgConnection, secret: Digest, now: i64) -> Result<Option<SessionRecord>, Error> {
    let found = sqlx::query("SELECT * FROM sessions WHERE secret = $1 AND expires_at > $2")
        .bind(row::bytes(&secret))
        .bind(now)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list_ended(db: &mut PgConnection, now: i64, limit: u32) -> Result<Vec<SessionRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2")
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn insert(db: &mut PgConnection, session: &SessionRecord) -> Result<(), Error> {
    let insert =
        "INSERT INTO sessions (secret, sid, subject, document, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
    sqlx::query(insert)
        .bind(row::bytes(&session.secret))
        .bind(&session.sid)
        .bind(&session.subject)
        .bind(&session.document)
        .bind(session.created_at)
        .bind(session.expires_at)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) async fn delete(db: &mut PgConnection, secret: Digest) -> Result<Option<SessionRecord>, Error> {
    let deleted = sqlx::query("DELETE FROM sessions WHERE secret = $1 RETURNING *")
        .bind(row::bytes(&secret))
        .fetch_optional(db)
        .await?;
    deleted.as_ref().map(read).transpose()
}

pub(crate) async fn delete_of(db: &mut PgConnection, subject: &str) -> Result<u64, Error> {
    let done = sqlx::query("DELETE FROM sessions WHERE subject = $1")
        .bind(subject)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

fn read(row: &PgRow) -> Result<SessionRecord, Error> {
    Ok(SessionRecord {
        secret: row::digest(row, "secret")?,
        sid: row.try_get("sid")?,
        subject: row.try_get("subject")?,
        document: row.try_get("document")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
    })
}
