//! What is particular to SQLite: files, rights, damage.

use std::{path::Path, pin::Pin, sync::Arc, task::Poll, time::Duration};

use nc_store::{
    ClientKind, Digest, GrantRecord, KeyRecord, KeyState, Lookup as _, NewClient, RefreshState, RefreshTokenRecord,
    Sealer, Store as _, StoreError, Unit,
};
use nc_store_sqlite::SqliteStore;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use zeroize::Zeroizing;

fn sealer() -> Arc<Sealer> {
    Arc::new(Sealer::new(&[Zeroizing::new([1; 32])]).expect("a key"))
}

async fn open(dir: &Path) -> SqliteStore {
    SqliteStore::open(&dir.join("provider.db"), sealer())
        .await
        .expect("a store")
}

/// A second process that looks into the database.
async fn shell(dir: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(dir.join("provider.db"));
    SqliteConnection::connect_with(&options).await.expect("a connection")
}

fn client() -> NewClient {
    NewClient {
        client_id: "client".into(),
        kind: ClientKind::Admin,
        document: "{}".into(),
        secret: Some(Digest::of("secret")),
        registration_token: None,
        created_at: 1,
        expires_at: None,
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_database_and_its_backup_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let unit = store.begin().await.unwrap();
    unit.insert_client(&client()).await.unwrap();
    unit.commit().await.unwrap();
    store.back_up(&dir.path().join("copy.db")).await.unwrap();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.path());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort_unstable();
    assert_eq!(names, ["copy.db", "provider.db", "provider.db-shm", "provider.db-wal"]);
}

#[tokio::test]
async fn a_backup_opens_as_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let unit = store.begin().await.unwrap();
    let number = unit.insert_client(&client()).await.unwrap();
    unit.commit().await.unwrap();
    let target = dir.path().join("it's a copy.db");
    store.back_up(&target).await.unwrap();
    let copy = SqliteStore::open(&target, sealer()).await.unwrap();
    assert_eq!(copy.find_client("client").await.unwrap().unwrap().number, number);
}

#[tokio::test]
async fn a_backup_into_a_folder_that_is_not_there_fails() {
    let dir = tempfile::tempdir().unwrap();
    let result = open(dir.path()).await.back_up(&dir.path().join("none/copy.db")).await;
    assert!(matches!(result, Err(StoreError::Backend(_))), "{result:?}");
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let unit = store.begin().await.unwrap();
    unit.insert_client(&client()).await.unwrap();
    unit.commit().await.unwrap();
    store.close().await;
    let again = open(dir.path()).await;
    assert!(again.find_client("client").await.unwrap().is_some());
}

#[tokio::test]
async fn a_second_process_writes_beside_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let server = open(dir.path()).await;
    let command_line = open(dir.path()).await;
    let unit = command_line.begin().await.unwrap();
    unit.put_setting("expire_time", Some("900")).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(
        server.find_setting("expire_time").await.unwrap().as_deref(),
        Some("900")
    );
}

#[tokio::test]
async fn a_unit_that_was_given_up_does_not_keep_other_processes_from_writing() {
    let dir = tempfile::tempdir().unwrap();
    let server = open(dir.path()).await;
    let unit = server.begin().await.unwrap();
    unit.put_setting("expire_time", Some("900")).await.unwrap();
    drop(unit);
    // The server does nothing more, but the lock must be free within the five seconds that this waits.
    let mut shell = shell(dir.path()).await;
    let change = "INSERT INTO settings (key, value) VALUES ('expire_time', '60')";
    sqlx::query(change).execute(&mut shell).await.unwrap();
    assert_eq!(server.find_setting("expire_time").await.unwrap().as_deref(), Some("60"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_nobody_waits_for_is_made_wholly_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    for turn in 0..50_u64 {
        let unit = store.begin().await.unwrap();
        let made = NewClient {
            client_id: format!("client {turn}"),
            ..client()
        };
        unit.insert_client(&made).await.unwrap();
        unit.note_client_use(&made.client_id, 7, None).await.unwrap();
        let waited = tokio::time::timeout(Duration::from_micros(turn * 10), unit.commit()).await;
        let unit = store.begin().await.unwrap();
        let found = unit.find_client(&made.client_id).await.unwrap();
        assert!(
            found.as_ref().is_none_or(|client| client.last_token_at == Some(7)),
            "{turn}"
        );
        assert!(found.is_some() || waited.is_err(), "what was acknowledged is there");
        unit.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_closed_store_answers_with_errors() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let unit = store.begin().await.unwrap();
    unit.put_setting("expire_time", Some("900")).await.unwrap();
    tokio::join!(store.close(), async { unit.commit().await.unwrap() });
    assert!(store.find_setting("expire_time").await.is_err());
    assert!(store.begin().await.is_err());
    assert!(
        !dir.path().join("provider.db-wal").exists(),
        "the last connection tidied up"
    );
    let again = open(dir.path()).await;
    assert_eq!(again.find_setting("expire_time").await.unwrap().as_deref(), Some("900"));
}

#[tokio::test]
async fn the_database_of_another_program_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("provider.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut theirs = SqliteConnection::connect_with(&options).await.unwrap();
    for table in [
        "CREATE TABLE alembic_version (version_num TEXT)",
        "CREATE TABLE refresh_tokens (user_id TEXT)",
    ] {
        sqlx::query(table).execute(&mut theirs).await.unwrap();
    }
    let error = SqliteStore::open(&path, sealer()).await.unwrap_err();
    let StoreError::Backend(cause) = error else {
        panic!("{error:?}")
    };
    assert!(cause.to_string().contains("credentials import"), "{cause}");
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE type = 'table'")
        .fetch_one(&mut theirs)
        .await
        .unwrap();
    assert_eq!(tables, 2, "nothing was added");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_may_open_a_new_database_at_the_same_moment() {
    for _ in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("provider.db");
        let opened = (0..8).map(|_| {
            let path = path.clone();
            tokio::spawn(async move { SqliteStore::open(&path, sealer()).await })
        });
        for store in opened.collect::<Vec<_>>() {
            store.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn damaged_rows_are_told_from_missing_ones() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let key = Digest::of("key");
    let unit = store.begin().await.unwrap();
    unit.insert_client(&client()).await.unwrap();
    let grant = GrantRecord {
        id: "grant".into(),
        subject: Some("alice".into()),
        client_id: "client".into(),
        sid: None,
        document: "{}".into(),
        created_at: 1,
        revoked_at: None,
    };
    unit.insert_grant(&grant).await.unwrap();
    let refresh = RefreshTokenRecord {
        token: key,
        grant: grant.id.clone(),
        parent: None,
        state: RefreshState::Live,
        spent_at: None,
        successor: None,
        document: "{}".into(),
        expires_at: 9,
    };
    unit.insert_refresh_token(&refresh).await.unwrap();
    let signing = KeyRecord {
        kid: "kid".into(),
        algorithm: "ES256".into(),
        state: KeyState::Active,
        sealed: vec![1],
        public: "{}".into(),
        created_at: 1,
        changed_at: 1,
    };
    unit.put_key(&signing).await.unwrap();
    unit.commit().await.unwrap();

    let mut shell = shell(dir.path()).await;
    for damage in [
        "UPDATE clients SET kind = 'x'",
        "UPDATE refresh_tokens SET parent = x'00'",
        "UPDATE signing_keys SET state = ''",
    ] {
        sqlx::query(damage).execute(&mut shell).await.unwrap();
    }
    assert!(matches!(
        store.find_client("client").await,
        Err(StoreError::Damaged("kind"))
    ));
    assert!(matches!(
        store.list_clients(0, 9).await,
        Err(StoreError::Damaged("kind"))
    ));
    assert!(matches!(
        store.find_refresh_token(key).await,
        Err(StoreError::Damaged("parent"))
    ));
    assert!(matches!(store.list_keys().await, Err(StoreError::Damaged("state"))));
    let repair = "UPDATE clients SET kind = 'admin', secret = x'0102'";
    sqlx::query(repair).execute(&mut shell).await.unwrap();
    assert!(matches!(
        store.find_client("client").await,
        Err(StoreError::Damaged("secret"))
    ));
}

/// Every statement that looks something up or sweeps uses an index, so that none gets slow with many rows.
#[tokio::test]
async fn no_lookup_reads_a_whole_table() {
    let dir = tempfile::tempdir().unwrap();
    let _store = open(dir.path()).await;
    let mut shell = shell(dir.path()).await;
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/sql")).unwrap() {
        sources.push(std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    // Small, or looked through whole on purpose.
    let whole = [
        "SELECT * FROM resources ORDER BY",
        "SELECT * FROM signing_keys",
        "SELECT * FROM ocm_sign_key",
        "SELECT * FROM ocm_peer ORDER BY",
        "SELECT key, value",
        "SELECT seq FROM sqlite_sequence",
        "DELETE FROM grants",
    ];
    let mut checked = 0;
    for source in &sources {
        for literal in source.split('"').skip(1).step_by(2) {
            let verb = literal.split(' ').next().unwrap();
            if !["SELECT", "UPDATE", "DELETE"].contains(&verb) || whole.iter().any(|whole| literal.starts_with(whole)) {
                continue;
            }
            let plan = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {literal}"));
            let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(plan).fetch_all(&mut shell).await.unwrap();
            for (.., step) in steps {
                assert!(
                    !step.starts_with("SCAN") || step.contains("USING INDEX"),
                    "{literal}: {step}"
                );
            }
            checked += 1;
        }
    }
    assert!(checked > 75, "{checked}");
}

/// Those that share a transaction with them, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commits_that_nobody_waits_for_take_nothing_of_others_with_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(dir.path()).await);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..12_u64 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for turn in 0..40 {
                let unit = store.begin().await.unwrap();
                let made = NewClient {
                    client_id: format!("client {number} {turn}"),
                    ..client()
                };
                if turn % 3 == 0 {
                    unit.find_setting("a question").await.unwrap();
                }
                unit.insert_client(&made).await.unwrap();
                unit.note_client_use(&made.client_id, 7, None).await.unwrap();
                let waited = if number % 3 == 0 {
                    let patience = Duration::from_micros((turn * 97 + number * 31) % 3000);
                    tokio::time::timeout(patience, unit.commit()).await.ok()
                } else {
                    Some(unit.commit().await)
                };
                let found = store.find_client(&made.client_id).await.unwrap();
                assert!(
                    found.as_ref().is_none_or(|client| client.last_token_at == Some(7)),
                    "half"
                );
                if let Some(told) = waited {
                    told.unwrap();
                    assert!(found.is_some(), "what was acknowledged is there");
                }
            }
        });
    }
    tasks.join_all().await;
    let unit = store.begin().await.unwrap();
    unit.commit().await.unwrap();
}

#[tokio::test]
async fn a_commit_that_was_given_up_after_it_reached_the_database_does_not_fail_others() {
    /// Lets something begin. Whether it goes on.
    async fn begin<T>(work: &mut (impl Future<Output = T> + Unpin)) -> bool {
        std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut *work).poll(context).is_pending())).await
    }
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(dir.path()).await);
    let first = store.begin().await.unwrap();
    first.put_setting("first", Some("value")).await.unwrap();
    let mut second = store.begin();
    assert!(begin(&mut second).await, "it waits");
    let first = tokio::spawn(first.commit());
    let second = second.await.unwrap();
    second.put_setting("second", Some("value")).await.unwrap();
    let mut third = store.begin();
    assert!(begin(&mut third).await, "it waits");
    let mut commit = second.commit();
    assert!(begin(&mut commit).await, "it waits for the database");
    // The database needs less time than this; if it does not, the commit is given up earlier than this wants to see.
    std::thread::sleep(Duration::from_millis(100));
    drop(commit);
    let third = third.await.unwrap();
    third.put_setting("third", Some("value")).await.unwrap();
    third.commit().await.unwrap();
    first.await.unwrap().unwrap();
    for key in ["first", "third"] {
        assert!(store.find_setting(key).await.unwrap().is_some(), "{key}");
    }
}

/// How many transactions the log holds: the last frame of each says how large the database is then.
fn logged_commits(dir: &Path) -> usize {
    let log = std::fs::read(dir.join("provider.db-wal")).expect("the log");
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().expect("four bytes"));
    let (first, frame) = (32, 24 + number(8) as usize);
    (first..log.len())
        .step_by(frame)
        .filter(|at| number(at + 4) > 0)
        .count()
}

#[tokio::test]
async fn units_that_wait_for_each_other_share_a_transaction() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let put = async |key: &str, unit: Option<Box<dyn Unit>>| {
        let unit = match unit {
            Some(unit) => unit,
            None => store.begin().await.unwrap(),
        };
        unit.put_setting(key, Some("value")).await.unwrap();
        unit.commit().await.unwrap();
        assert!(
            store.find_setting(key).await.unwrap().is_some(),
            "{key} was told to be made"
        );
    };
    let before = logged_commits(dir.path());
    let first = store.begin().await.unwrap();
    // The others wait before the first ends: it is asked last to go on.
    tokio::join!(put("a", None), put("b", None), put("c", None), put("d", Some(first)));
    assert_eq!(store.list_settings().await.unwrap().len(), 4);
    assert_eq!(logged_commits(dir.path()), before + 1);
    put("e", None).await;
    assert_eq!(logged_commits(dir.path()), before + 2, "alone again");
}
