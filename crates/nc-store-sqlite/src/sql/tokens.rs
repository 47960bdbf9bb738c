use nc_store::{AccessTokenRecord, ClientRecord, Digest, GrantRecord, KnownToken};
use sqlx::{Row as _, SqliteConnection};

use super::{access_tokens, clients, grants, refresh_tokens};
use crate::{error::Error, row};

/// In one question, which takes the same time whether there is a token or not, but for reading the row.
pub(crate) async fn find(db: &mut SqliteConnection, access: Digest, refresh: Digest) -> Result<KnownToken, Error> {
    let select = "SELECT grants.*, 'access' AS kind, token, grant_id, access_tokens.document AS token_document,
            access_tokens.expires_at AS token_expires_at, access_tokens.revoked_at AS token_revoked_at
        FROM access_tokens JOIN grants ON grants.id = grant_id WHERE token = ?;
        SELECT grants.*, 'refresh' AS kind, token, grant_id, refresh_tokens.document AS token_document,
            refresh_tokens.expires_at AS token_expires_at, parent, state, spent_at, successor
        FROM refresh_tokens JOIN grants ON grants.id = grant_id WHERE token = ?";
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

/// In one question too. Should token or client go between its halves, neither is found.
pub(crate) async fn find_with_client(
    db: &mut SqliteConnection,
    token: Digest,
) -> Result<Option<(AccessTokenRecord, GrantRecord, ClientRecord)>, Error> {
    let select = "SELECT grants.*, 'token' AS what, token, grant_id, access_tokens.document AS token_document,
            access_tokens.expires_at AS token_expires_at, access_tokens.revoked_at AS token_revoked_at
        FROM access_tokens JOIN grants ON grants.id = grant_id WHERE token = ?;
        SELECT clients.*, 'client' AS what FROM access_tokens JOIN grants ON grants.id = grant_id
        JOIN clients ON clients.client_id = grants.client_id WHERE token = ?";
    let rows = sqlx::query(select)
        .bind(row::bytes(&token))
        .bind(row::bytes(&token))
        .fetch_all(db)
        .await?;
    let (mut token, mut client) = (None, None);
    for row in &rows {
        match row.try_get("what")? {
            "token" => token = Some((access_tokens::read(row)?, grants::read(row)?)),
            _ => client = Some(clients::read(row)?),
        }
    }
    Ok(token.zip(client).map(|((token, grant), client)| (token, grant, client)))
}
