use nc_store::ResourceRecord;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::error::Error;

pub(crate) async fn find(db: &mut SqliteConnection, uri: &str) -> Result<Option<ResourceRecord>, Error> {
    let found = sqlx::query("SELECT * FROM resources WHERE uri = ?")
        .bind(uri)
        .fetch_optional(db)
        .await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list(db: &mut SqliteConnection) -> Result<Vec<ResourceRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM resources ORDER BY uri")
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn put(db: &mut SqliteConnection, resource: &ResourceRecord) -> Result<(), Error> {
    let put = "INSERT INTO resources (uri, owner, document) VALUES (?, ?, ?)
        ON CONFLICT (uri) DO UPDATE SET owner = excluded.owner, document = excluded.document";
    sqlx::query(put)
        .bind(&resource.uri)
        .bind(&resource.owner)
        .bind(&resource.document)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) async fn delete(db: &mut SqliteConnection, uri: &str) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM resources WHERE uri = ?")
        .bind(uri)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn read(row: &SqliteRow) -> Result<ResourceRecord, Error> {
    Ok(ResourceRecord {
        uri: row.try_get("uri")?,
        owner: row.try_get("owner")?,
        document: row.try_get("document")?,
    })
}
