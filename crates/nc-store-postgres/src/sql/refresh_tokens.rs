use nc_store::{Digest, RefreshState, RefreshTokenRecord};
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::{error::Error, row};

pub(crate) async fn find(db: &mut PgConnection, token: Digest) -> Result<Option<RefreshTokenRecord>, Error> {
    let found = sqlx::query("SELECT * FROM refresh_tokens WHERE token = $1")
        .bind(row::bytes(&token))
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn insert(db: &mut PgConnection, token: &RefreshTokenRecord) -> Result<(), Error> {
    let insert = "INSERT INTO refresh_tokens
        (token, grant_id, parent, state, spent_at, successor, document, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    sqlx::query(insert)
        .bind(row::bytes(&token.token))
        .bind(&token.grant)
        .bind(token.parent.as_ref().map(row::bytes))
        .bind(token.state.word())
        .bind(token.spent_at)
        .bind(token.successor.as_ref().map(row::bytes))
        .bind(&token.document)
        .bind(token.expires_at)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) async fn update(db: &mut PgConnection, token: &RefreshTokenRecord) -> Result<(), Error> {
    sqlx::query("UPDATE refresh_tokens SET state = $1, spent_at = $2, successor = $3 WHERE token = $4")
        .bind(token.state.word())
        .bind(token.spent_at)
        .bind(token.successor.as_ref().map(row::bytes))
        .bind(row::bytes(&token.token))
        .execute(db)
        .await?;
    Ok(())
}

fn read(row: &PgRow) -> Result<RefreshTokenRecord, Error> {
    read_as(row, "document", "expires_at")
}

/// From a row that also holds the grant.
pub(super) fn read_with_grant(row: &PgRow) -> Result<RefreshTokenRecord, Error> {
    read_as(row, "token_document", "token_expires_at")
}

fn read_as(row: &PgRow, document: &str, expires_at: &str) -> Result<RefreshTokenRecord, Error> {
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
