use nc_store::AuditRecord;
use sqlx::{Row as _, SqliteConnection};

use crate::error::Error;

pub(crate) async fn list(db: &mut SqliteConnection, limit: u32) -> Result<Vec<AuditRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM audit ORDER BY at DESC, number DESC LIMIT ?")
        .bind(limit)
        .fetch_all(db)
        .await?;
    let records = rows.iter().map(|row| {
        Ok(AuditRecord {
            at: row.try_get("at")?,
            event: row.try_get("event")?,
            document: row.try_get("document")?,
        })
    });
    records.collect()
}

pub(crate) async fn append(db: &mut SqliteConnection, record: &AuditRecord) -> Result<(), Error> {
    sqlx::query("INSERT INTO audit (at, event, document) VALUES (?, ?, ?)")
        .bind(record.at)
        .bind(&record.event)
        .bind(&record.document)
        .execute(db)
        .await?;
    Ok(())
}
