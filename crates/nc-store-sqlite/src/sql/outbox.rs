use nc_store::OutboxRecord;
use sqlx::{
    Row as _, Sqlite, SqliteConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use crate::error::Error;

pub(crate) async fn list_due(db: &mut SqliteConnection, now: i64, limit: u32) -> Result<Vec<OutboxRecord>, Error> {
    // The sign has the index by time used: many messages may wait, and few are due.
    let rows = sqlx::query("SELECT * FROM ocm_outbox WHERE next_at <= ? ORDER BY +number LIMIT ?")
        .bind(now)
        .bind(limit)
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn find_first(db: &mut SqliteConnection, host: &str) -> Result<Option<OutboxRecord>, Error> {
    let row = sqlx::query("SELECT * FROM ocm_outbox WHERE host = ? ORDER BY number LIMIT 1")
        .bind(host)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

pub(crate) async fn insert(db: &mut SqliteConnection, message: &OutboxRecord) -> Result<i64, Error> {
    let insert = "INSERT INTO ocm_outbox (host, kind, sealed, attempts, next_at, created_at, expires_at)
        VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING number";
    let row = bound(insert, message).fetch_one(db).await?;
    Ok(row.try_get("number")?)
}

pub(crate) async fn update(db: &mut SqliteConnection, message: &OutboxRecord) -> Result<bool, Error> {
    let update = "UPDATE ocm_outbox SET host = ?, kind = ?, sealed = ?, attempts = ?, next_at = ?, created_at = ?,
        expires_at = ? WHERE number = ?";
    let done = bound(update, message).bind(message.number).execute(db).await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn delete(db: &mut SqliteConnection, number: i64) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM ocm_outbox WHERE number = ?")
        .bind(number)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// A statement with the values of a message in the order of the columns, without its number.
fn bound(statement: &'static str, message: &OutboxRecord) -> Query<'static, Sqlite, SqliteArguments> {
    sqlx::query(statement)
        .bind(&message.host)
        .bind(&message.kind)
        .bind(&message.sealed)
        .bind(message.attempts)
        .bind(message.next_at)
        .bind(message.created_at)
        .bind(message.expires_at)
}

fn read(row: &SqliteRow) -> Result<OutboxRecord, Error> {
    Ok(OutboxRecord {
        number: row.try_get("number")?,
        host: row.try_get("host")?,
        kind: row.try_get("kind")?,
        sealed: row.try_get("sealed")?,
        attempts: row.try_get("attempts")?,
        next_at: row.try_get("next_at")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
    })
}
