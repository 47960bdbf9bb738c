use nc_store::OutboxRecord;
use sqlx::{
    PgConnection, Postgres, Row as _,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use crate::error::Error;

pub(crate) async fn list_due(db: &mut PgConnection, now: i64, limit: u32) -> Result<Vec<OutboxRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM ocm_outbox WHERE next_at <= $1 ORDER BY number LIMIT $2")
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn find_first(db: &mut PgConnection, host: &str) -> Result<Option<OutboxRecord>, Error> {
    let row = sqlx::query("SELECT * FROM ocm_outbox WHERE host = $1 ORDER BY number LIMIT 1")
        .bind(host)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

pub(crate) async fn insert(db: &mut PgConnection, message: &OutboxRecord) -> Result<i64, Error> {
    let insert = "INSERT INTO ocm_outbox (host, kind, sealed, attempts, next_at, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING number";
    let row = bound(insert, message).fetch_one(db).await?;
    Ok(row.try_get("number")?)
}

pub(crate) async fn update(db: &mut PgConnection, message: &OutboxRecord) -> Result<bool, Error> {
    let update =
        "UPDATE ocm_outbox SET host = $1, kind = $2, sealed = $3, attempts = $4, next_at = $5, created_at = $6,
        expires_at = $7 WHERE number = $8";
    let done = bound(update, message).bind(message.number).execute(db).await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn delete(db: &mut PgConnection, number: i64) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM ocm_outbox WHERE number = $1")
        .bind(number)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// A statement with the values of a message in the order of the columns, without its number.
fn bound(statement: &'static str, message: &OutboxRecord) -> Query<'static, Postgres, PgArguments> {
    sqlx::query(statement)
        .bind(&message.host)
        .bind(&message.kind)
        .bind(&message.sealed)
        .bind(message.attempts)
        .bind(message.next_at)
        .bind(message.created_at)
        .bind(message.expires_at)
}

fn read(row: &PgRow) -> Result<OutboxRecord, Error> {
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
