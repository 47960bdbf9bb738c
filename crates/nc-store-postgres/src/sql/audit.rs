use nc_store::{AuditChain, AuditEnd, AuditEntry, AuditRecord, AuditReport, ChainedEntry, WhichEnd};
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::audit_ends;
use crate::error::Error;

/// How many entries are read at a time.
const PAGE: u32 = 1000;

pub(crate) async fn list(db: &mut PgConnection, limit: u32) -> Result<Vec<AuditEntry>, Error> {
    let rows = sqlx::query("SELECT * FROM audit ORDER BY at DESC, number DESC LIMIT $1")
        .bind(i64::from(limit))
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

pub(crate) async fn append(db: &mut PgConnection, chain: &AuditChain, record: &AuditRecord) -> Result<(), Error> {
    let last = audit_ends::find(db, WhichEnd::Last).await?;
    let first = audit_ends::find(db, WhichEnd::First).await?;
    let highest = highest_number(db, [&first, &last]).await?;
    let is_new = last.is_none() && first.is_none();
    if is_new {
        let first = chain.end(WhichEnd::First, highest, Vec::new())?;
        audit_ends::put(db, WhichEnd::First, &first).await?;
    }
    let number = highest + 1;
    let tag = chain.link(&chain.before_next(last.as_ref(), is_new), number, record)?;
    sqlx::query("INSERT INTO audit (number, at, event, document, tag) VALUES ($1, $2, $3, $4, $5)")
        .bind(number)
        .bind(record.at)
        .bind(&record.event)
        .bind(&record.document)
        .bind(&tag)
        .execute(&mut *db)
        .await?;
    audit_ends::put(db, WhichEnd::Last, &chain.end(WhichEnd::Last, number, tag)?).await
}

/// Numbers are used once, also after the highest was deleted: an end keeps the last one.
async fn highest_number(db: &mut PgConnection, ends: [&Option<AuditEnd>; 2]) -> Result<i64, Error> {
    let there: Option<i64> = sqlx::query_scalar("SELECT max(number) FROM audit")
        .fetch_one(db)
        .await?;
    let ever = ends.into_iter().flatten().map(|end| end.number).max();
    Ok(there.max(ever).unwrap_or_default())
}

/// Deletes entries from before `before`, up to the first that is later or that is not what was written: else who changes
/// the times of entries would have them deleted, and the log would look whole.
pub(crate) async fn sweep(db: &mut PgConnection, chain: &AuditChain, before: i64) -> Result<u64, Error> {
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
    let mut rows = sqlx::query("DELETE FROM audit WHERE tag IS NULL AND at < $1 AND number <= $2")
        .bind(before)
        .bind(begin.unwrap_or(i64::MAX))
        .execute(&mut *db)
        .await?
        .rows_affected();
    if number > start {
        rows += sqlx::query("DELETE FROM audit WHERE number > $1 AND number <= $2")
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
pub(crate) async fn verify(db: &mut PgConnection, chain: &AuditChain) -> Result<AuditReport, Error> {
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

async fn page(db: &mut PgConnection, after: i64) -> Result<Vec<ChainedEntry>, Error> {
    let rows = sqlx::query("SELECT * FROM audit WHERE number > $1 ORDER BY number LIMIT $2")
        .bind(after)
        .bind(i64::from(PAGE))
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

fn record(row: &PgRow) -> Result<AuditRecord, Error> {
    Ok(AuditRecord {
        at: row.try_get("at")?,
        event: row.try_get("event")?,
        document: row.try_get("document")?,
    })
}
