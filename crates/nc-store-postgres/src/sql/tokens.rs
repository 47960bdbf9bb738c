use nc_store::{AccessTokenRecord, ClientRecord, Digest, GrantRecord, KnownToken};
use sqlx::{PgConnection, Row as _};

use super::{access_tokens, clients, grants, refresh_tokens};
use crate::{error::Error, row};

/// In one question, which takes the same time whether there is a token or not, but for reading the row.
pub(crate) async fn find(db: &mut PgConnection, access: Digest, refresh: Digest) -> Result<KnownToken, Error> {
    let select = "SELECT grants.*, 'access' AS kind, token, grant_id, access_tokens.document AS token_document,
            access_tokens.expires_at AS token_expires_at, access_tokens.revoked_at AS token_revoked_at,
            NULL::bytea AS parent, NULL::text AS state, NULL::bigint AS spent_at, NULL::bytea AS successor
        FROM access_tokens JOIN grants ON grants.id = grant_id WHERE token = $1
        UNION ALL
        SELECT grants.*, 'refresh', token, grant_id, refresh_tokens.document, refresh_tokens.expires_at, NULL,
            parent, state, spent_at, successor
        FROM refresh_tokens JOIN grants ON grants.id = grant_id WHERE token = $2";
    let rows = sqlx::query(select)
        .bind(row::bytes(&access))
        .bind(row::bytes(&refresh))
        .fetch_all(db)
        .await?;
    let mut known = KnownToken::default();
    for row in &rows {
        let grant = grants::read(row)?;
        match row.try_get("kind")? {
            "access" => known.access = Some((access_tokens::read(row)?, grant)),
            _ => known.refresh = Some((refresh_tokens::read_with_grant(row)?, grant)),
        }
    }
    Ok(known)
}

/// In one question too, so that token, grant and client are of the same moment.
pub(crate) async fn find_with_client(
    db: &mut PgConnection,
    token: Digest,
) -> Result<Option<(AccessTokenRecord, GrantRecord, ClientRecord)>, Error> {
    let select = "SELECT grants.*, token, grant_id, access_tokens.document AS token_document,
            access_tokens.expires_at AS token_expires_at, access_tokens.revoked_at AS token_revoked_at,
            clients.number AS client_number, kind, clients.document AS client_document, secret, registration_token,
            clients.created_at AS client_created_at, last_token_at, clients.expires_at AS client_expires_at, disabled
        FROM access_tokens JOIN grants ON grants.id = grant_id JOIN clients ON clients.client_id = grants.client_id
        WHERE token = $1";
    let found = sqlx::query(select).bind(row::bytes(&token)).fetch_optional(db).await?;
    let read = |row| {
        Ok((
            access_tokens::read(row)?,
            grants::read(row)?,
            clients::read_with_grant(row)?,
        ))
    };
    found.as_ref().map(read).transpose()
}
