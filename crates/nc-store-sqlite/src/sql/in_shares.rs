use nc_store::{InShareRecord, InShareState};
use sqlx::{
    Row as _, Sqlite, SqliteConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use crate::{error::Error, row};

pub(crate) async fn find(db: &mut SqliteConnection, id: &str) -> Result<Option<InShareRecord>, Error> {
    let found = sqlx::query("SELECT * FROM ocm_in_share WHERE id = ?")
        .bind(id)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn find_by_number(db: &mut SqliteConnection, number: i64) -> Result<Option<InShareRecord>, Error> {
    let found = sqlx::query("SELECT * FROM ocm_in_share WHERE number = ?")
        .bind(number)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list_from(
    db: &mut SqliteConnection,
    sender_host: &str,
    provider_id: &str,
) -> Result<Vec<InShareRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM ocm_in_share WHERE sender_host = ? AND provider_id = ? ORDER BY number")
        .bind(sender_host)
        .bind(provider_id)
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn list_named(db: &mut SqliteConnection, provider_id: &str) -> Result<Vec<InShareRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM ocm_in_share WHERE provider_id = ? ORDER BY number")
        .bind(provider_id)
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn insert(db: &mut SqliteConnection, share: &InShareRecord) -> Result<i64, Error> {
    let insert = "INSERT INTO ocm_in_share (sender_host, provider_id, share_type, recipient, state, document,
        secret_sealed, token_sealed, token_expires_at, token_generation, lease_owner, lease_until, failures,
        backoff_until, created_at, expires_at, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        RETURNING number";
    let row = bound(insert, share).fetch_one(db).await?;
    Ok(row.try_get("number")?)
}

pub(crate) async fn update(db: &mut SqliteConnection, share: &InShareRecord) -> Result<bool, Error> {
    let update = "UPDATE ocm_in_share SET sender_host = ?, provider_id = ?, share_type = ?, recipient = ?, state = ?,
        document = ?, secret_sealed = ?, token_sealed = ?, token_expires_at = ?, token_generation = ?, lease_owner = ?,
        lease_until = ?, failures = ?, backoff_until = ?, created_at = ?, expires_at = ? WHERE id = ?";
    let done = bound(update, share).execute(db).await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn delete(db: &mut SqliteConnection, id: &str) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM ocm_in_share WHERE id = ?")
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// A statement with the values of a share in the order of the columns, its id last.
fn bound(statement: &'static str, share: &InShareRecord) -> Query<'static, Sqlite, SqliteArguments> {
    sqlx::query(statement)
        .bind(&share.sender_host)
        .bind(&share.provider_id)
        .bind(&share.share_type)
        .bind(&share.recipient)
        .bind(share.state.word())
        .bind(&share.document)
        .bind(&share.secret_sealed)
        .bind(&share.token_sealed)
        .bind(share.token_expires_at)
        .bind(share.token_generation)
        .bind(&share.lease_owner)
        .bind(share.lease_until)
        .bind(share.failures)
        .bind(share.backoff_until)
        .bind(share.created_at)
        .bind(share.expires_at)
        .bind(&share.id)
}

pub(super) fn read(row: &SqliteRow) -> Result<InShareRecord, Error> {
    Ok(InShareRecord {
        id: row.try_get("id")?,
        number: row.try_get("number")?,
        sender_host: row.try_get("sender_host")?,
        provider_id: row.try_get("provider_id")?,
        share_type: row.try_get("share_type")?,
        recipient: row.try_get("recipient")?,
        state: row::word(row, "state", InShareState::from_word)?,
        document: row.try_get("document")?,
        secret_sealed: row.try_get("secret_sealed")?,
        token_sealed: row.try_get("token_sealed")?,
        token_expires_at: row.try_get("token_expires_at")?,
        token_generation: row.try_get("token_generation")?,
        lease_owner: row.try_get("lease_owner")?,
        lease_until: row.try_get("lease_until")?,
        failures: row.try_get("failures")?,
        backoff_until: row.try_get("backoff_until")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
    })
}
