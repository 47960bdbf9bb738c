use std::sync::Arc;

use super::Outcome;
use crate::Store;

pub(super) async fn settings_are_put_listed_and_deleted(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.put_setting("b", Some("1")).await?;
    unit.put_setting("a", Some("")).await?;
    unit.put_setting("b", Some("2")).await?;
    unit.put_setting("c", Some("3")).await?;
    unit.put_setting("c", None).await?;
    unit.put_setting("d", None).await?;
    unit.commit().await?;
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(store.list_settings().await?, [pair("a", ""), pair("b", "2")]);
    assert_eq!(store.find_setting("b").await?.as_deref(), Some("2"));
    assert_eq!(
        store.find_setting("a").await?.as_deref(),
        Some(""),
        "empty is not absent"
    );
    assert_eq!(store.find_setting("c").await?, None);
    Ok(())
}
