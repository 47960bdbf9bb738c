use std::sync::Arc;

use super::{Outcome, records::NOW};
use crate::{AuditRecord, AuditReport, Store};

pub(super) async fn audit_is_listed_newest_first(store: Arc<dyn Store>) -> Outcome {
    let record = |at, event: &str| AuditRecord {
        at,
        event: event.to_owned(),
        document: r#"{"client":"a"}"#.to_owned(),
    };
    let unit = store.begin().await?;
    for (at, event) in [
        (NOW, "first"),
        (NOW + 2, "third"),
        (NOW + 2, "fourth"),
        (NOW + 1, "second"),
    ] {
        unit.append_audit(&record(at, event)).await?;
    }
    unit.commit().await?;
    let newest = store.list_audit(3).await?;
    let numbers: Vec<i64> = newest.iter().map(|entry| entry.number).collect();
    let newest: Vec<_> = newest.into_iter().map(|entry| entry.record).collect();
    assert_eq!(
        newest,
        [
            record(NOW + 2, "fourth"),
            record(NOW + 2, "third"),
            record(NOW + 1, "second")
        ]
    );
    // In the order of writing, which is not that of the times.
    assert!(
        numbers[0] == numbers[1] + 1 && numbers[2] == numbers[0] + 1,
        "{numbers:?}"
    );
    assert_eq!(store.list_audit(99).await?.len(), 4);
    Ok(())
}

pub(super) async fn an_audit_log_that_nobody_touched_is_good_before_and_after_a_sweep(
    store: Arc<dyn Store>,
) -> Outcome {
    let good = |good| AuditReport {
        good,
        ..AuditReport::default()
    };
    assert_eq!(store.verify_audit().await?, good(0));
    for (at, left) in [(NOW, 1), (NOW + 1, 2), (NOW + 2, 3)] {
        let unit = store.begin().await?;
        let record = AuditRecord {
            at,
            event: "event".to_owned(),
            document: "{}".to_owned(),
        };
        unit.append_audit(&record).await?;
        unit.commit().await?;
        assert_eq!(store.verify_audit().await?, good(left));
    }
    for (before, left) in [(NOW, 3), (NOW + 2, 1), (NOW + 9, 0)] {
        let unit = store.begin().await?;
        assert_eq!(unit.sweep(0, before).await?, store.verify_audit().await?.good - left);
        unit.commit().await?;
        assert_eq!(store.verify_audit().await?, good(left));
    }
    Ok(())
}
