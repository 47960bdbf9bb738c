use std::sync::Arc;

use super::{
    Outcome,
    records::{END, NOW, access_token, client, code, refresh_token, with_grant},
};
use crate::{GrantRecord, RefreshState, RefreshTokenRecord, Store, Unit};

pub(super) async fn a_credential_is_unneeded_when_its_time_is_over_and_nothing_is_granted(
    store: Arc<dyn Store>,
) -> Outcome {
    let unit = store.begin().await?;
    for (uid, subject) in [("alice", "s1"), ("bob", "s2"), ("carol", "s3")] {
        unit.get_subject("https://cloud.example", uid, subject, NOW).await?;
    }
    unit.note_credential("s1", Some(NOW + 10)).await?;
    unit.note_credential("s2", Some(NOW + 20)).await?;
    unit.note_credential("nobody", Some(NOW)).await?;
    unit.need_credential("s3", NOW).await?;
    unit.commit().await?;
    assert!(store.list_unneeded_credentials(None, NOW + 9).await?.is_empty());
    assert_eq!(store.list_unneeded_credentials(None, NOW + 10).await?, ["s1"]);
    assert_eq!(store.list_unneeded_credentials(None, NOW + 20).await?, ["s1", "s2"]);
    assert_eq!(store.list_unneeded_credentials(Some("s2"), NOW + 20).await?, ["s2"]);
    assert!(store.list_unneeded_credentials(Some("s3"), NOW + 20).await?.is_empty());
    let unit = store.begin().await?;
    unit.need_credential("s1", NOW + 30).await?;
    unit.note_credential("s2", None).await?;
    assert!(unit.list_unneeded_credentials(None, NOW + 29).await?.is_empty());
    assert_eq!(unit.list_unneeded_credentials(None, NOW + 30).await?, ["s1"]);
    unit.commit().await
}

pub(super) async fn what_is_left_of_a_grant_decides_whether_a_credential_is_needed(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    unit.get_subject("https://cloud.example", "alice", "alice", NOW).await?;
    unit.note_credential("alice", Some(NOW)).await?;
    let is_needed = async |unit: &dyn Unit, now: i64| {
        let unneeded = unit.list_unneeded_credentials(Some("alice"), now).await?;
        Ok::<_, crate::StoreError>(unneeded.is_empty())
    };
    assert!(
        !is_needed(&*unit, NOW).await?,
        "a grant of which nothing is left is none"
    );
    unit.insert_code(&code("code")).await?;
    assert!(is_needed(&*unit, END - 1).await? && !is_needed(&*unit, END).await?);
    unit.spend_code(code("code").code).await?;
    assert!(!is_needed(&*unit, NOW).await?, "the code was spent and gave nothing");
    unit.insert_access_token(&access_token("access")).await?;
    assert!(is_needed(&*unit, END - 1).await? && !is_needed(&*unit, END).await?);
    unit.revoke_access_token(access_token("access").token, NOW).await?;
    assert!(!is_needed(&*unit, NOW).await?);
    let refresh = refresh_token("refresh");
    unit.insert_refresh_token(&refresh).await?;
    assert!(is_needed(&*unit, END - 1).await? && !is_needed(&*unit, END).await?);
    for state in [RefreshState::Spent, RefreshState::Void] {
        unit.update_refresh_token(&RefreshTokenRecord {
            state,
            ..refresh.clone()
        })
        .await?;
        assert!(!is_needed(&*unit, NOW).await?, "{state:?}");
    }
    unit.update_refresh_token(&refresh).await?;
    assert!(is_needed(&*unit, NOW).await?);
    unit.revoke_grant("grant", NOW).await?;
    assert!(!is_needed(&*unit, NOW).await?);
    // What somebody else was granted changes nothing.
    unit.insert_client(&client("other")).await?;
    let bob = GrantRecord {
        id: "bob's".to_owned(),
        subject: Some("bob".to_owned()),
        ..super::records::grant("")
    };
    unit.insert_grant(&bob).await?;
    unit.insert_refresh_token(&RefreshTokenRecord {
        grant: bob.id,
        ..refresh_token("bob's")
    })
    .await?;
    assert!(!is_needed(&*unit, NOW).await?);
    unit.commit().await
}
