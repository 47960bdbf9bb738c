use nc_store::{KeyRecord, KeyState};
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use crate::{error::Error, row};

/// Whose keys. Each ring has a table of its own, with the same columns.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ring {
    /// Of the authorization server.
    Provider,
    /// Of Open Cloud Mesh.
    Federation,
}

/// One text for both tables, complete when this is compiled.
macro_rules! put_into {
    ($table:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " (kid, algorithm, state, sealed, public, created_at, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kid) DO UPDATE SET algorithm = excluded.algorithm,
        state = excluded.state, sealed = excluded.sealed, public = excluded.public, created_at = excluded.created_at,
        changed_at = excluded.changed_at"
        )
    };
}

pub(crate) async fn list(db: &mut PgConnection, ring: Ring) -> Result<Vec<KeyRecord>, Error> {
    let list = match ring {
        Ring::Provider => "SELECT * FROM signing_keys ORDER BY created_at, kid",
        Ring::Federation => "SELECT * FROM ocm_sign_key ORDER BY created_at, kid",
    };
    let rows = sqlx::query(list).fetch_all(db).await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn put(db: &mut PgConnection, ring: Ring, key: &KeyRecord) -> Result<(), Error> {
    let put = match ring {
        Ring::Provider => put_into!("signing_keys"),
        Ring::Federation => put_into!("ocm_sign_key"),
    };
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

pub(crate) async fn delete(db: &mut PgConnection, ring: Ring, kid: &str) -> Result<bool, Error> {
    let delete = match ring {
        Ring::Provider => "DELETE FROM signing_keys WHERE kid = $1",
        Ring::Federation => "DELETE FROM ocm_sign_key WHERE kid = $1",
    };
    let done = sqlx::query(delete).bind(kid).execute(db).await?;
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
