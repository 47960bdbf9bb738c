use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{
    Outcome,
    records::{NOW, access_token, client, code, grant, with_grant},
};
use crate::{Digest, Store, StoreError, Unit};

/// What came of the last change of a unit: it may fail as late as at the commit.
pub(super) async fn ended(unit: Box<dyn Unit>, made: Result<(), StoreError>) -> Result<(), StoreError> {
    made?;
    unit.commit().await
}

pub(super) async fn a_dropped_unit_leaves_nothing(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.insert_client(&client("client")).await?;
    unit.put_setting("key", Some("value")).await?;
    drop(unit);
    assert!(store.find_client("client").await?.is_none());
    let unit = store.begin().await?;
    assert!(unit.find_setting("key").await?.is_none(), "also inside the next unit");
    Ok(())
}

pub(super) async fn a_unit_sees_its_own_changes_and_others_see_them_after_the_commit(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.put_setting("key", Some("value")).await?;
    assert_eq!(unit.find_setting("key").await?.as_deref(), Some("value"));
    assert_eq!(store.find_setting("key").await?, None);
    unit.commit().await?;
    assert_eq!(store.find_setting("key").await?.as_deref(), Some("value"));
    Ok(())
}

pub(super) async fn units_are_serialised(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let began = Arc::new(AtomicBool::new(false));
    let second = tokio::spawn({
        let (store, began) = (Arc::clone(&store), Arc::clone(&began));
        async move {
            let unit = store.begin().await?;
            began.store(true, Ordering::SeqCst);
            unit.find_setting("key").await
        }
    });
    // A store that lets the second begin does so well within this time; one that does not passes however slow it is.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!began.load(Ordering::SeqCst), "two units at a time");
    unit.put_setting("key", Some("value")).await?;
    unit.commit().await?;
    let found = second.await.expect("the second task")?;
    assert_eq!(
        found.as_deref(),
        Some("value"),
        "the second sees what the first committed"
    );
    Ok(())
}

pub(super) async fn a_failed_change_leaves_the_unit_usable(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.insert_client(&client("client")).await?;
    assert!(matches!(
        unit.insert_client(&client("client")).await,
        Err(StoreError::Exists)
    ));
    unit.insert_client(&client("other")).await?;
    unit.commit().await?;
    assert_eq!(store.list_clients(0, 9).await?.len(), 2);
    Ok(())
}

pub(super) async fn a_change_that_fails_late_takes_the_whole_unit_with_it(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    unit.insert_grant(&grant("another")).await?;
    unit.insert_access_token(&access_token("access")).await?;
    let made = unit.insert_grant(&grant("another")).await;
    let refused = match (made, unit.find_grant("another").await) {
        (Ok(()), Ok(_)) => unit.commit().await,
        (Ok(()), Err(error)) => {
            assert!(
                unit.put_setting("key", Some("value")).await.is_err(),
                "nothing more is done"
            );
            assert!(unit.commit().await.is_err(), "nor committed");
            Err(error)
        }
        (refused, _) => {
            // It failed at once: the next unit waits for the end of this one.
            drop(unit);
            refused
        }
    };
    assert!(matches!(refused, Err(StoreError::Exists)), "{refused:?}");
    assert!(store.find_grant("another").await?.is_none());
    assert!(store.find_access_token(Digest::of("access")).await?.is_none());
    assert!(store.find_setting("key").await?.is_none());
    let unit = store.begin().await?;
    unit.insert_grant(&grant("another")).await?;
    unit.commit().await
}

pub(super) async fn changes_of_a_unit_are_made_in_their_order(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    unit.insert_code(&code("code")).await?;
    unit.insert_access_token(&access_token("before")).await?;
    unit.revoke_access_tokens("grant", NOW + 1).await?;
    unit.insert_access_token(&access_token("after")).await?;
    assert!(
        unit.spend_code(Digest::of("code")).await?.is_some(),
        "a question comes after them"
    );
    unit.note_client_use("client", NOW, None).await?;
    unit.note_client_use("client", NOW + 1, Some(NOW + 2)).await?;
    unit.commit().await?;
    for (token, expected) in [("before", Some(NOW + 1)), ("after", None)] {
        let (found, _) = store.find_access_token(Digest::of(token)).await?.expect("the token");
        assert_eq!(found.revoked_at, expected, "{token}");
    }
    let client = store.find_client("client").await?.expect("the client");
    assert_eq!(
        (client.last_token_at, client.expires_at),
        (Some(NOW + 1), Some(NOW + 2))
    );
    Ok(())
}

pub(super) async fn a_backup_holds_what_was_committed_and_replaces_nothing(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.insert_client(&client("client-of-the-backup")).await?;
    unit.commit().await?;
    let uncommitted = store.begin().await?;
    uncommitted.note_client_use("client-of-the-backup", NOW, None).await?;
    let name = format!("nextcloud-mcp-backup-{}-{:p}", std::process::id(), Arc::as_ptr(&store));
    let target = std::env::temp_dir().join(name);
    store.back_up(&target).await?;
    let bytes = std::fs::read(&target).expect("the backup");
    let again = store.back_up(&target).await;
    let kept = std::fs::read(&target);
    std::fs::remove_file(&target).expect("the backup again");
    assert!(bytes.windows(20).any(|window| window == b"client-of-the-backup"));
    assert!(
        again.is_err() && kept.is_ok_and(|kept| kept == bytes),
        "an existing file stays as it is"
    );
    Ok(())
}
