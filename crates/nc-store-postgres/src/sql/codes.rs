use nc_store::{CodeRecord, Digest, SpentCode};
use sqlx::{PgConnection, Row as _};

use crate::{error::Error, row};

pub(crate) async fn insert(db: &mut PgConnection, code: &CodeRecord) -> Result<(), Error> {
    sqlx::query("INSERT INTO codes (code, grant_id, document, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(row::bytes(&code.code))
        .bind(&code.grant)
        .bind(&code.document)
        .bind(code.expires_at)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) async fn spend(db: &mut PgConnection, code: Digest) -> Result<Option<SpentCode>, Error> {
    let spent = sqlx::query("UPDATE codes SET spent = spent + 1 WHERE code = $1 RETURNING *")
        .bind(row::bytes(&code))
        .fetch_optional(db)
        .await?;
    let Some(row) = spent else { return Ok(None) };
    let times: i64 = row.try_get("spent")?;
    let record = CodeRecord {
        code,
        grant: row.try_get("grant_id")?,
        document: row.try_get("document")?,
        expires_at: row.try_get("expires_at")?,
    };
    Ok(Some(SpentCode {
        record,
        again: times > 1,
    }))
}
