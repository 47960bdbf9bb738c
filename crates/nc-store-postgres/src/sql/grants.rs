use nc_store::GrantRecord;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::{error::Error, row};

pub(crate) async fn find(db: &mut PgConnection, id: &str) -> Result<Option<GrantRecord>, Error> {
    if !row::can_hold(id) {
        return Ok(None);
    }
    let found = sqlx::query("SELECT * FROM grants WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list(db: &mut PgConnection, subject: &str) -> Result<Vec<GrantRecord>, Error> {
    let select = "SELECT * FROM grants WHERE subject = $1 AND revoked_at IS NULL ORDER BY created_at DESC, number DESC";
    let rows = sqlx::query(select).bind(subject).fetch_all(db).await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn insert(db: &mut PgConnection, grant: &GrantRecord) -> Result<(), Error> {
    let insert = "INSERT INTO grants (id, subject, client_id, sid, document, created_at, revoked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    sqlx::query(insert)
        .bind(&grant.id)
        .bind(&grant.subject)
        .bind(&grant.client_id)
        .bind(&grant.sid)
        .bind(&grant.document)
        .bind(grant.created_at)
        .bind(grant.revoked_at)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) async fn update(db: &mut PgConnection, id: &str, document: &str) -> Result<(), Error> {
    sqlx::query("UPDATE grants SET document = $1 WHERE id = $2")
        .bind(document)
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) async fn revoke(db: &mut PgConnection, id: &str, now: i64) -> Result<bool, Error> {
    let done = sqlx::query("UPDATE grants SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
        .bind(now)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn revoke_of(
    db: &mut PgConnection,
    subject: &str,
    client_id: Option<&str>,
    sid: Option<&str>,
    now: i64,
) -> Result<u64, Error> {
    let update = "UPDATE grants SET revoked_at = $1 WHERE subject = $2 AND revoked_at IS NULL
        AND ($3 IS NULL OR client_id = $3) AND ($4 IS NULL OR sid = $4)";
    let done = sqlx::query(update)
        .bind(now)
        .bind(subject)
        .bind(client_id)
        .bind(sid)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

pub(crate) fn read(row: &PgRow) -> Result<GrantRecord, Error> {
    Ok(GrantRecord {
        id: row.try_get("id")?,
        subject: row.try_get("subject")?,
        client_id: row.try_get("client_id")?,
        sid: row.try_get("sid")?,
        document: row.try_get("document")?,
        created_at: row.try_get("created_at")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}
