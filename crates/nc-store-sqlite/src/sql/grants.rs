use nc_store::GrantRecord;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{batch::Batch, error::Error};

pub(crate) async fn find(db: &mut SqliteConnection, id: &str) -> Result<Option<GrantRecord>, Error> {
    let found = sqlx::query("SELECT * FROM grants WHERE id = ?")
        .bind(id)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list(db: &mut SqliteConnection, subject: &str) -> Result<Vec<GrantRecord>, Error> {
    let select = "SELECT * FROM grants WHERE subject = ? AND revoked_at IS NULL ORDER BY created_at DESC, number DESC";
    let rows = sqlx::query(select).bind(subject).fetch_all(db).await?;
    rows.iter().map(read).collect()
}

pub(crate) fn insert(batch: &mut Batch, grant: &GrantRecord) -> Result<(), Error> {
    let insert = "INSERT INTO grants (id, subject, client_id, sid, document, created_at, revoked_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)";
    batch
        .add(insert)
        .bind(&grant.id)?
        .bind(&grant.subject)?
        .bind(&grant.client_id)?
        .bind(&grant.sid)?
        .bind(&grant.document)?
        .bind(grant.created_at)?
        .bind(grant.revoked_at)?;
    Ok(())
}

pub(crate) fn update(batch: &mut Batch, id: &str, document: &str) -> Result<(), Error> {
    batch
        .add("UPDATE grants SET document = ? WHERE id = ?")
        .bind(document)?
        .bind(id)?;
    Ok(())
}

pub(crate) async fn revoke(db: &mut SqliteConnection, id: &str, now: i64) -> Result<bool, Error> {
    let done = sqlx::query("UPDATE grants SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL")
        .bind(now)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn revoke_of(
    db: &mut SqliteConnection,
    subject: &str,
    client_id: Option<&str>,
    sid: Option<&str>,
    now: i64,
) -> Result<u64, Error> {
    let update = "UPDATE grants SET revoked_at = ?1 WHERE subject = ?2 AND revoked_at IS NULL
        AND (?3 IS NULL OR client_id = ?3) AND (?4 IS NULL OR sid = ?4)";
    let done = sqlx::query(update)
        .bind(now)
        .bind(subject)
        .bind(client_id)
        .bind(sid)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

pub(crate) fn read(row: &SqliteRow) -> Result<GrantRecord, Error> {
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
