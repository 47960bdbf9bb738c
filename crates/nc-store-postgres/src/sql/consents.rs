use nc_store::ConsentRecord;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::{error::Error, row};

pub(crate) async fn find(
    db: &mut PgConnection,
    subject: &str,
    client_id: &str,
    resource: &str,
) -> Result<Option<ConsentRecord>, Error> {
    if ![subject, client_id, resource].into_iter().all(row::can_hold) {
        return Ok(None);
    }
    // One statement, so that a consent and its scopes are of the same moment.
    let select = "SELECT * FROM consents LEFT JOIN consent_scopes ON consent = number
        WHERE subject = $1 AND client_id = $2 AND resource = $3 ORDER BY position";
    let rows = sqlx::query(select)
        .bind(subject)
        .bind(client_id)
        .bind(resource)
        .fetch_all(db)
        .await?;
    Ok(read(&rows)?.pop())
}

pub(crate) async fn list(db: &mut PgConnection, subject: &str) -> Result<Vec<ConsentRecord>, Error> {
    let select = "SELECT * FROM consents LEFT JOIN consent_scopes ON consent = number
        WHERE subject = $1 ORDER BY number, position";
    let rows = sqlx::query(select).bind(subject).fetch_all(db).await?;
    read(&rows)
}

pub(crate) async fn put(db: &mut PgConnection, consent: &ConsentRecord) -> Result<i64, Error> {
    // `created_at` stays: it tells when the consent was first given.
    let put = "INSERT INTO consents (subject, client_id, resource, document, created_at, updated_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (subject, client_id, resource) DO UPDATE SET
        document = excluded.document, updated_at = excluded.updated_at, expires_at = excluded.expires_at
        RETURNING number";
    let number: i64 = sqlx::query_scalar(put)
        .bind(&consent.subject)
        .bind(&consent.client_id)
        .bind(&consent.resource)
        .bind(&consent.document)
        .bind(consent.created_at)
        .bind(consent.updated_at)
        .bind(consent.expires_at)
        .fetch_one(&mut *db)
        .await?;
    sqlx::query("DELETE FROM consent_scopes WHERE consent = $1")
        .bind(number)
        .execute(&mut *db)
        .await?;
    for (position, scope) in (0_i64..).zip(&consent.scopes) {
        sqlx::query("INSERT INTO consent_scopes (consent, position, scope) VALUES ($1, $2, $3)")
            .bind(number)
            .bind(position)
            .bind(scope)
            .execute(&mut *db)
            .await?;
    }
    Ok(number)
}

pub(crate) async fn delete_of(db: &mut PgConnection, subject: &str, client_id: &str) -> Result<u64, Error> {
    let done = sqlx::query("DELETE FROM consents WHERE subject = $1 AND client_id = $2")
        .bind(subject)
        .bind(client_id)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

/// Consents from rows with one scope each, in order of consent.
fn read(rows: &[PgRow]) -> Result<Vec<ConsentRecord>, Error> {
    let mut consents: Vec<ConsentRecord> = Vec::new();
    for row in rows {
        let number: i64 = row.try_get("number")?;
        if consents.last().is_none_or(|last| last.number != number) {
            consents.push(ConsentRecord {
                number,
                subject: row.try_get("subject")?,
                client_id: row.try_get("client_id")?,
                resource: row.try_get("resource")?,
                scopes: Vec::new(),
                document: row.try_get("document")?,
                created_at: row.try_get("created_at")?,
                updated_at: row.try_get("updated_at")?,
                expires_at: row.try_get("expires_at")?,
            });
        }
        if let (Some(last), Some(scope)) = (consents.last_mut(), row.try_get("scope")?) {
            last.scopes.push(scope);
        }
    }
    Ok(consents)
}
