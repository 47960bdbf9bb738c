//! What is particular to PostgreSQL: several servers, other people's databases, backups, damage.

use std::{process::Command, sync::Arc, time::Duration};

use nc_store::{ClientKind, Digest, Lookup as _, NewClient, Store as _, StoreError, TicketKind, TicketRecord};
use nc_store_postgres::PostgresStore;
use secrecy::ExposeSecret as _;

use crate::server::{Server, open, sealer, shell};

fn client(id: &str) -> NewClient {
    NewClient {
        client_id: id.into(),
        kind: ClientKind::Admin,
        document: "{\"name\":\"Zoë\\tand \\\\ a line\\nbreak\"}".into(),
        secret: Some(Digest::of("secret")),
        registration_token: None,
        created_at: 1,
        expires_at: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_servers_may_open_a_new_database_at_the_same_moment() {
    let Some(server) = Server::find() else { return };
    let address = server.schema().await;
    let opened = (0..4).map(|_| {
        let address = address.clone();
        tokio::spawn(async move { PostgresStore::open(&address, sealer(&[1])).await })
    });
    for store in opened.collect::<Vec<_>>() {
        store.await.expect("a task").expect("a store");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_of_two_servers_are_serialised() {
    let Some(server) = Server::find() else { return };
    let address = server.schema().await;
    let (one, other) = (open(&address).await, open(&address).await);
    let ticket = TicketRecord {
        kind: TicketKind::AuthorizeRequest,
        key: Digest::of("ticket"),
        document: "{}".into(),
        expires_at: 9,
    };
    let unit = one.begin().await.expect("a unit");
    unit.put_ticket(&ticket).await.expect("put");
    unit.commit().await.expect("committed");

    let first = one.begin().await.expect("a unit");
    let (kind, key) = (ticket.kind, ticket.key);
    assert!(first.take_ticket(kind, key, 1).await.expect("taken").is_some());
    let second = tokio::spawn(async move {
        let unit = other.begin().await.expect("a unit");
        unit.take_ticket(kind, key, 1).await.expect("asked").is_some()
    });
    // A store that lets the second begin does so well within this time; one that does not passes however slow it is.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!second.is_finished(), "two units at a time");
    first.commit().await.expect("committed");
    assert!(!second.await.expect("a task"), "a ticket was taken twice");
}

#[tokio::test]
async fn the_database_of_another_program_is_left_alone() {
    let Some(server) = Server::find() else { return };
    let address = server.schema().await;
    let theirs = [
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "CREATE TABLE refresh_tokens (user_id TEXT)",
    ];
    shell(&address, &theirs).await;
    let error = PostgresStore::open(&address, sealer(&[1])).await.expect_err("refused");
    let StoreError::Backend(cause) = error else {
        panic!("{error:?}")
    };
    assert!(cause.to_string().contains("credentials import"), "{cause}");
    shell(&address, &["DROP TABLE alembic_version", "DROP TABLE refresh_tokens"]).await;
    open(&address).await;
}

#[tokio::test]
async fn a_backup_is_put_back_by_psql_and_is_for_its_owner_only() {
    let Some(server) = Server::find() else { return };
    let (address, empty) = (server.schema().await, server.schema().await);
    let store = open(&address).await;
    let unit = store.begin().await.expect("a unit");
    unit.insert_client(&client("first")).await.expect("stored");
    unit.insert_client(&client("second")).await.expect("stored");
    unit.delete_client("second").await.expect("deleted");
    let subject = unit
        .get_subject("https://cloud", "ann", "s1", 1)
        .await
        .expect("a subject");
    unit.commit().await.expect("committed");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("copy.sql");
    store.back_up(&file).await.expect("a copy");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // `psql` names the option otherwise.
    let (base, schema) = empty
        .expose_secret()
        .split_once("options[search_path]=")
        .expect("a schema");
    let target = format!("{base}options=-csearch_path%3D{schema}");
    let run = Command::new("psql")
        .args([
            "--quiet",
            "--no-psqlrc",
            "--set",
            "ON_ERROR_STOP=1",
            "--single-transaction",
            "--file",
        ])
        .arg(&file)
        .arg(target)
        .output()
        .expect("psql runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let copy = open(&empty).await;
    let found = copy.find_client("first").await.expect("read").expect("there");
    assert_eq!(found.document, client("first").document);
    assert_eq!(
        copy.find_subject("https://cloud", "ann").await.expect("read"),
        Some(subject)
    );
    let unit = copy.begin().await.expect("a unit");
    let number = unit.insert_client(&client("third")).await.expect("stored");
    assert_eq!(number, 3, "the number of a deleted client is not used again");
}

#[tokio::test]
async fn damaged_rows_are_told_from_missing_ones() {
    let Some(server) = Server::find() else { return };
    let address = server.schema().await;
    let store = Arc::new(open(&address).await);
    let unit = store.begin().await.expect("a unit");
    unit.insert_client(&client("client")).await.expect("stored");
    unit.commit().await.expect("committed");
    for (damage, column) in [
        ("UPDATE clients SET kind = 'x'", "kind"),
        ("UPDATE clients SET kind = 'admin', secret = '\\x0102'", "secret"),
    ] {
        shell(&address, &[damage]).await;
        let found = store.find_client("client").await;
        assert!(
            matches!(found, Err(StoreError::Damaged(what)) if what == column),
            "{found:?}"
        );
    }
}
