use nc_store::{ClientKind, ClientRecord, NewClient};
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::{error::Error, row};

pub(crate) async fn find(db: &mut PgConnection, client_id: &str) -> Result<Option<ClientRecord>, Error> {
    if !row::can_hold(client_id) {
        return Ok(None);
    }
    let found = sqlx::query("SELECT * FROM clients WHERE client_id = $1")
        .bind(client_id)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn find_by_number(db: &mut PgConnection, number: i64) -> Result<Option<ClientRecord>, Error> {
    let found = sqlx::query("SELECT * FROM clients WHERE number = $1")
        .bind(number)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list(db: &mut PgConnection, after: i64, limit: u32) -> Result<Vec<ClientRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM clients WHERE number > $1 ORDER BY number LIMIT $2")
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn count(db: &mut PgConnection, kind: ClientKind) -> Result<u64, Error> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM clients WHERE kind = $1")
        .bind(kind.word())
        .fetch_one(db)
        .await?;
    Ok(count.unsigned_abs())
}

pub(crate) async fn insert(db: &mut PgConnection, client: &NewClient) -> Result<i64, Error> {
    let insert = "INSERT INTO clients (client_id, kind, document, secret, registration_token, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING number";
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

pub(crate) async fn update(db: &mut PgConnection, client: &ClientRecord) -> Result<(), Error> {
    let update =
        "UPDATE clients SET kind = $1, document = $2, secret = $3, registration_token = $4, last_token_at = $5,
        expires_at = $6, disabled = $7 WHERE number = $8";
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

pub(crate) async fn note_use(
    db: &mut PgConnection,
    client_id: &str,
    now: i64,
    expires_at: Option<i64>,
) -> Result<(), Error> {
    sqlx::query("UPDATE clients SET last_token_at = $1, expires_at = $2 WHERE client_id = $3")
        .bind(now)
        .bind(expires_at)
        .bind(client_id)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) async fn delete(db: &mut PgConnection, client_id: &str) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM clients WHERE client_id = $1")
        .bind(client_id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn evict_unused(db: &mut PgConnection, kind: ClientKind) -> Result<Option<String>, Error> {
    let delete = "DELETE FROM clients WHERE number = (
            SELECT number FROM clients
            WHERE kind = $1 AND last_token_at IS NULL AND NOT disabled AND strpos(document, $2) = 0
            ORDER BY created_at, number LIMIT 1
        ) RETURNING client_id";
    let evicted = sqlx::query_scalar(delete)
        .bind(kind.word())
        .bind(ClientRecord::DECIDED)
        .fetch_optional(db)
        .await?;
    Ok(evicted)
}

fn read(row: &PgRow) -> Result<ClientRecord, Error> {
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

/// From a row with the grant's columns, where those of the client that a grant has too are called otherwise.
pub(super) fn read_with_grant(row: &PgRow) -> Result<ClientRecord, Error> {
    Ok(ClientRecord {
        number: row.try_get("client_number")?,
        client_id: row.try_get("client_id")?,
        kind: row::word(row, "kind", ClientKind::from_word)?,
        document: row.try_get("client_document")?,
        secret: row::digest_or_none(row, "secret")?,
        registration_token: row::digest_or_none(row, "registration_token")?,
        created_at: row.try_get("client_created_at")?,
        last_token_at: row.try_get("last_token_at")?,
        expires_at: row.try_get("client_expires_at")?,
        disabled: row.try_get("disabled")?,
    })
}
