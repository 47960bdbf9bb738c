use nc_store::{AccessTokenRecord, Digest, GrantRecord};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::grants;
use crate::{batch::Batch, error::Error, row};

pub(crate) async fn find(
    db: &mut SqliteConnection,
    token: Digest,
) -> Result<Option<(AccessTokenRecord, GrantRecord)>, Error> {
    // One statement, so that token and grant are of the same moment.
    let select = "SELECT grants.*, token, grant_id, access_tokens.document AS token_document,
            access_tokens.expires_at AS token_expires_at, access_tokens.revoked_at AS token_revoked_at
        FROM access_tokens JOIN grants ON grants.id = grant_id WHERE token = ?";
    let found = sqlx::query(select).bind(row::bytes(&token)).fetch_optional(db).await?;
    let read = |row| Ok((read(row)?, grants::read(row)?));
    found.as_ref().map(read).transpose()
}

/// From a row with the grant's columns.
pub(crate) fn read(row: &SqliteRow) -> Result<AccessTokenRecord, Error> {
    Ok(AccessTokenRecord {
        token: row::digest(row, "token")?,
        grant: row.try_get("grant_id")?,
        document: row.try_get("token_document")?,
        expires_at: row.try_get("token_expires_at")?,
        revoked_at: row.try_get("token_revoked_at")?,
    })
}

pub(crate) fn insert(batch: &mut Batch, token: &AccessTokenRecord) -> Result<(), Error> {
    batch
        .add("INSERT INTO access_tokens (token, grant_id, document, expires_at, revoked_at) VALUES (?, ?, ?, ?, ?)")
        .bind(row::bytes(&token.token))?
        .bind(&token.grant)?
        .bind(&token.document)?
        .bind(token.expires_at)?
        .bind(token.revoked_at)?;
    Ok(())
}

pub(crate) async fn revoke(db: &mut SqliteConnection, token: Digest, now: i64) -> Result<bool, Error> {
    let done = sqlx::query("UPDATE access_tokens SET revoked_at = ? WHERE token = ? AND revoked_at IS NULL")
        .bind(now)
        .bind(row::bytes(&token))
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) fn revoke_of_grant(batch: &mut Batch, grant: &str, now: i64) -> Result<(), Error> {
    batch
        .add("UPDATE access_tokens SET revoked_at = ? WHERE grant_id = ? AND revoked_at IS NULL")
        .bind(now)?
        .bind(grant)?;
    Ok(())
}
