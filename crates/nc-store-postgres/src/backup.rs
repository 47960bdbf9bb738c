//! A copy as a script that `psql` runs: the schema, then the rows, as they are at one moment.

use std::{fs::OpenOptions, path::Path};

use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Postgres, Row as _, Transaction};
use tokio::io::{AsyncWriteExt as _, BufWriter};

use crate::{connections::MIGRATOR, error::Error};

/// In the order in which rows can be put back: what is referred to comes first.
const TABLES: &[&str] = &[
    "clients",
    "resources",
    "tickets",
    "grants",
    "codes",
    "refresh_tokens",
    "access_tokens",
    "consents",
    "consent_scopes",
    "signing_keys",
    "sessions",
    "logout_notices",
    "subjects",
    "settings",
    "audit",
    "audit_ends",
    "credentials",
    "ocm_out_share",
    "ocm_issued_token",
    "ocm_reshare",
    "ocm_in_share",
    "ocm_in_share_member",
    "ocm_peer",
    "ocm_sign_key",
    "ocm_outbox",
    "ocm_contact",
    "_sqlx_migrations",
];

/// Those whose numbers the database gives.
const NUMBERED: &[&str] = &[
    "clients",
    "grants",
    "consents",
    "logout_notices",
    "credentials",
    "ocm_out_share",
    "ocm_in_share",
    "ocm_outbox",
];

/// What the migrations are noted in.
const MIGRATIONS: &str = "CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
    success BOOLEAN NOT NULL,
    checksum BYTEA NOT NULL,
    execution_time BIGINT NOT NULL
);
";

/// Writes a file that is not there yet, for its owner only.
pub(crate) async fn write(moment: Transaction<'static, Postgres>, target: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(target)?;
    let written = write_into(moment, tokio::fs::File::from_std(file)).await;
    if written.is_err() {
        // Half a copy must not be taken for one.
        let _ = std::fs::remove_file(target);
    }
    written
}

async fn write_into(mut moment: Transaction<'static, Postgres>, file: tokio::fs::File) -> Result<(), Error> {
    let mut file = BufWriter::new(file);
    let say = "-- A copy of the database of nextcloud-mcp. Put it back into an empty database:\n\
        --   psql --set ON_ERROR_STOP=1 --single-transaction --file THIS_FILE DATABASE\n\
        SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n\n";
    file.write_all(say.as_bytes()).await?;
    for migration in MIGRATOR.iter() {
        file.write_all(migration.sql.as_str().as_bytes()).await?;
        file.write_all(b"\n").await?;
    }
    file.write_all(MIGRATIONS.as_bytes()).await?;
    for table in TABLES {
        let columns = columns(&mut moment, table).await?;
        let copy = format!("COPY {table} ({columns})");
        file.write_all(format!("\n{copy} FROM stdin;\n").as_bytes()).await?;
        let mut rows = moment.copy_out_raw(&format!("{copy} TO STDOUT")).await?;
        while let Some(bytes) = rows.try_next().await? {
            file.write_all(&bytes).await?;
        }
        drop(rows);
        file.write_all(b"\\.\n").await?;
    }
    for table in NUMBERED {
        // Numbers of deleted rows are not used again.
        let sequence: String = sqlx::query_scalar("SELECT pg_get_serial_sequence($1, 'number')")
            .bind(table)
            .fetch_one(&mut *moment)
            .await?;
        let state = AssertSqlSafe(format!("SELECT last_value, is_called FROM {sequence}"));
        let state = sqlx::query(state).fetch_one(&mut *moment).await?;
        let (last, is_called): (i64, bool) = (state.try_get(0)?, state.try_get(1)?);
        let set = format!("SELECT setval(pg_get_serial_sequence('{table}', 'number'), {last}, {is_called});\n");
        file.write_all(set.as_bytes()).await?;
    }
    file.flush().await?;
    Ok(file.into_inner().sync_all().await?)
}

async fn columns(moment: &mut Transaction<'static, Postgres>, table: &str) -> Result<String, Error> {
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT attname::text FROM pg_attribute
            WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
    )
    .bind(table)
    .fetch_all(&mut **moment)
    .await?;
    Ok(columns.join(", "))
}
