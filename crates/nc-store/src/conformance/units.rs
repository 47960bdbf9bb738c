use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{
    Outcome,
    records::{NOW, client},
};
use crate::{Store, StoreError};

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
