use std::sync::Arc;

use super::{Outcome, records::NOW};
use crate::{AuditRecord, Store};

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
    assert_eq!(
        newest,
        [
            record(NOW + 2, "fourth"),
            record(NOW + 2, "third"),
            record(NOW + 1, "second")
        ]
    );
    assert_eq!(store.list_audit(99).await?.len(), 4);
    Ok(())
}
