use std::sync::Arc;

use super::{
    Outcome,
    records::{END, NOW, credential},
};
use crate::{CredentialKind, CredentialRecord, CredentialState, Store, StoreError};

const ISSUER: &str = "https://mcp.example";

pub(super) async fn a_credential_is_found_replaced_and_deleted(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let number = unit.put_credential(&credential("alice")).await?;
    unit.commit().await?;
    let stored = CredentialRecord {
        number,
        ..credential("alice")
    };
    let kind = CredentialKind::AppPassword;
    let found = store.find_credential(ISSUER, "alice", kind).await?;
    assert_eq!(found.as_ref(), Some(&stored));
    for (issuer, subject, kind) in [
        (ISSUER, "bob", kind),
        ("https://other.example", "alice", kind),
        (ISSUER, "alice", CredentialKind::Refresh),
    ] {
        assert_eq!(store.find_credential(issuer, subject, kind).await?, None);
    }
    let changed = CredentialRecord {
        state: CredentialState::Revoked,
        sealed: b"other".to_vec(),
        document: "{}".to_owned(),
        changed_at: NOW + 1,
        expires_at: Some(END),
        ..stored
    };
    let unit = store.begin().await?;
    assert_eq!(unit.put_credential(&changed).await?, number);
    assert_eq!(unit.find_credential(ISSUER, "alice", kind).await?, Some(changed));
    assert!(unit.delete_credential(number).await?);
    assert!(!unit.delete_credential(number).await?);
    unit.commit().await?;
    assert_eq!(store.find_credential(ISSUER, "alice", kind).await?, None);
    Ok(())
}

pub(super) async fn a_subject_has_one_credential_of_a_kind_besides_discarded_ones(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let number = unit.put_credential(&credential("alice")).await?;
    let second = unit.put_credential(&credential("alice")).await;
    assert!(matches!(second, Err(StoreError::Exists)), "{second:?}");
    let refresh = CredentialRecord {
        kind: CredentialKind::Refresh,
        ..credential("alice")
    };
    unit.put_credential(&refresh).await?;
    let discarded = CredentialRecord {
        number,
        state: CredentialState::Discarded,
        ..credential("alice")
    };
    unit.put_credential(&discarded).await?;
    let kind = CredentialKind::AppPassword;
    assert_eq!(unit.find_credential(ISSUER, "alice", kind).await?, None);
    let third = unit.put_credential(&credential("alice")).await?;
    let found = unit.find_credential(ISSUER, "alice", kind).await?;
    assert_eq!(found.map(|found| found.number), Some(third));
    unit.commit().await?;
    Ok(())
}

pub(super) async fn credentials_are_listed_in_order_of_number_page_by_page(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    for subject in ["carol", "alice", "bob"] {
        unit.put_credential(&credential(subject)).await?;
    }
    unit.commit().await?;
    let subjects = |list: Vec<CredentialRecord>| list.into_iter().map(|one| one.subject).collect::<Vec<_>>();
    let first = store.list_credentials(0, 2).await?;
    let last = first.last().map_or(0, |one| one.number);
    assert_eq!(subjects(first), ["carol", "alice"]);
    assert_eq!(subjects(store.list_credentials(last, 2).await?), ["bob"]);
    Ok(())
}
