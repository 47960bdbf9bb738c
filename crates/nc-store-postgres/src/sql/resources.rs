use nc_store::ResourceRecord;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::{error::Error, row};

pub(crate) async fn find(db: &mut PgConnection, uri: &str) -> Result<Option<ResourceRecord>, Error> {
    if !row::can_hold(uri) {
        return Ok(None);
    }
    let found = sqlx::query("SELECT * FROM resources WHERE uri = $1")
        .bind(uri)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list(db: &mut PgConnection) -> Result<Vec<ResourceRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM resources ORDER BY uri")
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn put(db: &mut PgConnection, resource: &ResourceRecord) -> Result<(), Error> {
    let put = "INSERT INTO resources (uri, owner, document) VALUES ($1, $2, $3)
        ON CONFLICT (uri) DO UPDATE SET owner = excluded.owner, document = excluded.document";
    sqlx::query(put)
        .bind(&resource.uri)
        .bind(&resource.owner)
        .bind(&resource.document)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) async fn delete(db: &mut PgConnection, uri: &str) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM resources WHERE uri = $1")
        .bind(uri)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn read(row: &PgRow) -> Result<ResourceRecord, Error> {
    Ok(ResourceRecord {
        uri: row.try_get("uri")?,
        owner: row.try_get("owner")?,
        document: row.try_get("document")?,
    })
}
