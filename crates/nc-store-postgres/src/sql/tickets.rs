use nc_store::{Digest, TicketKind, TicketRecord};
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::{error::Error, row};

pub(crate) async fn find(
    db: &mut PgConnection,
    kind: TicketKind,
    key: Digest,
    now: i64,
) -> Result<Option<TicketRecord>, Error> {
    let found = sqlx::query("SELECT * FROM tickets WHERE kind = $1 AND key = $2 AND expires_at > $3")
        .bind(kind.word())
        .bind(row::bytes(&key))
        .bind(now)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn put(db: &mut PgConnection, ticket: &TicketRecord) -> Result<(), Error> {
    let put = "INSERT INTO tickets (kind, key, document, expires_at) VALUES ($1, $2, $3, $4)
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
    db: &mut PgConnection,
    kind: TicketKind,
    key: Digest,
    now: i64,
) -> Result<Option<TicketRecord>, Error> {
    let taken = sqlx::query("DELETE FROM tickets WHERE kind = $1 AND key = $2 AND expires_at > $3 RETURNING *")
        .bind(kind.word())
        .bind(row::bytes(&key))
        .bind(now)
        .fetch_optional(db)
        .await?;
    taken.as_ref().map(read).transpose()
}

pub(crate) async fn see_once(db: &mut PgConnection, key: Digest, expires_at: i64, now: i64) -> Result<bool, Error> {
    // What was seen and has ended since may be seen again.
    let insert = "INSERT INTO tickets (kind, key, document, expires_at) VALUES ($1, $2, '', $3)
        ON CONFLICT (kind, key) DO UPDATE SET expires_at = excluded.expires_at WHERE tickets.expires_at <= $4";
    let done = sqlx::query(insert)
        .bind(TicketKind::Seen.word())
        .bind(row::bytes(&key))
        .bind(expires_at)
        .bind(now)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn read(row: &PgRow) -> Result<TicketRecord, Error> {
    Ok(TicketRecord {
        kind: row::word(row, "kind", TicketKind::from_word)?,
        key: row::digest(row, "key")?,
        document: row.try_get("document")?,
        expires_at: row.try_get("expires_at")?,
    })
}
