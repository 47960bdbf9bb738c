use nc_store::PeerRecord;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::error::Error;

pub(crate) async fn find(db: &mut SqliteConnection, host: &str) -> Result<Option<PeerRecord>, Error> {
    let found = sqlx::query("SELECT * FROM ocm_peer WHERE host = ?")
        .bind(host)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list(db: &mut SqliteConnection) -> Result<Vec<PeerRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM ocm_peer ORDER BY host")
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn put(db: &mut SqliteConnection, peer: &PeerRecord) -> Result<(), Error> {
    let put = "INSERT INTO ocm_peer (host, document, ever_signed, changed_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (host) DO UPDATE SET document = excluded.document, ever_signed = excluded.ever_signed,
        changed_at = excluded.changed_at";
    sqlx::query(put)
        .bind(&peer.host)
        .bind(&peer.document)
        .bind(peer.ever_signed)
        .bind(peer.changed_at)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) async fn delete(db: &mut SqliteConnection, host: &str) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM ocm_peer WHERE host = ?")
        .bind(host)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn read(row: &SqliteRow) -> Result<PeerRecord, Error> {
    Ok(PeerRecord {
        host: row.try_get("host")?,
        document: row.try_get("document")?,
        ever_signed: row.try_get("ever_signed")?,
        changed_at: row.try_get("changed_at")?,
    })
}
