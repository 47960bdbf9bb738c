use nc_store::{AuditChain, AuditEntry, AuditRecord, AuditReport, ChainedEntry, WhichEnd};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::audit_ends;
use crate::error::Error;

/// How many entries are read at a time.
const PAGE: u32 = 1000;

pub(crate) async fn list(db: &mut SqliteConnection, limit: u32) -> Result<Vec<AuditEntry>, Error> {
    let rows = sqlx::query("SELECT * FROM audit ORDER BY at DESC, number DESC LIMIT ?")
        .bind(limit)
        .fetch_all(db)
        .await?;
    let entry = |row| {
        Ok(AuditEntry {
            number: sqlx::Row::try_get(row, "number")?,
            record: record(row)?,
        })
    };
    rows.iter().map(entry).collect()
}

pub(crate) async fn append(db: &mut SqliteConnection, chain: &AuditChain, record: &AuditRecord) -> Result<(), Error> {
    let last = audit_ends::find(db, WhichEnd::Last).await?;
    let highest = highest_number(db).await?;
    let is_new = last.is_none() && audit_ends::find(db, WhichEnd::First).await?.is_none();
    if is_new {
        let first = chain.end(WhichEnd::First, highest, Vec::new())?;
        audit_ends::put(db, WhichEnd::First, &first).await?;
    }
    let number = highest + 1;
    let tag = chain.link(&chain.before_next(last.as_ref(), is_new), number, record)?;
    sqlx::query("INSERT INTO audit (number, at, event, document, tag) VALUES (?, ?, ?, ?, ?)")
        .bind(number)
        .bind(record.at)
        .bind(&record.event)
        .bind(&record.document)
        .bind(&tag)
        .execute(&mut *db)
        .await?;
    audit_ends::put(db, WhichEnd::Last, &chain.end(WhichEnd::Last, number, tag)?).await
}

/// Numbers are used once, also after the highest was deleted.
async fn highest_number(db: &mut SqliteConnection) -> Result<i64, Error> {
    let there: Option<i64> = sqlx::query_scalar("SELECT max(number) FROM audit")
        .fetch_one(&mut *db)
        .await?;
    let ever: Option<i64> = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
        .fetch_optional(db)
        .await?;
    Ok(there.max(ever).unwrap_or_default())
}

/// Deletes entries from before `before`, up to the first that is later or that is not what was written: else who changes
/// the times of entries would have them deleted, and the log would look whole.
pub(crate) async fn sweep(db: &mut SqliteConnection, chain: &AuditChain, before: i64) -> Result<u64, Error> {
    let first = audit_ends::find(db, WhichEnd::First).await?;
    let begin = first.as_ref().map(|end| end.number);
    let mut walk = chain.walk(first);
    let start = walk.at().0;
    'pages: loop {
        let entries = page(db, walk.at().0).await?;
        for entry in &entries {
            if entry.record.at >= before || !walk.step(entry) {
                break 'pages;
            }
            if walk.at().0 < entry.number {
                // Older than the chain, which has not begun.
                break 'pages;
            }
        }
        if entries.is_empty() {
            break;
        }
    }
    let (number, tag) = (walk.at().0, walk.at().1.to_vec());
    let mut rows = sqlx::query("DELETE FROM audit WHERE tag IS NULL AND at < ? AND number <= ?")
        .bind(before)
        .bind(begin.unwrap_or(i64::MAX))
        .execute(&mut *db)
        .await?
        .rows_affected();
    if number > start {
        rows += sqlx::query("DELETE FROM audit WHERE number > ? AND number <= ?")
            .bind(start)
            .bind(number)
            .execute(&mut *db)
            .await?
            .rows_affected();
        audit_ends::put(db, WhichEnd::First, &chain.end(WhichEnd::First, number, tag)?).await?;
    }
    Ok(rows)
}

/// In one transaction, so that entries and ends are of one moment.
pub(crate) async fn verify(db: &mut SqliteConnection, chain: &AuditChain) -> Result<AuditReport, Error> {
    let mut walk = chain.walk(audit_ends::find(db, WhichEnd::First).await?);
    let mut after = i64::MIN;
    'pages: loop {
        let entries = page(db, after).await?;
        for entry in &entries {
            if !walk.step(entry) {
                break 'pages;
            }
            after = entry.number;
        }
        if entries.is_empty() {
            break;
        }
    }
    let last = audit_ends::find(db, WhichEnd::Last).await?;
    Ok(walk.finish(last.as_ref()))
}

async fn page(db: &mut SqliteConnection, after: i64) -> Result<Vec<ChainedEntry>, Error> {
    let rows = sqlx::query("SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?")
        .bind(after)
        .bind(PAGE)
        .fetch_all(db)
        .await?;
    let entries = rows.iter().map(|row| {
        Ok(ChainedEntry {
            number: row.try_get("number")?,
            record: record(row)?,
            tag: row.try_get("tag")?,
        })
    });
    entries.collect()
}

fn record(row: &SqliteRow) -> Result<AuditRecord, Error> {
    Ok(AuditRecord {
        at: row.try_get("at")?,
        event: row.try_get("event")?,
        document: row.try_get("document")?,
    })
}
