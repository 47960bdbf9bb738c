use nc_store::{KeyRecord, KeyState};
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::{error::Error, row};

pub(crate) async fn list(db: &mut PgConnection) -> Result<Vec<KeyRecord>, Error> {
    let rows = sqlx::query("SELECT * FROM ocm_sign_key ORDER BY created_at, kid")
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn put(db: &mut PgConnection, key: &KeyRecord) -> Result<(), Error> {
    let put = "INSERT INTO ocm_sign_key (kid, algorithm, state, sealed, public, created_at, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kid) DO UPDATE SET algorithm = excluded.algorithm,
        state = excluded.state, sealed = excluded.sealed, public = excluded.public, created_at = excluded.created_at,
        changed_at = excluded.changed_at";
    sqlx::query(put)
        .bind(&key.kid)
        .bind(&key.algorithm)
        .bind(key.state.word())
        .bind(&key.sealed)
        .bind(&key.public)
        .bind(key.created_at)
        .bind(key.changed_at)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) async fn delete(db: &mut PgConnection, kid: &str) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM ocm_sign_key WHERE kid = $1")
        .bind(kid)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn read(row: &PgRow) -> Result<KeyRecord, Error> {
    Ok(KeyRecord {
        kid: row.try_get("kid")?,
        algorithm: row.try_get("algorithm")?,
        state: row::word(row, "state", KeyState::from_word)?,
        sealed: row.try_get("sealed")?,
        public: row.try_get("public")?,
        created_at: row.try_get("created_at")?,
        changed_at: row.try_get("changed_at")?,
    })
}
