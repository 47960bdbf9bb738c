use nc_store::{AccessTokenRecord, Digest, GrantRecord};
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::grants;
use crate::{error::Error, row};

pub(crate) async fn find(
    db: &mut PgConnection,
    token: Digest,
) -> Result<Option<(AccessTokenRecord, GrantRecord)>, Error> {
    // One statement, so that token and grant are of the same moment.
    let select = "SELECT grants.*, token, grant_id, access_tokens.document AS token_document,
            access_tokens.expires_at AS token_expires_at, access_tokens.revoked_at AS token_revoked_at
        FROM access_tokens JOIN grants ON grants.id = grant_id WHERE token = $1";
    let found = sqlx::query(select).bind(row::bytes(&token)).fetch_optional(db).await?;
    found.map(|row| Ok((read(&row)?, grants::read(&row)?))).transpose()
}

/// From a row that also holds the grant.
pub(super) fn read(row: &PgRow) -> Result<AccessTokenRecord, Error> {
    Ok(AccessTokenRecord {
        token: row::digest(row, "token")?,
        grant: row.try_get("grant_id")?,
        document: row.try_get("token_document")?,
        expires_at: row.try_get("token_expires_at")?,
        revoked_at: row.try_get("token_revoked_at")?,
    })
}

pub(crate) async fn insert(db: &mut PgConnection, token: &AccessTokenRecord) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO access_tokens (token, grant_id, document, expires_at, revoked_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(row::bytes(&token.token))
    .bind(&token.grant)
    .bind(&token.document)
    .bind(token.expires_at)
    .bind(token.revoked_at)
    .execute(db)
    .await?;
    Ok(())
}

pub(crate) async fn revoke(db: &mut PgConnection, token: Digest, now: i64) -> Result<bool, Error> {
    let done = sqlx::query("UPDATE access_tokens SET revoked_at = $1 WHERE token = $2 AND revoked_at IS NULL")
        .bind(now)
        .bind(row::bytes(&token))
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn revoke_of_grant(db: &mut PgConnection, grant: &str, now: i64) -> Result<(), Error> {
    sqlx::query("UPDATE access_tokens SET revoked_at = $1 WHERE grant_id = $2 AND revoked_at IS NULL")
        .bind(now)
        .bind(grant)
        .execute(db)
        .await?;
    Ok(())
}
