use nc_store::{CredentialKind, CredentialRecord, CredentialState};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{error::Error, row};

pub(crate) async fn find(
    db: &mut SqliteConnection,
    issuer: &str,
    subject: &str,
    kind: CredentialKind,
) -> Result<Option<CredentialRecord>, Error> {
    let find = "SELECT * FROM credentials WHERE issuer = ? AND subject = ? AND kind = ? AND state <> 'discarded'";
    let found = sqlx::query(find)
        .bind(issuer)
        .bind(subject)
        .bind(kind.word())
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list(db: &mut SqliteConnection, after: i64, limit: u32) -> Result<Vec<CredentialRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM credentials WHERE number > ? ORDER BY number LIMIT ?")
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn put(db: &mut SqliteConnection, credential: &CredentialRecord) -> Result<i64, Error> {
    let statement = if credential.number == 0 {
        "INSERT INTO credentials (issuer, subject, kind, state, sealed, document, created_at, changed_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number"
    } else {
        "UPDATE credentials SET issuer = ?, subject = ?, kind = ?, state = ?, sealed = ?, document = ?, created_at = ?,
            changed_at = ?, expires_at = ? WHERE number = ? RETURNING number"
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

pub(crate) async fn delete(db: &mut SqliteConnection, number: i64) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM credentials WHERE number = ?")
        .bind(number)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn read(row: &SqliteRow) -> Result<CredentialRecord, Error> {
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
