use nc_store::ReshareRecord;
use sqlx::{PgConnection, Row as _};

use crate::{error::Error, row};

pub(crate) async fn find(db: &mut PgConnection, share: &str) -> Result<Option<ReshareRecord>, Error> {
    if !row::can_hold(share) {
        return Ok(None);
    }
    let found = sqlx::query("SELECT * FROM ocm_reshare WHERE share_id = $1")
        .bind(share)
        .fetch_optional(db)
        .await?;
    let Some(found) = found else { return Ok(None) };
    Ok(Some(ReshareRecord {
        share: found.try_get("share_id")?,
        remote_id: found.try_get("remote_id")?,
        secret_sealed: found.try_get("secret_sealed")?,
    }))
}

pub(crate) async fn put(db: &mut PgConnection, reshare: &ReshareRecord) -> Result<(), Error> {
    let put = "INSERT INTO ocm_reshare (share_id, remote_id, secret_sealed) VALUES ($1, $2, $3)
        ON CONFLICT (share_id) DO UPDATE SET remote_id = excluded.remote_id, secret_sealed = excluded.secret_sealed";
    sqlx::query(put)
        .bind(&reshare.share)
        .bind(&reshare.remote_id)
        .bind(&reshare.secret_sealed)
        .execute(db)
        .await?;
    Ok(())
}
