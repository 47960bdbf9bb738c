use std::sync::Arc;

use super::{
    Outcome,
    records::{END, NOW, session},
};
use crate::{Digest, LogoutNoticeRecord, SessionRecord, Store};

fn notice(sid: &str, next_at: i64) -> LogoutNoticeRecord {
    LogoutNoticeRecord {
        number: 0,
        client_id: "a client that is not there".to_owned(),
        subject: "alice".to_owned(),
        sid: sid.to_owned(),
        next_at,
        expires_at: END,
    }
}

pub(super) async fn notices_of_logout_wait_in_order_until_nobody_sees_to_them(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let later = unit.insert_logout_notice(&notice("later", NOW + 10)).await?;
    let first = unit.insert_logout_notice(&notice("first", NOW)).await?;
    let second = unit.insert_logout_notice(&notice("second", NOW - 5)).await?;
    unit.commit().await?;
    assert!(later < first && first < second);
    let stored = |number, sid, next_at| LogoutNoticeRecord {
        number,
        ..notice(sid, next_at)
    };
    assert_eq!(store.list_due_logout_notices(NOW - 6, 9).await?, []);
    assert_eq!(
        store.list_due_logout_notices(NOW, 9).await?,
        [stored(first, "first", NOW), stored(second, "second", NOW - 5)]
    );
    assert_eq!(store.list_due_logout_notices(NOW + 10, 1).await?.len(), 1);
    let unit = store.begin().await?;
    assert!(unit.defer_logout_notice(first, NOW + 20).await?);
    assert!(unit.delete_logout_notice(second).await?);
    assert!(!unit.delete_logout_notice(second).await?);
    assert!(!unit.defer_logout_notice(second, NOW).await?);
    unit.commit().await?;
    assert_eq!(store.list_due_logout_notices(NOW + 9, 9).await?, []);
    let due = store.list_due_logout_notices(NOW + 20, 9).await?;
    assert_eq!(
        due,
        [stored(later, "later", NOW + 10), stored(first, "first", NOW + 20)]
    );
    // What is given up is not listed, and swept.
    assert_eq!(store.list_due_logout_notices(END, 9).await?, []);
    let unit = store.begin().await?;
    assert_eq!(unit.sweep(END - 1, NOW).await?, 0);
    assert_eq!(unit.sweep(END, NOW).await?, 2);
    unit.commit().await
}

pub(super) async fn sessions_that_ended_by_themselves_are_listed_until_they_are_deleted(
    store: Arc<dyn Store>,
) -> Outcome {
    let unit = store.begin().await?;
    let (one, two) = (session("one"), session("two"));
    let first = SessionRecord {
        expires_at: END - 1,
        ..session("first")
    };
    for session in [&one, &two, &first] {
        unit.insert_session(session).await?;
    }
    unit.commit().await?;
    assert_eq!(store.list_ended_sessions(END - 2, 9).await?, []);
    assert_eq!(
        store.list_ended_sessions(END - 1, 9).await?,
        std::slice::from_ref(&first)
    );
    let ended = store.list_ended_sessions(END, 9).await?;
    assert_eq!((ended.len(), &ended[0]), (3, &first));
    assert_eq!(store.list_ended_sessions(END, 2).await?.len(), 2);
    let unit = store.begin().await?;
    unit.delete_session(Digest::of("first")).await?;
    unit.delete_session(Digest::of("one")).await?;
    unit.commit().await?;
    assert_eq!(store.list_ended_sessions(END, 9).await?, [two]);
    Ok(())
}
