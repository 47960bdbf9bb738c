use nc_store::{AuditChain, AuditEnd, AuditEntry, AuditRecord, AuditReport, ChainedEntry, WhichEnd};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::audit_ends;
use crate::{batch::Batch, error::Error};

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

/// Where the log ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tail {
    last: Option<AuditEnd>,
    /// There is a record of where the chain begins.
    has_first: bool,
    /// The highest number that was ever used: they are used once, also after the highest was deleted.
    highest: i64,
}

/// Begins a writing transaction. Most of them append to the log, so that is asked along with it.
///
/// `BEGIN IMMEDIATE`, so a transaction that first reads and then writes cannot fail half-way for want of the lock.
pub(crate) async fn begin(db: &mut SqliteConnection) -> Result<Tail, Error> {
    let begin = "BEGIN IMMEDIATE; SELECT last.number, last.tag, last.seal,
            EXISTS (SELECT 1 FROM audit_ends WHERE which = ?) AS has_first,
            max((SELECT coalesce(max(audit.number), 0) FROM audit),
                coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0)) AS highest
        FROM (SELECT 1) LEFT JOIN audit_ends AS last ON last.which = ?";
    let row = sqlx::query(begin)
        .bind(WhichEnd::First.word())
        .bind(WhichEnd::Last.word())
        .fetch_one(db)
        .await?;
    let number: Option<i64> = row.try_get("number")?;
    let end = |number| {
        Ok::<_, Error>(AuditEnd {
            number,
            tag: row.try_get("tag")?,
            seal: row.try_get("seal")?,
        })
    };
    Ok(Tail {
        last: number.map(end).transpose()?,
        has_first: row.try_get("has_first")?,
        highest: row.try_get("highest")?,
    })
}

pub(crate) fn append(
    batch: &mut Batch,
    tail: &mut Tail,
    chain: &AuditChain,
    record: &AuditRecord,
) -> Result<(), Error> {
    let is_new = tail.last.is_none() && !tail.has_first;
    if is_new {
        let first = chain.end(WhichEnd::First, tail.highest, Vec::new())?;
        audit_ends::put(batch, WhichEnd::First, &first)?;
    }
    let number = tail.highest + 1;
    let tag = chain.link(&chain.before_next(tail.last.as_ref(), is_new), number, record)?;
    batch
        .add("INSERT INTO audit (number, at, event, document, tag) VALUES (?, ?, ?, ?, ?)")
        .bind(number)?
        .bind(record.at)?
        .bind(&record.event)?
        .bind(&record.document)?
        .bind(&tag)?;
    let last = chain.end(WhichEnd::Last, number, tag)?;
    audit_ends::put(batch, WhichEnd::Last, &last)?;
    *tail = Tail {
        last: Some(last),
        has_first: tail.has_first || is_new,
        highest: number,
    };
    Ok(())
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
        let mut batch = Batch::default();
        audit_ends::put(&mut batch, WhichEnd::First, &chain.end(WhichEnd::First, number, tag)?)?;
        batch.make(db).await?;
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
