use nc_store::{AuditEnd, WhichEnd};
use sqlx::{PgConnection, Row as _};

use crate::error::Error;

pub(crate) async fn find(db: &mut PgConnection, which: WhichEnd) -> Result<Option<AuditEnd>, Error> {
    let row = sqlx::query("SELECT * FROM audit_ends WHERE which = $1")
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

pub(crate) async fn put(db: &mut PgConnection, which: WhichEnd, end: &AuditEnd) -> Result<(), Error> {
    let put = "INSERT INTO audit_ends (which, number, tag, seal) VALUES ($1, $2, $3, $4)
        ON CONFLICT (which) DO UPDATE SET number = excluded.number, tag = excluded.tag, seal = excluded.seal";
    sqlx::query(put)
        .bind(which.word())
        .bind(end.number)
        .bind(&end.tag)
        .bind(&end.seal)
        .execute(db)
        .await?;
    Ok(())
}
