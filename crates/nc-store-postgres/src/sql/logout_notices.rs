use nc_store::LogoutNoticeRecord;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::error::Error;

pub(crate) async fn list_due(db: &mut PgConnection, now: i64, limit: u32) -> Result<Vec<LogoutNoticeRecord>, Error> {
    let rows =
        sqlx::query("SELECT * FROM logout_notices WHERE next_at <= $1 AND expires_at > $2 ORDER BY number LIMIT $3")
            .bind(now)
            .bind(now)
            .bind(i64::from(limit))
            .fetch_all(db)
            .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn insert(db: &mut PgConnection, notice: &LogoutNoticeRecord) -> Result<i64, Error> {
    let insert = "INSERT INTO logout_notices (client_id, subject, sid, next_at, expires_at)
        VALUES ($1, $2, $3, $4, $5) RETURNING number";
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

pub(crate) async fn defer(db: &mut PgConnection, number: i64, next_at: i64) -> Result<bool, Error> {
    let done = sqlx::query("UPDATE logout_notices SET next_at = $1 WHERE number = $2")
        .bind(next_at)
        .bind(number)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn delete(db: &mut PgConnection, number: i64) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM logout_notices WHERE number = $1")
        .bind(number)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn read(row: &PgRow) -> Result<LogoutNoticeRecord, Error> {
    Ok(LogoutNoticeRecord {
        number: row.try_get("number")?,
        client_id: row.try_get("client_id")?,
        subject: row.try_get("subject")?,
        sid: row.try_get("sid")?,
        next_at: row.try_get("next_at")?,
        expires_at: row.try_get("expires_at")?,
    })
}
