use nc_store::LogoutNoticeRecord;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::error::Error;

pub(crate) async fn list_due(
    db: &mut SqliteConnection,
    now: i64,
    limit: u32,
) -> Result<Vec<LogoutNoticeRecord>, Error> {
    // The sign has the index by time used: many notices may wait, and few are due.
    let rows =
        sqlx::query("SELECT * FROM logout_notices WHERE next_at <= ? AND expires_at > ? ORDER BY +number LIMIT ?")
            .bind(now)
            .bind(now)
            .bind(limit)
            .fetch_all(db)
            .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn insert(db: &mut SqliteConnection, notice: &LogoutNoticeRecord) -> Result<i64, Error> {
    let insert = "INSERT INTO logout_notices (client_id, subject, sid, next_at, expires_at)
        VALUES (?, ?, ?, ?, ?) RETURNING number";
    let row = sqlx::query(insert)
        .bind(&notice.client_id)
        .bind(&notice.subject)
        .bind(&notice.sid)
        .bind(notice.next_at)
        .bind(notice.expires_at)
        .fetch_one(db)
        .await?;
    Ok(row.try_get("number")?)
}

pub(crate) async fn defer(db: &mut SqliteConnection, number: i64, next_at: i64) -> Result<bool, Error> {
    let done = sqlx::query("UPDATE logout_notices SET next_at = ? WHERE number = ?")
        .bind(next_at)
        .bind(number)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn delete(db: &mut SqliteConnection, number: i64) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM logout_notices WHERE number = ?")
        .bind(number)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn read(row: &SqliteRow) -> Result<LogoutNoticeRecord, Error> {
    Ok(LogoutNoticeRecord {
        number: row.try_get("number")?,
        client_id: row.try_get("client_id")?,
        subject: row.try_get("subject")?,
        sid: row.try_get("sid")?,
        next_at: row.try_get("next_at")?,
        expires_at: row.try_get("expires_at")?,
    })
}
