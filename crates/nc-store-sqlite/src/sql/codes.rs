use nc_store::{CodeRecord, Digest, SpentCode};
use sqlx::{Row as _, SqliteConnection};

use crate::{batch::Batch, error::Error, row};

pub(crate) fn insert(batch: &mut Batch, code: &CodeRecord) -> Result<(), Error> {
    batch
        .add("INSERT INTO codes (code, grant_id, document, expires_at) VALUES (?, ?, ?, ?)")
        .bind(row::bytes(&code.code))?
        .bind(&code.grant)?
        .bind(&code.document)?
        .bind(code.expires_at)?;
    Ok(())
}

pub(crate) async fn spend(db: &mut SqliteConnection, code: Digest) -> Result<Option<SpentCode>, Error> {
    let spent = sqlx::query("UPDATE codes SET spent = spent + 1 WHERE code = ? RETURNING *")
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
