use nc_store::{Digest, OutShareRecord, OutShareState};
use sqlx::{
    PgConnection, Postgres, Row as _,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use crate::{error::Error, row};

pub(crate) async fn find(db: &mut PgConnection, id: &str) -> Result<Option<OutShareRecord>, Error> {
    if !row::can_hold(id) {
        return Ok(None);
    }
    let found = sqlx::query("SELECT * FROM ocm_out_share WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn find_by_number(db: &mut PgConnection, number: i64) -> Result<Option<OutShareRecord>, Error> {
    let found = sqlx::query("SELECT * FROM ocm_out_share WHERE number = $1")
        .bind(number)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn find_by_secret(db: &mut PgConnection, secret: Digest) -> Result<Option<OutShareRecord>, Error> {
    let found = sqlx::query("SELECT * FROM ocm_out_share WHERE secret = $1")
        .bind(row::bytes(&secret))
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list_of_owner(db: &mut PgConnection, owner: &str) -> Result<Vec<OutShareRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM ocm_out_share WHERE owner = $1 AND state = 'live' ORDER BY number")
        .bind(owner)
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn list_of_node(db: &mut PgConnection, node: i64) -> Result<Vec<OutShareRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM ocm_out_share WHERE node = $1 AND state = 'live' ORDER BY number")
        .bind(node)
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn list_ended(db: &mut PgConnection, now: i64, limit: u32) -> Result<Vec<OutShareRecord>, Error> {
    let list =
        "SELECT * FROM ocm_out_share WHERE expires_at <= $1 AND state = 'live' ORDER BY expires_at, number LIMIT $2";
    let rows = sqlx::query(list).bind(now).bind(i64::from(limit)).fetch_all(db).await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn insert(db: &mut PgConnection, share: &OutShareRecord) -> Result<i64, Error> {
    let insert = "INSERT INTO ocm_out_share (owner, node, recipient_host, secret, secret_sealed, generation, state,
        document, created_at, expires_at, revoked_at, id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING number";
    let row = bound(insert, share).fetch_one(db).await?;
    Ok(row.try_get("number")?)
}

pub(crate) async fn update(db: &mut PgConnection, share: &OutShareRecord) -> Result<bool, Error> {
    let update = "UPDATE ocm_out_share SET owner = $1, node = $2, recipient_host = $3, secret = $4, secret_sealed = $5,
        generation = $6, state = $7, document = $8, created_at = $9, expires_at = $10, revoked_at = $11 WHERE id = $12";
    let done = bound(update, share).execute(db).await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn delete(db: &mut PgConnection, id: &str) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM ocm_out_share WHERE id = $1")
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// A statement with the values of a share in the order of the columns, its id last.
fn bound(statement: &'static str, share: &OutShareRecord) -> Query<'static, Postgres, PgArguments> {
    sqlx::query(statement)
        .bind(&share.owner)
        .bind(share.node)
        .bind(&share.recipient_host)
        .bind(share.secret.as_ref().map(row::bytes))
        .bind(&share.secret_sealed)
        .bind(share.generation)
        .bind(share.state.word())
        .bind(&share.document)
        .bind(share.created_at)
        .bind(share.expires_at)
        .bind(share.revoked_at)
        .bind(&share.id)
}

fn read(row: &PgRow) -> Result<OutShareRecord, Error> {
    Ok(OutShareRecord {
        id: row.try_get("id")?,
        number: row.try_get("number")?,
        owner: row.try_get("owner")?,
        node: row.try_get("node")?,
        recipient_host: row.try_get("recipient_host")?,
        secret: row::digest_or_none(row, "secret")?,
        secret_sealed: row.try_get("secret_sealed")?,
        generation: row.try_get("generation")?,
        state: row::word(row, "state", OutShareState::from_word)?,
        document: row.try_get("document")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}
