use std::sync::Arc;

use super::{
    Outcome,
    records::{END, NOW, client, consent},
};
use crate::{ConsentRecord, Store};

pub(super) async fn a_consent_is_replaced_and_keeps_its_number_and_its_beginning(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.insert_client(&client("client")).await?;
    let number = unit.put_consent(&consent("https://a/")).await?;
    let other = unit.put_consent(&consent("")).await?;
    let stored = ConsentRecord {
        number,
        ..consent("https://a/")
    };
    assert_eq!(unit.find_consent("alice", "client", "https://a/").await?, Some(stored));
    let changed = ConsentRecord {
        scopes: vec!["notes:write".to_owned()],
        document: "changed".to_owned(),
        created_at: NOW + 5,
        updated_at: NOW + 5,
        expires_at: END + 5,
        ..consent("https://a/")
    };
    assert_eq!(unit.put_consent(&changed).await?, number);
    unit.commit().await?;
    let found = store.find_consent("alice", "client", "https://a/").await?;
    let expected = ConsentRecord {
        number,
        created_at: NOW,
        ..changed
    };
    assert_eq!(found, Some(expected));
    let untouched = store
        .find_consent("alice", "client", "")
        .await?
        .expect("the other consent");
    assert_eq!((untouched.number, untouched.scopes), (other, consent("").scopes));
    assert_eq!(store.find_consent("bob", "client", "").await?, None);
    assert_eq!(store.find_consent("alice", "other", "").await?, None);
    Ok(())
}

pub(super) async fn a_scope_of_4096_bytes_and_256_scopes_survive(store: Arc<dyn Store>) -> Outcome {
    let long = format!("files:{}", "x".repeat(4090));
    let many: Vec<String> = (0..256).rev().map(|number| format!("app{number}:read")).collect();
    let unit = store.begin().await?;
    unit.insert_client(&client("client")).await?;
    let lists = [("long", vec![long]), ("many", many), ("none", Vec::new())];
    for (resource, scopes) in &lists {
        let consent = ConsentRecord {
            scopes: scopes.clone(),
            ..consent(resource)
        };
        unit.put_consent(&consent).await?;
    }
    unit.commit().await?;
    for (resource, scopes) in lists {
        let found = store
            .find_consent("alice", "client", resource)
            .await?
            .expect("the consent");
        assert_eq!(found.scopes, scopes);
    }
    Ok(())
}

pub(super) async fn consents_are_listed_and_deleted_by_client(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    for id in ["client", "other"] {
        unit.insert_client(&client(id)).await?;
    }
    let mut stored = vec![consent("b"), consent("a"), consent("c")];
    "other".clone_into(&mut stored[2].client_id);
    for consent in &mut stored {
        consent.number = unit.put_consent(consent).await?;
    }
    let bob = ConsentRecord {
        subject: "bob".to_owned(),
        ..consent("a")
    };
    unit.put_consent(&bob).await?;
    assert_eq!(unit.list_consents("alice").await?, stored);
    assert_eq!(unit.delete_consents("alice", "client").await?, 2);
    assert_eq!(unit.delete_consents("alice", "client").await?, 0);
    assert_eq!(unit.list_consents("alice").await?, stored[2..]);
    assert_eq!(unit.list_consents("bob").await?.len(), 1);
    Ok(())
}
