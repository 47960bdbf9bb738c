use nc_store::{CredentialKind, CredentialRecord, CredentialState};
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::{error::Error, row};

pub(crate) async fn find(
    db: &mut PgConnection,
    issuer: &str,
    subject: &str,
    kind: CredentialKind,
) -> Result<Option<CredentialRecord>, Error> {
    if ![issuer, subject].into_iter().all(row::can_hold) {
        return Ok(None);
    }
    let find = "SELECT * FROM credentials WHERE issuer = $1 AND subject = $2 AND kind = $3 AND state <> 'discarded'";
    let found = sqlx::query(find)
        .bind(issuer)
        .bind(subject)
        .bind(kind.word())
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list(db: &mut PgConnection, after: i64, limit: u32) -> Result<Vec<CredentialRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM credentials WHERE number > $1 ORDER BY number LIMIT $2")
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn put(db: &mut PgConnection, credential: &CredentialRecord) -> Result<i64, Error> {
    let statement = if credential.number == 0 {
        "INSERT INTO credentials (issuer, subject, kind, state, sealed, document, created_at, changed_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING number"
    } else {
        "UPDATE credentials SET issuer = $1, subject = $2, kind = $3, state = $4, sealed = $5, document = $6, created_at = $7,
            changed_at = $8, expires_at = $9 WHERE number = $10 RETURNING number"
    };
    let mut query = sqlx::query(statement)
        .bind(&credential.issuer)
        .bind(&credential.subject)
        .bind(credential.kind.word())
        .bind(credential.state.word())
        .bind(&credential.sealed)
        .bind(&credential.document)
        .bind(credential.created_at)
        .bind(credential.changed_at)
        .bind(credential.expires_at);
    if credential.number != 0 {
        query = query.bind(credential.number);
    }
    Ok(query.fetch_one(db).await?.try_get("number")?)
}

pub(crate) async fn delete(db: &mut PgConnection, number: i64) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM credentials WHERE number = $1")
        .bind(number)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn read(row: &PgRow) -> Result<CredentialRecord, Error> {
    Ok(CredentialRecord {
        number: row.try_get("number")?,
        issuer: row.try_get("issuer")?,
        subject: row.try_get("subject")?,
        kind: row::word(row, "kind", CredentialKind::from_word)?,
        state: row::word(row, "state", CredentialState::from_word)?,
        sealed: row.try_get("sealed")?,
        document: row.try_get("document")?,
        created_at: row.try_get("created_at")?,
        changed_at: row.try_get("changed_at")?,
        expires_at: row.try_get("expires_at")?,
    })
}
