use std::sync::Arc;

use super::{
    super::{
        Outcome,
        records::{END, NOW},
    },
    records::{in_share, member},
};
use crate::{InShareMemberRecord, InShareRecord, InShareState, Store, StoreError};

pub(in super::super) async fn a_share_from_another_server_is_found_and_replaced(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let number = unit.insert_in_share(&in_share("one")).await?;
    let next = unit.insert_in_share(&in_share("two")).await?;
    assert!(number > 0 && next > number, "{number} {next}");
    unit.commit().await?;
    let one = InShareRecord {
        number,
        ..in_share("one")
    };
    assert_eq!(store.find_in_share("one").await?, Some(one.clone()));
    assert_eq!(store.find_in_share_by_number(number).await?, Some(one.clone()));
    assert_eq!(store.find_in_share("one\0").await?, None);

    let changed = InShareRecord {
        state: InShareState::Accepted,
        document: "{}".to_owned(),
        secret_sealed: None,
        token_sealed: Some(vec![7, 0]),
        token_expires_at: Some(END),
        token_generation: 4,
        lease_owner: Some("process 1".to_owned()),
        lease_until: Some(NOW + 15),
        failures: 2,
        backoff_until: Some(NOW + 20),
        expires_at: Some(END + 9),
        ..one.clone()
    };
    let unit = store.begin().await?;
    assert!(unit.update_in_share(&changed).await?);
    assert!(!unit.update_in_share(&in_share("nobody")).await?);
    assert_eq!(unit.find_in_share("one").await?, Some(changed.clone()));
    assert_eq!(
        store.find_in_share("one").await?,
        Some(one),
        "others see it after the commit"
    );
    unit.commit().await?;
    assert_eq!(store.find_in_share("one").await?, Some(changed));
    let unit = store.begin().await?;
    assert!(unit.delete_in_share("two").await? && !unit.delete_in_share("two").await?);
    assert!(unit.insert_in_share(&in_share("three")).await? > next, "not used again");
    Ok(())
}

pub(in super::super) async fn a_share_from_another_server_is_stored_once_for_a_receiver(
    store: Arc<dyn Store>,
) -> Outcome {
    let unit = store.begin().await?;
    let with = |id: &str, host: &str, share_type: &str, recipient: &str| InShareRecord {
        provider_id: "same".to_owned(),
        sender_host: host.to_owned(),
        share_type: share_type.to_owned(),
        recipient: recipient.to_owned(),
        ..in_share(id)
    };
    unit.insert_in_share(&with("1", "a", "user", "bob")).await?;
    let again = unit.insert_in_share(&with("2", "a", "user", "bob")).await;
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
    unit.insert_in_share(&with("3", "b", "user", "bob")).await?;
    unit.insert_in_share(&with("4", "a", "group", "bob")).await?;
    unit.insert_in_share(&with("5", "a", "user", "Bob")).await?;
    unit.commit().await?;
    let found = store.list_in_shares_from("a", "same").await?;
    let ids: Vec<_> = found.iter().map(|share| share.id.as_str()).collect();
    assert_eq!(ids, ["1", "4", "5"]);
    assert!(store.list_in_shares_from("a", "other").await?.is_empty());
    assert!(store.list_in_shares_from("a\0", "same\0").await?.is_empty());
    let found = store.list_in_shares_named("same").await?;
    let ids: Vec<_> = found.iter().map(|share| share.id.as_str()).collect();
    assert_eq!(ids, ["1", "3", "4", "5"]);
    assert!(store.list_in_shares_named("same\0").await?.is_empty());
    Ok(())
}

pub(in super::super) async fn each_person_makes_something_else_of_a_share(store: Arc<dyn Store>) -> Outcome {
    let accepted = InShareMemberRecord {
        mount_point: Some("Holidays (2)".to_owned()),
        ..member("one", "bob", InShareState::Accepted)
    };
    let unit = store.begin().await?;
    let orphan = unit.put_in_share_member(&accepted).await;
    assert!(orphan.is_err(), "there is no such share");
    let number = unit.insert_in_share(&in_share("one")).await?;
    unit.insert_in_share(&in_share("two")).await?;
    for (share, user) in [("one", "bob"), ("two", "bob"), ("one", "Ann")] {
        unit.put_in_share_member(&member(share, user, InShareState::Pending))
            .await?;
    }
    unit.put_in_share_member(&accepted).await?;
    unit.commit().await?;
    assert_eq!(store.find_in_share_member("one", "bob").await?, Some(accepted.clone()));
    assert_eq!(store.find_in_share_member("one", "zoe").await?, None);
    assert_eq!(
        store.list_in_share_members("one").await?,
        [member("one", "Ann", InShareState::Pending), accepted.clone()]
    );
    let of_bob = store.list_in_shares_of("bob").await?;
    assert_eq!(of_bob.len(), 2);
    assert_eq!(
        of_bob[0],
        (
            InShareRecord {
                number,
                ..in_share("one")
            },
            accepted
        )
    );
    assert_eq!(of_bob[1].1, member("two", "bob", InShareState::Pending));
    assert!(store.list_in_shares_of("zoe").await?.is_empty());

    let unit = store.begin().await?;
    unit.delete_in_share("one").await?;
    assert!(unit.list_in_share_members("one").await?.is_empty(), "went with it");
    assert_eq!(unit.list_in_shares_of("bob").await?.len(), 1);
    Ok(())
}

/// What a lease is made of: units read, decide and write, and no two do so at a time.
pub(in super::super) async fn of_twenty_tasks_one_takes_a_lease(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.insert_in_share(&in_share("one")).await?;
    unit.commit().await?;
    let taken = super::super::races::race(&store, |store, number| async move {
        let unit = store.begin().await?;
        let share = unit.find_in_share("one").await?.expect("the share");
        if share.lease_until.is_some() {
            return Ok(false);
        }
        unit.update_in_share(&InShareRecord {
            lease_owner: Some(format!("task {number}")),
            lease_until: Some(NOW + 15),
            ..share
        })
        .await?;
        unit.commit().await?;
        Ok(true)
    });
    assert_eq!(taken.await?.iter().filter(|taken| **taken).count(), 1);
    Ok(())
}
