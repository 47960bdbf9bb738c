//! What somebody does to the audit log who can write the database, but has no sealing key.

use nc_store::{AuditRecord, AuditReport, Store as _};
use nc_store_postgres::PostgresStore;

use crate::server::{Server, open, shell};

async fn append(store: &PostgresStore, entries: std::ops::RangeInclusive<i64>) {
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

fn broken(report: &AuditReport) -> Option<i64> {
    report.broken.map(|broken| broken.number)
}

#[tokio::test]
async fn whatever_is_done_to_an_entry_is_found_there() {
    let Some(server) = Server::find() else { return };
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
            &["INSERT INTO audit (number, at, event, document) VALUES (6, 9, 'invented', '{}')"],
            6,
        ),
        (
            "one put before",
            &["INSERT INTO audit (number, at, event, document, tag) VALUES (-1, 0, 'a', '{}', '\\x00')"],
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
        let address = server.schema().await;
        let store = open(&address).await;
        append(&store, 1..=5).await;
        assert_eq!(broken(&store.verify_audit().await.expect("done")), None);
        shell(&address, statements).await;
        let report = store.verify_audit().await.expect("done");
        assert_eq!(broken(&report), Some(first), "{what}: {report:?}");
        // Going on does not heal it, and nor does the deletion of old entries.
        append(&store, 6..=7).await;
        let unit = store.begin().await.expect("done");
        unit.sweep(0, 100).await.expect("done");
        unit.commit().await.expect("done");
        let report = store.verify_audit().await.expect("done");
        assert!(report.broken.is_some(), "{what}: {report:?}");
    }
}

#[tokio::test]
async fn times_that_were_put_back_do_not_have_entries_deleted() {
    let Some(server) = Server::find() else { return };
    let address = server.schema().await;
    let store = open(&address).await;
    append(&store, 100..=104).await;
    shell(&address, &["UPDATE audit SET at = 0 WHERE number > 2"]).await;
    let unit = store.begin().await.expect("done");
    assert_eq!(unit.sweep(0, 102).await.expect("done"), 2);
    unit.commit().await.expect("done");
    assert_eq!(broken(&store.verify_audit().await.expect("done")), Some(3));
}
