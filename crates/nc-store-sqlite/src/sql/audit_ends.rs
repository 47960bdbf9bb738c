use nc_store::{AuditEnd, WhichEnd};
use sqlx::{Row as _, SqliteConnection};

use crate::{batch::Batch, error::Error};

pub(crate) async fn find(db: &mut SqliteConnection, which: WhichEnd) -> Result<Option<AuditEnd>, Error> {
    let row = sqlx::query("SELECT * FROM audit_ends WHERE which = ?")
        .bind(which.word())
        .fetch_optional(db)
        .await?;
    let end = row.map(|row| {
        Ok(AuditEnd {
            number: row.try_get("number")?,
            tag: row.try_get("tag")?,
            seal: row.try_get("seal")?,
        })
    });
    end.transpose()
}

pub(crate) fn put(batch: &mut Batch, which: WhichEnd, end: &AuditEnd) -> Result<(), Error> {
    let put = "INSERT INTO audit_ends (which, number, tag, seal) VALUES (?, ?, ?, ?)
        ON CONFLICT (which) DO UPDATE SET number = excluded.number, tag = excluded.tag, seal = excluded.seal";
    batch
        .add(put)
        .bind(which.word())?
        .bind(end.number)?
        .bind(&end.tag)?
        .bind(&end.seal)?;
    Ok(())
}
