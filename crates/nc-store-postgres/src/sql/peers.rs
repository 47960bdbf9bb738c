use nc_store::PeerRecord;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::{error::Error, row};

pub(crate) async fn find(db: &mut PgConnection, host: &str) -> Result<Option<PeerRecord>, Error> {
    if !row::can_hold(host) {
        return Ok(None);
    }
    let found = sqlx::query("SELECT * FROM ocm_peer WHERE host = $1")
        .bind(host)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list(db: &mut PgConnection) -> Result<Vec<PeerRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM ocm_peer ORDER BY host")
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn put(db: &mut PgConnection, peer: &PeerRecord) -> Result<(), Error> {
    let put = "INSERT INTO ocm_peer (host, document, ever_signed, changed_at) VALUES ($1, $2, $3, $4)
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

pub(crate) async fn delete(db: &mut PgConnection, host: &str) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM ocm_peer WHERE host = $1")
        .bind(host)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn read(row: &PgRow) -> Result<PeerRecord, Error> {
    Ok(PeerRecord {
        host: row.try_get("host")?,
        document: row.try_get("document")?,
        ever_signed: row.try_get("ever_signed")?,
        changed_at: row.try_get("changed_at")?,
    })
}
