use nc_store::{Digest, RefreshState, RefreshTokenRecord};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{batch::Batch, error::Error, row};

pub(crate) async fn find(db: &mut SqliteConnection, token: Digest) -> Result<Option<RefreshTokenRecord>, Error> {
    let found = sqlx::query("SELECT * FROM refresh_tokens WHERE token = ?")
        .bind(row::bytes(&token))
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) fn insert(batch: &mut Batch, token: &RefreshTokenRecord) -> Result<(), Error> {
    let insert = "INSERT INTO refresh_tokens
        (token, grant_id, parent, state, spent_at, successor, document, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    batch
        .add(insert)
        .bind(row::bytes(&token.token))?
        .bind(&token.grant)?
        .bind(token.parent.as_ref().map(row::bytes))?
        .bind(token.state.word())?
        .bind(token.spent_at)?
        .bind(token.successor.as_ref().map(row::bytes))?
        .bind(&token.document)?
        .bind(token.expires_at)?;
    Ok(())
}

pub(crate) fn update(batch: &mut Batch, token: &RefreshTokenRecord) -> Result<(), Error> {
    batch
        .add("UPDATE refresh_tokens SET state = ?, spent_at = ?, successor = ? WHERE token = ?")
        .bind(token.state.word())?
        .bind(token.spent_at)?
        .bind(token.successor.as_ref().map(row::bytes))?
        .bind(row::bytes(&token.token))?;
    Ok(())
}

fn read(row: &SqliteRow) -> Result<RefreshTokenRecord, Error> {
    read_from(row, "document", "expires_at")
}

/// From a row with the grant's columns.
pub(crate) fn read_with_grant(row: &SqliteRow) -> Result<RefreshTokenRecord, Error> {
    read_from(row, "token_document", "token_expires_at")
}

fn read_from(row: &SqliteRow, document: &str, expires_at: &str) -> Result<RefreshTokenRecord, Error> {
    Ok(RefreshTokenRecord {
        token: row::digest(row, "token")?,
        grant: row.try_get("grant_id")?,
        parent: row::digest_or_none(row, "parent")?,
        state: row::word(row, "state", RefreshState::from_word)?,
        spent_at: row.try_get("spent_at")?,
        successor: row::digest_or_none(row, "successor")?,
        document: row.try_get(document)?,
        expires_at: row.try_get(expires_at)?,
    })
}
