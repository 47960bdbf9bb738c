use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use nc_store::Sealer;
use nc_store_postgres::PostgresStore;
use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use zeroize::Zeroizing;

/// A server on which schemas may be made.
pub(crate) struct Server(String);

impl Server {
    /// The one of the environment.
    #[expect(
        clippy::disallowed_methods,
        reason = "the stage tells by the environment where its server is"
    )]
    pub(crate) fn find() -> Option<Self> {
        std::env::var("TEST_POSTGRES_URL").ok().map(Self)
    }

    /// A schema of its own in the server's database; its address.
    pub(crate) async fn schema(&self) -> SecretString {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("store_{}_{number}", std::process::id());
        let create = AssertSqlSafe(format!("CREATE SCHEMA {name}"));
        let mut connection = PgConnection::connect(&self.0).await.expect("a connection");
        sqlx::query(create).execute(&mut connection).await.expect("a schema");
        connection.close().await.expect("closed");
        let joint = if self.0.contains('?') { '&' } else { '?' };
        format!("{}{joint}options[search_path]={name}", self.0).into()
    }
}

pub(crate) fn sealer(keys: &[u8]) -> Arc<Sealer> {
    let keys: Vec<_> = keys.iter().map(|byte| Zeroizing::new([*byte; 32])).collect();
    Arc::new(Sealer::new(&keys).expect("keys"))
}

pub(crate) async fn open(address: &SecretString) -> PostgresStore {
    PostgresStore::open(address, sealer(&[1])).await.expect("a store")
}

/// What somebody does who can write the database.
pub(crate) async fn shell(address: &SecretString, statements: &[&str]) {
    use secrecy::ExposeSecret as _;

    let mut connection = PgConnection::connect(address.expose_secret())
        .await
        .expect("a connection");
    for statement in statements {
        let statement = AssertSqlSafe((*statement).to_owned());
        sqlx::query(statement).execute(&mut connection).await.expect("done");
    }
    connection.close().await.expect("closed");
}
