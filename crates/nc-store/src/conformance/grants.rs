use std::sync::Arc;

use super::{
    Outcome,
    records::{NOW, client, grant, with_grant},
    units::ended,
};
use crate::{GrantRecord, Store, StoreError};

pub(super) async fn a_grant_is_found_and_its_document_replaced(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    assert_eq!(store.find_grant("grant").await?, Some(grant("grant")));
    let unit = store.begin().await?;
    let own = GrantRecord {
        subject: None,
        sid: None,
        ..grant("of the client itself")
    };
    unit.insert_grant(&own).await?;
    unit.update_grant("grant", "changed").await?;
    unit.commit().await?;
    let changed = GrantRecord {
        document: "changed".to_owned(),
        ..grant("grant")
    };
    assert_eq!(store.find_grant("grant").await?, Some(changed));
    assert_eq!(store.find_grant(&own.id).await?.as_ref(), Some(&own));
    let unit = store.begin().await?;
    let again = unit.insert_grant(&grant("grant")).await;
    let again = ended(unit, again).await;
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
    Ok(())
}

pub(super) async fn live_grants_of_a_subject_are_listed_newest_first(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.insert_client(&client("client")).await?;
    for (id, created_at) in [
        ("second", 2),
        ("first", 1),
        ("third", 3),
        ("third too", 3),
        ("revoked", 4),
    ] {
        let grant = GrantRecord {
            created_at,
            ..grant(id)
        };
        unit.insert_grant(&grant).await?;
    }
    let bob = GrantRecord {
        subject: Some("bob".to_owned()),
        ..grant("bob's")
    };
    unit.insert_grant(&bob).await?;
    unit.revoke_grant("revoked", NOW).await?;
    unit.commit().await?;
    let grants = store.list_grants("alice").await?;
    let ids: Vec<_> = grants.iter().map(|grant| grant.id.as_str()).collect();
    assert_eq!(ids, ["third too", "third", "second", "first"]);
    Ok(())
}

pub(super) async fn a_grant_is_revoked_once(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    assert!(unit.revoke_grant("grant", NOW + 1).await?);
    assert!(!unit.revoke_grant("grant", NOW + 2).await?);
    assert!(!unit.revoke_grant("no grant", NOW).await?);
    unit.commit().await?;
    let revoked = store.find_grant("grant").await?.expect("the grant").revoked_at;
    assert_eq!(revoked, Some(NOW + 1), "the first time stays");
    Ok(())
}

pub(super) async fn grants_are_revoked_by_client_and_by_session(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    for id in ["a", "b"] {
        unit.insert_client(&client(id)).await?;
        for sid in ["1", "2"] {
            for subject in ["alice", "bob"] {
                let grant = GrantRecord {
                    id: format!("{subject} {id} {sid}"),
                    subject: Some(subject.to_owned()),
                    client_id: id.to_owned(),
                    sid: Some(sid.to_owned()),
                    ..grant("")
                };
                unit.insert_grant(&grant).await?;
            }
        }
    }
    let left = async |subject: &str| {
        let mut ids: Vec<_> = unit
            .list_grants(subject)
            .await?
            .into_iter()
            .map(|grant| grant.id)
            .collect();
        ids.sort_unstable();
        Ok::<_, StoreError>(ids)
    };
    assert_eq!(unit.revoke_grants("alice", Some("a"), Some("1"), NOW).await?, 1);
    assert_eq!(left("alice").await?, ["alice a 2", "alice b 1", "alice b 2"]);
    assert_eq!(unit.revoke_grants("alice", None, Some("2"), NOW).await?, 2);
    assert_eq!(left("alice").await?, ["alice b 1"]);
    assert_eq!(unit.revoke_grants("alice", Some("a"), None, NOW).await?, 0);
    assert_eq!(unit.revoke_grants("alice", None, None, NOW).await?, 1);
    assert!(left("alice").await?.is_empty());
    assert_eq!(left("bob").await?.len(), 4, "others keep theirs");
    assert_eq!(unit.revoke_grants("bob", Some("b"), None, NOW).await?, 2);
    assert_eq!(left("bob").await?, ["bob a 1", "bob a 2"]);
    Ok(())
}
