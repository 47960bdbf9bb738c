use nc_store::{Digest, TicketKind, TicketRecord};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{error::Error, row};

pub(crate) async fn find(
    db: &mut SqliteConnection,
    kind: TicketKind,
    key: Digest,
    now: i64,
) -> Result<Option<TicketRecord>, Error> {
    let found = sqlx::query("SELECT * FROM tickets WHERE kind = ? AND key = ? AND expires_at > ?")
        .bind(kind.word())
        .bind(row::bytes(&key))
        .bind(now)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn put(db: &mut SqliteConnection, ticket: &TicketRecord) -> Result<(), Error> {
    let put = "INSERT INTO tickets (kind, key, document, expires_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (kind, key) DO UPDATE SET document = excluded.document, expires_at = excluded.expires_at";
    sqlx::query(put)
        .bind(ticket.kind.word())
        .bind(row::bytes(&ticket.key))
        .bind(&ticket.document)
        .bind(ticket.expires_at)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) async fn take(
    db: &mut SqliteConnection,
    kind: TicketKind,
    key: Digest,
    now: i64,
) -> Result<Option<TicketRecord>, Error> {
    let taken = sqlx::query("DELETE FROM tickets WHERE kind = ? AND key = ? AND expires_at > ? RETURNING *")
        .bind(kind.word())
        .bind(row::bytes(&key))
        .bind(now)
        .fetch_optional(db)
        .await?;
    taken.as_ref().map(read).transpose()
}

pub(crate) async fn see_once(db: &mut SqliteConnection, key: Digest, expires_at: i64, now: i64) -> Result<bool, Error> {
    // What was seen and has ended since may be seen again.
    let insert = "INSERT INTO tickets (kind, key, document, expires_at) VALUES (?, ?, '', ?)
        ON CONFLICT (kind, key) DO UPDATE SET expires_at = excluded.expires_at WHERE tickets.expires_at <= ?";
    let done = sqlx::query(insert)
        .bind(TicketKind::Seen.word())
        .bind(row::bytes(&key))
        .bind(expires_at)
        .bind(now)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn read(row: &SqliteRow) -> Result<TicketRecord, Error> {
    Ok(TicketRecord {
        kind: row::word(row, "kind", TicketKind::from_word)?,
        key: row::digest(row, "key")?,
        document: row.try_get("document")?,
        expires_at: row.try_get("expires_at")?,
    })
}
