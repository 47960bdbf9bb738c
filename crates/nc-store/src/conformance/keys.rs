use std::sync::Arc;

use super::{Outcome, records::NOW};
use crate::{KeyRecord, KeyState, Store};

pub(super) async fn keys_are_listed_oldest_first_replaced_and_deleted(store: Arc<dyn Store>) -> Outcome {
    let key = |kid: &str, created_at| KeyRecord {
        kid: kid.to_owned(),
        algorithm: "ES256".to_owned(),
        state: KeyState::Next,
        sealed: vec![1, 0, 255],
        public: r#"{"kty":"EC"}"#.to_owned(),
        created_at,
        changed_at: created_at,
    };
    let unit = store.begin().await?;
    unit.put_key(&key("young", NOW + 1)).await?;
    unit.put_key(&key("old", NOW)).await?;
    let active = KeyRecord {
        state: KeyState::Active,
        sealed: vec![2],
        changed_at: NOW + 9,
        ..key("old", NOW)
    };
    unit.put_key(&active).await?;
    unit.commit().await?;
    assert_eq!(store.list_keys().await?, [active, key("young", NOW + 1)]);
    let unit = store.begin().await?;
    assert!(unit.delete_key("old").await? && !unit.delete_key("old").await?);
    unit.commit().await?;
    assert_eq!(store.list_keys().await?, [key("young", NOW + 1)]);
    Ok(())
}
