use std::sync::Arc;

use super::{
    Outcome,
    records::{END, NOW, access_token, client, code, consent, grant, refresh_token, with_grant},
};
use crate::{ClientKind, Digest, ResourceRecord, Store, StoreError};

pub(super) async fn a_client_is_found_by_id_and_by_number_as_it_was_stored(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let number = unit.insert_client(&client("client")).await?;
    unit.commit().await?;
    let by_id = store.find_client("client").await?.expect("the client by id");
    let by_number = store.find_client_by_number(number).await?.expect("by number");
    for found in [by_id, by_number] {
        let stored = client("client");
        assert_eq!(
            (found.number, found.client_id, found.kind),
            (number, stored.client_id, stored.kind)
        );
        assert_eq!((found.document, found.secret), (stored.document, stored.secret));
        assert_eq!(found.registration_token, stored.registration_token);
        assert_eq!((found.created_at, found.expires_at), (NOW, Some(END)));
        assert_eq!((found.last_token_at, found.disabled), (None, false));
    }
    assert!(store.find_client("Client").await?.is_none(), "ids differ by case");
    assert!(store.find_client_by_number(number + 1).await?.is_none());
    Ok(())
}

pub(super) async fn a_second_client_with_the_same_id_is_refused(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.insert_client(&client("client")).await?;
    let again = unit.insert_client(&client("client")).await;
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
    Ok(())
}

pub(super) async fn an_update_replaces_what_is_known_about_a_client(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let number = unit.insert_client(&client("client")).await?;
    unit.insert_client(&client("other")).await?;
    let mut changed = unit.find_client_by_number(number).await?.expect("the client");
    changed.kind = ClientKind::Admin;
    "{}".clone_into(&mut changed.document);
    changed.secret = None;
    changed.registration_token = Some(Digest::of("rotated"));
    changed.last_token_at = Some(NOW + 1);
    changed.expires_at = None;
    changed.disabled = true;
    unit.update_client(&changed).await?;
    unit.commit().await?;
    let found = store.find_client("client").await?.expect("the client");
    assert_eq!((found.kind, found.document.as_str()), (ClientKind::Admin, "{}"));
    assert_eq!(
        (found.secret, found.registration_token),
        (None, Some(Digest::of("rotated")))
    );
    assert_eq!((found.created_at, found.last_token_at), (NOW, Some(NOW + 1)));
    assert_eq!((found.expires_at, found.disabled), (None, true));
    let other = store.find_client("other").await?.expect("the other client");
    assert!(!other.disabled && other.secret.is_some(), "only one client changed");
    Ok(())
}

pub(super) async fn clients_are_listed_in_order_of_number_page_by_page(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    for id in ["c", "a", "b"] {
        unit.insert_client(&client(id)).await?;
    }
    let service = crate::NewClient {
        kind: ClientKind::Service,
        ..client("service")
    };
    unit.insert_client(&service).await?;
    unit.commit().await?;
    let first = store.list_clients(0, 2).await?;
    let after = first.last().map_or(0, |client| client.number);
    let second = store.list_clients(after, 2).await?;
    let ids: Vec<_> = first
        .iter()
        .chain(&second)
        .map(|client| client.client_id.as_str())
        .collect();
    assert_eq!(ids, ["c", "a", "b", "service"]);
    assert_eq!(store.count_clients(ClientKind::Dynamic).await?, 3);
    assert_eq!(store.count_clients(ClientKind::Service).await?, 1);
    assert_eq!(store.count_clients(ClientKind::Admin).await?, 0);
    Ok(())
}

pub(super) async fn numbers_of_deleted_clients_are_not_used_again(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let first = unit.insert_client(&client("client")).await?;
    assert!(unit.delete_client("client").await?);
    assert!(!unit.delete_client("client").await?, "it was gone");
    assert!(unit.insert_client(&client("client")).await? > first);
    Ok(())
}

pub(super) async fn use_of_a_client_is_noted(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.insert_client(&client("client")).await?;
    unit.note_client_use("client", NOW + 5, Some(NOW + 500)).await?;
    let found = unit.find_client("client").await?.expect("the client");
    assert_eq!(
        (found.last_token_at, found.expires_at),
        (Some(NOW + 5), Some(NOW + 500))
    );
    unit.note_client_use("client", NOW + 6, None).await?;
    let found = unit.find_client("client").await?.expect("the client");
    assert_eq!((found.last_token_at, found.expires_at), (Some(NOW + 6), None));
    Ok(())
}

pub(super) async fn the_oldest_unused_client_of_the_kind_is_evicted_first(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let ages = [
        ("used", NOW),
        ("young", NOW + 3),
        ("old", NOW + 1),
        ("twin of old", NOW + 1),
    ];
    for (id, created_at) in ages {
        let client = crate::NewClient {
            created_at,
            ..client(id)
        };
        unit.insert_client(&client).await?;
    }
    let admin = crate::NewClient {
        kind: ClientKind::Admin,
        created_at: NOW - 9,
        ..client("admin")
    };
    unit.insert_client(&admin).await?;
    unit.note_client_use("used", NOW + 9, None).await?;
    let mut evicted = Vec::new();
    while let Some(id) = unit.evict_unused_client(ClientKind::Dynamic).await? {
        evicted.push(id);
    }
    assert_eq!(evicted, ["old", "twin of old", "young"]);
    assert!(unit.find_client("used").await?.is_some() && unit.find_client("admin").await?.is_some());
    assert!(unit.find_client("old").await?.is_none());
    Ok(())
}

pub(super) async fn a_client_that_an_administrator_decided_about_is_not_evicted(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let documents = [
        ("decided", r#"{"name":"a","decided":["groups"],"more":1}"#),
        ("disabled", r#"{"decided":[]}"#),
        ("undecided", r#"{"name":"a\u0000b","decided":[]}"#),
        ("boasting", r#"{"name":"\"decided\":[\"groups\"]"}"#),
    ];
    for (id, document) in documents {
        let client = crate::NewClient {
            document: document.to_owned(),
            ..client(id)
        };
        unit.insert_client(&client).await?;
    }
    let mut disabled = unit.find_client("disabled").await?.expect("the client");
    disabled.disabled = true;
    unit.update_client(&disabled).await?;
    let mut evicted = Vec::new();
    while let Some(id) = unit.evict_unused_client(ClientKind::Dynamic).await? {
        evicted.push(id);
    }
    assert_eq!(evicted, ["undecided", "boasting"]);
    Ok(())
}

pub(super) async fn deleting_a_client_takes_all_that_came_from_it(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    unit.insert_client(&client("other")).await?;
    let other = crate::GrantRecord {
        client_id: "other".to_owned(),
        ..grant("of the other")
    };
    unit.insert_grant(&other).await?;
    unit.insert_code(&code("code")).await?;
    unit.insert_refresh_token(&refresh_token("refresh")).await?;
    unit.insert_access_token(&access_token("access")).await?;
    unit.put_consent(&consent("")).await?;
    unit.commit().await?;

    let unit = store.begin().await?;
    assert!(unit.delete_client("client").await?);
    assert!(unit.spend_code(Digest::of("code")).await?.is_none());
    unit.commit().await?;
    assert!(store.find_grant("grant").await?.is_none());
    assert!(store.find_refresh_token(Digest::of("refresh")).await?.is_none());
    assert!(store.find_access_token(Digest::of("access")).await?.is_none());
    assert!(store.list_consents("alice").await?.is_empty());
    assert_eq!(store.list_grants("alice").await?, [other]);
    Ok(())
}

pub(super) async fn a_resource_is_replaced_listed_and_outlives_its_owner(store: Arc<dyn Store>) -> Outcome {
    let resource = |uri: &str, owner: Option<&str>, document: &str| ResourceRecord {
        uri: uri.to_owned(),
        owner: owner.map(str::to_owned),
        document: document.to_owned(),
    };
    let unit = store.begin().await?;
    unit.insert_client(&client("client")).await?;
    unit.put_resource(&resource("https://b/", None, "1")).await?;
    unit.put_resource(&resource("https://a/", None, "1")).await?;
    unit.put_resource(&resource("https://b/", Some("client"), "2")).await?;
    let b = resource("https://b/", Some("client"), "2");
    assert_eq!(unit.find_resource("https://b/").await?, Some(b.clone()));
    assert_eq!(unit.list_resources().await?, [resource("https://a/", None, "1"), b]);
    unit.delete_client("client").await?;
    assert_eq!(
        unit.find_resource("https://b/").await?,
        Some(resource("https://b/", None, "2"))
    );
    assert!(unit.delete_resource("https://b/").await? && !unit.delete_resource("https://b/").await?);
    assert_eq!(unit.find_resource("https://b/").await?, None);
    Ok(())
}

/// Strangers choose what is asked for, and not every database can hold that.
pub(super) async fn nothing_is_found_by_a_name_with_a_null_character(store: Arc<dyn Store>) -> Outcome {
    let name = "a\0b";
    let unit = store.begin().await?;
    assert!(unit.find_client(name).await?.is_none());
    assert!(unit.find_resource(name).await?.is_none());
    assert!(unit.find_subject(name, name).await?.is_none());
    assert!(unit.find_consent("a", name, "").await?.is_none());
    unit.insert_client(&client("a")).await?;
    unit.commit().await?;
    assert!(store.find_client("a").await?.is_some(), "the unit stayed usable");
    Ok(())
}
