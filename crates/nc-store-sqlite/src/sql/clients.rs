use nc_store::{ClientKind, ClientRecord, NewClient};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{batch::Batch, error::Error, row};

pub(crate) async fn find(db: &mut SqliteConnection, client_id: &str) -> Result<Option<ClientRecord>, Error> {
    let found = sqlx::query("SELECT * FROM clients WHERE client_id = ?")
        .bind(client_id)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn find_by_number(db: &mut SqliteConnection, number: i64) -> Result<Option<ClientRecord>, Error> {
    let found = sqlx::query("SELECT * FROM clients WHERE number = ?")
        .bind(number)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list(db: &mut SqliteConnection, after: i64, limit: u32) -> Result<Vec<ClientRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM clients WHERE number > ? ORDER BY number LIMIT ?")
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn count(db: &mut SqliteConnection, kind: ClientKind) -> Result<u64, Error> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM clients WHERE kind = ?")
        .bind(kind.word())
        .fetch_one(db)
        .await?;
    Ok(count.unsigned_abs())
}

pub(crate) async fn insert(db: &mut SqliteConnection, client: &NewClient) -> Result<i64, Error> {
    let insert = "INSERT INTO clients (client_id, kind, document, secret, registration_token, created_at, expires_at)
        VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING number";
    let number = sqlx::query_scalar(insert)
        .bind(&client.client_id)
        .bind(client.kind.word())
        .bind(&client.document)
        .bind(client.secret.as_ref().map(row::bytes))
        .bind(client.registration_token.as_ref().map(row::bytes))
        .bind(client.created_at)
        .bind(client.expires_at)
        .fetch_one(db)
        .await?;
    Ok(number)
}

pub(crate) async fn update(db: &mut SqliteConnection, client: &ClientRecord) -> Result<(), Error> {
    let update = "UPDATE clients SET kind = ?, document = ?, secret = ?, registration_token = ?, last_token_at = ?,
        expires_at = ?, disabled = ? WHERE number = ?";
    sqlx::query(update)
        .bind(client.kind.word())
        .bind(&client.document)
        .bind(client.secret.as_ref().map(row::bytes))
        .bind(client.registration_token.as_ref().map(row::bytes))
        .bind(client.last_token_at)
        .bind(client.expires_at)
        .bind(client.disabled)
        .bind(client.number)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) fn note_use(batch: &mut Batch, client_id: &str, now: i64, expires_at: Option<i64>) -> Result<(), Error> {
    batch
        .add("UPDATE clients SET last_token_at = ?, expires_at = ? WHERE client_id = ?")
        .bind(now)?
        .bind(expires_at)?
        .bind(client_id)?;
    Ok(())
}

pub(crate) async fn delete(db: &mut SqliteConnection, client_id: &str) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM clients WHERE client_id = ?")
        .bind(client_id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn evict_unused(db: &mut SqliteConnection, kind: ClientKind) -> Result<Option<String>, Error> {
    let delete = "DELETE FROM clients WHERE number = (
            SELECT number FROM clients
            WHERE kind = ? AND last_token_at IS NULL AND disabled = 0 AND instr(document, ?) = 0
            ORDER BY created_at, number LIMIT 1
        ) RETURNING client_id";
    let evicted = sqlx::query_scalar(delete)
        .bind(kind.word())
        .bind(ClientRecord::DECIDED)
        .fetch_optional(db)
        .await?;
    Ok(evicted)
}

pub(crate) fn read(row: &SqliteRow) -> Result<ClientRecord, Error> {
    Ok(ClientRecord {
        number: row.try_get("number")?,
        client_id: row.try_get("client_id")?,
        kind: row::word(row, "kind", ClientKind::from_word)?,
        document: row.try_get("document")?,
        secret: row::digest_or_none(row, "secret")?,
        registration_token: row::digest_or_none(row, "registration_token")?,
        created_at: row.try_get("created_at")?,
        last_token_at: row.try_get("last_token_at")?,
        expires_at: row.try_get("expires_at")?,
        disabled: row.try_get("disabled")?,
    })
}
