//! Databases from before Open Cloud Mesh, and from before its tokens.

use std::{path::Path, sync::Arc};

use nc_store::{FederationLookup as _, Lookup as _, ReshareRecord, Sealer, Store as _};
use nc_store_sqlite::SqliteStore;
use sqlx::{
    Connection as _, SqliteConnection,
    migrate::{Migrate as _, Migrator},
    sqlite::SqliteConnectOptions,
};
use zeroize::Zeroizing;

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// A database as it was when the schema had this number, with rows of that time.
async fn old(path: &Path, version: i64, rows: &[&'static str]) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("done");
    connection
        .ensure_migrations_table("_sqlx_migrations")
        .await
        .expect("done");
    for migration in MIGRATOR.iter().filter(|migration| migration.version <= version) {
        connection.apply("_sqlx_migrations", migration).await.expect("done");
    }
    for row in rows {
        sqlx::query(*row).execute(&mut connection).await.expect("done");
    }
    connection.close().await.expect("done");
}

async fn open(path: &Path) -> SqliteStore {
    let sealer = Arc::new(Sealer::new(&[Zeroizing::new([1; 32])]).expect("done"));
    SqliteStore::open(path, sealer).await.expect("done")
}

#[tokio::test]
async fn a_database_from_before_open_cloud_mesh_opens_and_gets_its_tables() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("provider.db");
    old(&path, 4, &["INSERT INTO settings (key, value) VALUES ('a', 'b')"]).await;
    let store = open(&path).await;
    assert_eq!(store.find_setting("a").await.unwrap().as_deref(), Some("b"));
    assert!(store.list_peers().await.unwrap().is_empty());
    assert!(store.list_out_shares("alice").await.unwrap().is_empty());
    assert!(store.find_issued_token("jti").await.unwrap().is_none());
}

#[tokio::test]
async fn shares_from_before_tokens_keep_their_secret_and_have_no_token() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("provider.db");
    let rows = [
        "INSERT INTO ocm_out_share (id, owner, node, recipient_host, secret, state, document, created_at)
            VALUES ('out', 'alice', 7, 'other.example', zeroblob(32), 'live', '{}', 1)",
        "INSERT INTO ocm_reshare (share_id, remote_id) VALUES ('out', 'there')",
        "INSERT INTO ocm_in_share (id, sender_host, provider_id, share_type, recipient, state, document, secret_sealed,
            created_at) VALUES ('in', 'other.example', 'p', 'user', 'bob', 'accepted', '{}', x'0102', 1)",
        "INSERT INTO ocm_in_share_member (share_id, user_id, state, mount_point) VALUES ('in', 'bob', 'accepted', 'X')",
    ];
    old(&path, 5, &rows).await;
    let store = open(&path).await;
    let share = store.find_in_share("in").await.unwrap().unwrap();
    assert_eq!(share.secret_sealed.as_deref(), Some(&[1, 2][..]));
    assert_eq!((&share.token_sealed, share.token_expires_at), (&None, None));
    assert_eq!((share.token_generation, share.failures), (0, 0));
    assert_eq!((share.lease_until, share.backoff_until), (None, None));
    assert_eq!(store.list_in_shares_of("bob").await.unwrap().len(), 1);
    assert!(store.list_live_tokens("out", 0).await.unwrap().is_empty());

    let before = ReshareRecord {
        share: "out".to_owned(),
        remote_id: "there".to_owned(),
        secret_sealed: None,
    };
    assert_eq!(store.find_reshare("out").await.unwrap(), Some(before.clone()));
    let now = ReshareRecord {
        secret_sealed: Some(vec![3]),
        ..before
    };
    let unit = store.begin().await.unwrap();
    unit.put_reshare(&now).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(store.find_reshare("out").await.unwrap(), Some(now));
}
