//! Shares of what was deleted for good.

use std::time::Duration;

use nc_auth::federation::FederationError;

use crate::{
    jail::trashed,
    mounts::{Shared, node},
};

/// Waits for what happens beside the request.
async fn until(what: impl Fn() -> bool) {
    for _ in 0..400 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it did not happen");
}

async fn purge(shared: &Shared) {
    let name = trashed(&shared.wire).await;
    let path = format!("/remote.php/dav/trashbin/alice/trash/{name}");
    let purged = shared.wire.send("alice", "DELETE", &path, &[], "").await;
    assert_eq!(purged.status.as_u16(), 204, "{}", purged.text());
}

#[tokio::test]
async fn a_file_that_is_deleted_for_good_ends_its_shares() {
    let shared = Shared::boot(31).await;
    let inside = node(&shared.wire, "alice", "/S/a.txt").await;
    shared.elsewhere.add("alice", inside, 1);
    let private = node(&shared.wire, "alice", "/private.txt").await;
    shared.elsewhere.add("alice", private, 1);
    assert_eq!(shared.wire.dav("alice", "DELETE", "/S", "").await.status.as_u16(), 204);
    assert_eq!(
        shared.elsewhere.state().deleted,
        [0_i64; 0],
        "what is in the trash may come back"
    );
    purge(&shared).await;
    until(|| shared.elsewhere.state().out.len() == 1).await;
    assert_eq!(shared.elsewhere.state().out[0].node, private);
    assert!(shared.elsewhere.state().deleted.contains(&inside));
}

#[tokio::test]
async fn the_upkeep_ends_what_was_missed() {
    let shared = Shared::boot(31).await;
    assert_eq!(shared.wire.dav("alice", "DELETE", "/S", "").await.status.as_u16(), 204);
    // As if the process ended before the federation heard of it.
    shared.elsewhere.state().fails = Some(FederationError::Failed("down".to_owned()));
    purge(&shared).await;
    until(|| shared.elsewhere.state().fails.is_none()).await;
    shared.wire.cloud.upkeep().await.unwrap();
    until(|| shared.elsewhere.state().out.is_empty()).await;
}
