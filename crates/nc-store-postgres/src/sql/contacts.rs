use nc_store::ContactRecord;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::{error::Error, row};

pub(crate) async fn find(
    db: &mut PgConnection,
    owner: &str,
    host: &str,
    user: &str,
) -> Result<Option<ContactRecord>, Error> {
    if !row::can_hold(host) || !row::can_hold(user) {
        return Ok(None);
    }
    let found = sqlx::query("SELECT * FROM ocm_contact WHERE owner = $1 AND host = $2 AND user_id = $3")
        .bind(owner)
        .bind(host)
        .bind(user)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list(db: &mut PgConnection, owner: &str) -> Result<Vec<ContactRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM ocm_contact WHERE owner = $1 ORDER BY host, user_id")
        .bind(owner)
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn put(db: &mut PgConnection, contact: &ContactRecord) -> Result<(), Error> {
    let put = "INSERT INTO ocm_contact (owner, host, user_id, document, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (owner, host, user_id) DO UPDATE SET document = excluded.document, created_at = excluded.created_at";
    sqlx::query(put)
        .bind(&contact.owner)
        .bind(&contact.host)
        .bind(&contact.user)
        .bind(&contact.document)
        .bind(contact.created_at)
        .execute(db)
        .await?;
    Ok(())
}

fn read(row: &PgRow) -> Result<ContactRecord, Error> {
    Ok(ContactRecord {
        owner: row.try_get("owner")?,
        host: row.try_get("host")?,
        user: row.try_get("user_id")?,
        document: row.try_get("document")?,
        created_at: row.try_get("created_at")?,
    })
}
