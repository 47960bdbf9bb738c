use std::sync::Arc;

use super::{
    Outcome,
    records::{END, NOW, session},
};
use crate::{Digest, SessionRecord, Store, StoreError};

pub(super) async fn a_session_is_found_until_it_ends_or_is_deleted(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.insert_session(&session("cookie")).await?;
    unit.commit().await?;
    let secret = Digest::of("cookie");
    assert_eq!(store.find_session(secret, END - 1).await?, Some(session("cookie")));
    assert_eq!(store.find_session(secret, END).await?, None);
    let unit = store.begin().await?;
    assert_eq!(unit.delete_session(secret).await?, Some(session("cookie")));
    assert_eq!(unit.delete_session(secret).await?, None);
    unit.commit().await?;
    assert_eq!(store.find_session(secret, NOW).await?, None);
    Ok(())
}

pub(super) async fn every_session_of_a_subject_ends(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.insert_session(&session("one")).await?;
    unit.insert_session(&session("two")).await?;
    let bob = SessionRecord {
        subject: "bob".to_owned(),
        ..session("bob's")
    };
    unit.insert_session(&bob).await?;
    assert_eq!(unit.delete_sessions("alice").await?, 2);
    assert_eq!(unit.find_session(Digest::of("one"), NOW).await?, None);
    assert_eq!(unit.find_session(bob.secret, NOW).await?, Some(bob));
    Ok(())
}

pub(super) async fn a_subject_identifier_is_stable_and_never_reassigned(store: Arc<dyn Store>) -> Outcome {
    let cloud = "https://cloud.example";
    let unit = store.begin().await?;
    assert_eq!(unit.get_subject(cloud, "alice", "s1", NOW).await?, "s1");
    assert_eq!(unit.get_subject(cloud, "alice", "s2", NOW).await?, "s1");
    assert_eq!(
        unit.get_subject("https://other.example", "alice", "s3", NOW).await?,
        "s3"
    );
    let taken = unit.get_subject(cloud, "bob", "s1", NOW).await;
    assert!(matches!(taken, Err(StoreError::Exists)), "{taken:?}");
    unit.commit().await?;
    assert_eq!(store.find_subject(cloud, "alice").await?.as_deref(), Some("s1"));
    assert_eq!(store.find_subject(cloud, "bob").await?, None);
    assert_eq!(
        store.find_account("s1").await?,
        Some((cloud.to_owned(), "alice".to_owned()))
    );
    assert_eq!(store.find_account("s2").await?, None);
    let unit = store.begin().await?;
    unit.sweep(i64::MAX, i64::MAX).await?;
    unit.commit().await?;
    assert_eq!(
        store.find_subject(cloud, "alice").await?.as_deref(),
        Some("s1"),
        "it outlives a sweep"
    );
    Ok(())
}
