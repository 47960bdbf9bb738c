use std::sync::Arc;

use super::{
    super::{
        Outcome,
        records::{END, NOW},
    },
    records::message,
};
use crate::{ContactRecord, KeyRecord, KeyState, OutboxRecord, PeerRecord, Store};

pub(in super::super) async fn what_is_known_about_another_server_is_replaced_listed_and_forgotten(
    store: Arc<dyn Store>,
) -> Outcome {
    let peer = |host: &str| PeerRecord {
        host: host.to_owned(),
        document: "{}".to_owned(),
        ever_signed: false,
        changed_at: NOW,
    };
    let unit = store.begin().await?;
    for host in ["b.example", "a.example:1", "a.example"] {
        unit.put_peer(&peer(host)).await?;
    }
    let signed = PeerRecord {
        document: r#"{"key":"ü"}"#.to_owned(),
        ever_signed: true,
        changed_at: NOW + 1,
        ..peer("b.example")
    };
    unit.put_peer(&signed).await?;
    unit.commit().await?;
    assert_eq!(store.find_peer("b.example").await?, Some(signed.clone()));
    assert_eq!(store.find_peer("b.example\0").await?, None);
    assert_eq!(
        store.list_peers().await?,
        [peer("a.example"), peer("a.example:1"), signed]
    );
    let unit = store.begin().await?;
    assert!(unit.delete_peer("a.example").await? && !unit.delete_peer("a.example").await?);
    assert_eq!(unit.list_peers().await?.len(), 2);
    Ok(())
}

pub(in super::super) async fn federation_keys_are_apart_from_the_keys_of_the_provider(
    store: Arc<dyn Store>,
) -> Outcome {
    let key = |kid: &str, created_at| KeyRecord {
        kid: kid.to_owned(),
        algorithm: "Ed25519".to_owned(),
        state: KeyState::Next,
        sealed: vec![1, 0, 255],
        public: r#"{"kty":"OKP"}"#.to_owned(),
        created_at,
        changed_at: created_at,
    };
    let unit = store.begin().await?;
    unit.put_federation_key(&key("young", NOW + 1)).await?;
    unit.put_federation_key(&key("old", NOW)).await?;
    unit.put_key(&key("provider", NOW)).await?;
    let active = KeyRecord {
        state: KeyState::Active,
        sealed: vec![2],
        changed_at: NOW + 9,
        ..key("old", NOW)
    };
    unit.put_federation_key(&active).await?;
    unit.commit().await?;
    assert_eq!(store.list_federation_keys().await?, [active, key("young", NOW + 1)]);
    assert_eq!(store.list_keys().await?, [key("provider", NOW)]);
    let unit = store.begin().await?;
    assert!(!unit.delete_federation_key("provider").await?);
    assert!(unit.delete_federation_key("old").await? && !unit.delete_federation_key("old").await?);
    unit.commit().await?;
    assert_eq!(store.list_federation_keys().await?, [key("young", NOW + 1)]);
    Ok(())
}

pub(in super::super) async fn messages_wait_in_order_until_they_may_be_sent(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let mut numbers = Vec::new();
    for (host, next_at) in [("c", NOW), ("b", NOW + 1), ("a", NOW - 1), ("d", NOW)] {
        let message = OutboxRecord {
            next_at,
            ..message(host)
        };
        numbers.push(unit.insert_message(&message).await?);
    }
    assert!(numbers[0] > 0 && numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    unit.commit().await?;
    let due = store.list_due_messages(NOW, 9).await?;
    let hosts: Vec<_> = due.iter().map(|message| message.host.as_str()).collect();
    assert_eq!(hosts, ["c", "a", "d"]);
    assert_eq!(
        store.list_due_messages(NOW, 1).await?,
        [OutboxRecord {
            number: numbers[0],
            ..message("c")
        }]
    );
    let later = OutboxRecord {
        number: numbers[0],
        kind: "share".to_owned(),
        sealed: vec![9],
        attempts: 1,
        next_at: NOW + 30,
        expires_at: END + 1,
        ..message("c")
    };
    let unit = store.begin().await?;
    assert!(unit.update_message(&later).await?);
    assert!(unit.delete_message(numbers[3]).await? && !unit.delete_message(numbers[3]).await?);
    let gone = OutboxRecord {
        number: numbers[3],
        ..message("d")
    };
    assert!(!unit.update_message(&gone).await?);
    unit.commit().await?;
    assert_eq!(store.list_due_messages(NOW, 9).await?.len(), 1);
    assert_eq!(store.list_due_messages(NOW + 30, 9).await?[0], later.clone());
    let behind = OutboxRecord {
        next_at: NOW,
        ..message("c")
    };
    let unit = store.begin().await?;
    unit.insert_message(&behind).await?;
    unit.commit().await?;
    assert_eq!(
        store.find_first_message("c").await?,
        Some(later),
        "not due yet, and first"
    );
    assert_eq!(store.find_first_message("nobody").await?, None);
    let unit = store.begin().await?;
    let next = unit.insert_message(&message("e")).await?;
    assert!(next > numbers[3], "not used again");
    Ok(())
}

pub(in super::super) async fn contacts_belong_to_one_person(store: Arc<dyn Store>) -> Outcome {
    let contact = |owner: &str, host: &str, user: &str| ContactRecord {
        owner: owner.to_owned(),
        host: host.to_owned(),
        user: user.to_owned(),
        document: "{}".to_owned(),
        created_at: NOW,
    };
    let unit = store.begin().await?;
    for (owner, host, user) in [
        ("alice", "b", "x"),
        ("alice", "a", "y"),
        ("alice", "a", "x"),
        ("bob", "a", "x"),
    ] {
        unit.put_contact(&contact(owner, host, user)).await?;
    }
    let renamed = ContactRecord {
        document: r#"{"name":"Zoë"}"#.to_owned(),
        created_at: NOW + 1,
        ..contact("alice", "a", "y")
    };
    unit.put_contact(&renamed).await?;
    unit.commit().await?;
    assert_eq!(
        store.list_contacts("alice").await?,
        [contact("alice", "a", "x"), renamed.clone(), contact("alice", "b", "x")]
    );
    assert_eq!(store.find_contact("alice", "a", "y").await?, Some(renamed));
    assert_eq!(store.find_contact("bob", "b", "x").await?, None);
    assert_eq!(store.find_contact("bob", "a\0", "x\0").await?, None);
    Ok(())
}
