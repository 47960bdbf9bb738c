use nc_store::ReshareRecord;
use sqlx::{Row as _, SqliteConnection};

use crate::error::Error;

pub(crate) async fn find(db: &mut SqliteConnection, share: &str) -> Result<Option<ReshareRecord>, Error> {
    let found = sqlx::query("SELECT * FROM ocm_reshare WHERE share_id = ?")
        .bind(share)
        .fetch_optional(db)
        .await?;
    let Some(row) = found else { return Ok(None) };
    Ok(Some(ReshareRecord {
        share: row.try_get("share_id")?,
        remote_id: row.try_get("remote_id")?,
        secret_sealed: row.try_get("secret_sealed")?,
    }))
}

pub(crate) async fn put(db: &mut SqliteConnection, reshare: &ReshareRecord) -> Result<(), Error> {
    let put = "INSERT INTO ocm_reshare (share_id, remote_id, secret_sealed) VALUES (?, ?, ?)
        ON CONFLICT (share_id) DO UPDATE SET remote_id = excluded.remote_id, secret_sealed = excluded.secret_sealed";
    sqlx::query(put)
        .bind(&reshare.share)
        .bind(&reshare.remote_id)
        .bind(&reshare.secret_sealed)
        .execute(db)
        .await?;
    Ok(())
}
