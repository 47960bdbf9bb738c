use std::{str::FromStr as _, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    PgPool, Postgres, Transaction,
    migrate::Migrator,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};
use url::Url;

use crate::error::Error;

/// Brings the schema up to date.
pub(crate) static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Most connections that answer questions. With the one that writes, each server has one more.
const MOST_READERS: u32 = 8;

/// How long a question waits for a connection, and a unit for the units before it.
const PATIENCE: Duration = Duration::from_secs(15);

/// Names the lock of units among the advisory locks of a database.
const UNITS: i32 = 0x6e63_6d63;

/// One connection that writes, several that read.
#[derive(Debug)]
pub(crate) struct Connections {
    reader: PgPool,
    writer: PgPool,
}

impl Connections {
    /// Opens the database at `address` and brings its schema up to date.
    pub(crate) async fn open(address: &SecretString) -> Result<Self, Error> {
        let options = options(address)?;
        let writer = pool(1).connect_with(options.clone()).await?;
        let is_foreign: bool = sqlx::query_scalar("SELECT to_regclass('alembic_version') IS NOT NULL")
            .fetch_one(&writer)
            .await?;
        if is_foreign {
            return Err(Error::Foreign);
        }
        // It takes a lock of its own: several servers may start at the same moment.
        MIGRATOR.run(&writer).await?;
        let reader = pool(MOST_READERS).connect_lazy_with(options);
        Ok(Self { reader, writer })
    }

    /// A connection that only reads; each statement sees the last committed state.
    pub(crate) async fn read(&self) -> Result<PoolConnection<Postgres>, Error> {
        Ok(self.reader.acquire().await?)
    }

    /// Begins to read at one moment: all statements see the same state.
    pub(crate) async fn read_moment(&self) -> Result<Transaction<'static, Postgres>, Error> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Ok(self.reader.begin_with(begin).await?)
    }

    /// Begins the one unit at a time, of all servers. Dropped without `commit`, it leaves nothing behind.
    ///
    /// Each statement sees what was committed before it, and nobody commits while the lock is held. Within a server units
    /// wait for their one connection, so that they do not use up those of the database while they wait.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Postgres>, Error> {
        let mut unit = self.writer.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1, hashtext(current_schema()))")
            .bind(UNITS)
            .execute(&mut *unit)
            .await?;
        Ok(unit)
    }

    /// Waits for work under way, then closes every connection.
    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Beyond this machine the server has to prove its name, unless the address says otherwise: the password and all that people
/// granted pass there.
fn options(address: &SecretString) -> Result<PgConnectOptions, Error> {
    let url = Url::parse(address.expose_secret()).map_err(|_| Error::Address)?;
    let mut options = PgConnectOptions::from_str(address.expose_secret()).map_err(|_| Error::Address)?;
    let says_how = url.query_pairs().any(|(key, _)| key == "sslmode" || key == "ssl-mode");
    if !says_how && !is_here(&options) {
        options = options.ssl_mode(PgSslMode::VerifyFull);
    }
    let patience = format!("{}s", PATIENCE.as_secs());
    Ok(options
        .application_name("nextcloud-mcp")
        .options([("lock_timeout", patience.as_str())]))
}

fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host().trim_matches(['[', ']']);
    let is_loopback = host
        .parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    options.get_socket().is_some() || host.starts_with('/') || host == "localhost" || is_loopback
}

fn pool(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(address: &str) -> String {
        let options = options(&address.into()).expect("an address");
        format!("{:?}", options.get_ssl_mode())
    }

    #[test]
    fn a_server_elsewhere_has_to_prove_its_name_unless_the_address_says_otherwise() {
        assert_eq!(mode("postgres://ann:secret@db.example/mcp"), "VerifyFull");
        assert_eq!(mode("postgres://ann:secret@db.example/mcp?sslmode=disable"), "Disable");
        for here in ["localhost", "127.0.0.1:5433", "[::1]"] {
            assert_eq!(mode(&format!("postgres://ann:secret@{here}/mcp")), "Prefer");
        }
        assert_eq!(mode("postgres:///mcp?host=/run/postgresql"), "Prefer");
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_password() {
        for wrong in ["", "provider.db", "postgres://ann:secret@db:port/mcp"] {
            let error = options(&wrong.into()).expect_err("refused").to_string();
            assert!(
                error.contains("postgres://user") && !error.contains("secret"),
                "{error}"
            );
        }
    }
}
