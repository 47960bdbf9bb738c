//! What somebody does to the audit log who can write the database, but has no sealing key.

use std::{path::Path, sync::Arc};

use nc_store::{AuditRecord, AuditReport, Sealer, Store as _};
use nc_store_sqlite::SqliteStore;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use zeroize::Zeroizing;

async fn open(dir: &Path, keys: &[u8]) -> SqliteStore {
    let keys: Vec<_> = keys.iter().map(|byte| Zeroizing::new([*byte; 32])).collect();
    let sealer = Arc::new(Sealer::new(&keys).expect("keys"));
    SqliteStore::open(&dir.join("provider.db"), sealer)
        .await
        .expect("a store")
}

async fn append(store: &SqliteStore, entries: std::ops::RangeInclusive<i64>) {
    let unit = store.begin().await.expect("a unit");
    for at in entries {
        let record = AuditRecord {
            at,
            event: "event".to_owned(),
            document: format!(r#"{{"entry":{at}}}"#),
        };
        unit.append_audit(&record).await.expect("appended");
    }
    unit.commit().await.expect("committed");
}

async fn shell(dir: &Path, statements: &[&str]) {
    let options = SqliteConnectOptions::new().filename(dir.join("provider.db"));
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a connection");
    for statement in statements {
        let statement = sqlx::AssertSqlSafe((*statement).to_owned());
        sqlx::query(statement).execute(&mut connection).await.expect("done");
    }
    connection.close().await.expect("closed");
}

fn broken(report: &AuditReport) -> Option<i64> {
    report.broken.map(|broken| broken.number)
}

#[tokio::test]
async fn whatever_is_done_to_an_entry_is_found_there() {
    for (what, statements, first) in [
        ("a word", &["UPDATE audit SET document = '{}' WHERE number = 3"][..], 3),
        ("an event", &["UPDATE audit SET event = 'other' WHERE number = 1"], 1),
        ("a time", &["UPDATE audit SET at = at + 1 WHERE number = 5"], 5),
        ("a deleted one", &["DELETE FROM audit WHERE number = 3"], 4),
        ("the first", &["DELETE FROM audit WHERE number = 1"], 2),
        ("the last", &["DELETE FROM audit WHERE number = 5"], 5),
        ("the last two", &["DELETE FROM audit WHERE number > 3"], 4),
        ("all", &["DELETE FROM audit"], 1),
        (
            "two that changed places",
            &[
                "UPDATE audit SET number = 99 WHERE number = 2",
                "UPDATE audit SET number = 2 WHERE number = 3",
                "UPDATE audit SET number = 3 WHERE number = 99",
            ],
            2,
        ),
        (
            "what two say, exchanged with their tags",
            &[
                "CREATE TABLE copy AS SELECT * FROM audit",
                "UPDATE audit SET (at, event, document, tag) =
                    (SELECT at, event, document, tag FROM copy WHERE copy.number = 5 - audit.number)
                    WHERE number IN (2, 3)",
            ],
            2,
        ),
        (
            "an invented one",
            &["INSERT INTO audit (at, event, document) VALUES (9, 'invented', '{}')"],
            6,
        ),
        (
            "one put before",
            &["INSERT INTO audit (number, at, event, document, tag) VALUES (-1, 0, 'a', '{}', x'00')"],
            -1,
        ),
        ("a tag", &["UPDATE audit SET tag = NULL WHERE number = 2"], 2),
        (
            "the end",
            &[
                "DELETE FROM audit WHERE number > 3",
                "DELETE FROM audit_ends WHERE which = 'last'",
            ],
            3,
        ),
        (
            "a former end",
            &[
                "DELETE FROM audit WHERE number > 3",
                "UPDATE audit_ends SET number = 3, tag = (SELECT tag FROM audit WHERE number = 3) WHERE which = 'last'",
            ],
            3,
        ),
        (
            "a later beginning",
            &[
                "UPDATE audit_ends SET number = 2, tag = (SELECT tag FROM audit WHERE number = 2) WHERE which = 'first'",
                "DELETE FROM audit WHERE number <= 2",
            ],
            2,
        ),
        ("no beginning", &["DELETE FROM audit_ends WHERE which = 'first'"], 1),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path(), &[1]).await;
        append(&store, 1..=5).await;
        assert_eq!(broken(&store.verify_audit().await.unwrap()), None);
        shell(dir.path(), statements).await;
        let report = store.verify_audit().await.unwrap();
        assert_eq!(broken(&report), Some(first), "{what}: {report:?}");
        // Going on does not heal it, and nor does the deletion of old entries.
        append(&store, 6..=7).await;
        let unit = store.begin().await.unwrap();
        unit.sweep(0, 100).await.unwrap();
        unit.commit().await.unwrap();
        let report = store.verify_audit().await.unwrap();
        assert!(report.broken.is_some(), "{what}: {report:?}");
    }
}

#[tokio::test]
async fn times_that_were_put_back_do_not_have_entries_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), &[1]).await;
    append(&store, 100..=104).await;
    shell(dir.path(), &["UPDATE audit SET at = 0 WHERE number > 2"]).await;
    let unit = store.begin().await.unwrap();
    assert_eq!(unit.sweep(0, 102).await.unwrap(), 2);
    unit.commit().await.unwrap();
    assert_eq!(broken(&store.verify_audit().await.unwrap()), Some(3));
}

#[tokio::test]
async fn entries_from_before_the_chain_are_counted_apart_and_go_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), &[1]).await;
    shell(
        dir.path(),
        &["INSERT INTO audit (at, event, document) VALUES (1, 'old', '{}'), (2, 'old', '{}')"],
    )
    .await;
    append(&store, 3..=4).await;
    let report = store.verify_audit().await.unwrap();
    assert_eq!((report.good, report.unchained, report.broken), (2, 2, None));
    let unit = store.begin().await.unwrap();
    assert_eq!(unit.sweep(0, 3).await.unwrap(), 2);
    unit.commit().await.unwrap();
    let report = store.verify_audit().await.unwrap();
    assert_eq!((report.good, report.unchained, report.broken), (2, 0, None));
}

#[tokio::test]
async fn the_chain_goes_on_with_a_new_key_and_needs_the_former_one() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), &[1]).await;
    append(&first, 1..=2).await;
    first.close().await;
    let second = open(dir.path(), &[2, 1]).await;
    append(&second, 3..=4).await;
    let report = second.verify_audit().await.unwrap();
    assert_eq!((report.good, report.broken), (4, None));
    let without = open(dir.path(), &[2]).await;
    let found = without.verify_audit().await.unwrap().broken.expect("an unknown key");
    assert!(found.why.contains("not configured"), "{found:?}");
}
