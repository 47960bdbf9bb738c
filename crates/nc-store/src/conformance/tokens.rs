use std::sync::Arc;

use super::{
    Outcome,
    records::{END, NOW, access_token, code, grant, refresh_token, with_grant},
    units::ended,
};
use crate::{
    AccessTokenRecord, ClientRecord, CodeRecord, Digest, RefreshState, RefreshTokenRecord, SpentCode, Store, StoreError,
};

pub(super) async fn a_code_is_spent_once_and_a_second_use_is_told(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    unit.insert_code(&code("code")).await?;
    unit.commit().await?;
    for again in [false, true, true] {
        let unit = store.begin().await?;
        let record = code("code");
        assert_eq!(unit.spend_code(record.code).await?, Some(SpentCode { record, again }));
        unit.commit().await?;
    }
    let unit = store.begin().await?;
    assert_eq!(unit.spend_code(Digest::of("another")).await?, None);
    Ok(())
}

pub(super) async fn a_code_that_has_ended_is_still_spent(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    let ended = CodeRecord {
        expires_at: 1,
        ..code("code")
    };
    unit.insert_code(&ended).await?;
    let spent = unit.spend_code(ended.code).await?.expect("the code");
    assert!(!spent.again && spent.record.expires_at == 1);
    Ok(())
}

pub(super) async fn a_refresh_token_keeps_its_ancestry_through_its_states(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    let mut first = refresh_token("first");
    let second = RefreshTokenRecord {
        parent: Some(first.token),
        ..refresh_token("second")
    };
    unit.insert_refresh_token(&first).await?;
    unit.insert_refresh_token(&second).await?;
    first.state = RefreshState::Spent;
    first.spent_at = Some(NOW + 1);
    first.successor = Some(second.token);
    unit.update_refresh_token(&first).await?;
    unit.commit().await?;
    assert_eq!(store.find_refresh_token(first.token).await?.as_ref(), Some(&first));
    assert_eq!(store.find_refresh_token(second.token).await?.as_ref(), Some(&second));
    let unit = store.begin().await?;
    first.state = RefreshState::Void;
    unit.update_refresh_token(&first).await?;
    assert_eq!(unit.find_refresh_token(first.token).await?, Some(first));
    assert_eq!(unit.find_refresh_token(Digest::of("third")).await?, None);
    Ok(())
}

pub(super) async fn an_access_token_comes_with_its_grant(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    let ended = AccessTokenRecord {
        expires_at: 1,
        ..access_token("ended")
    };
    unit.insert_access_token(&access_token("live")).await?;
    unit.insert_access_token(&ended).await?;
    unit.commit().await?;
    let live = store.find_access_token(Digest::of("live")).await?;
    assert_eq!(live, Some((access_token("live"), grant("grant"))));
    assert_eq!(
        store.find_access_token(ended.token).await?,
        Some((ended, grant("grant")))
    );
    assert_eq!(store.find_access_token(Digest::of("none")).await?, None);
    Ok(())
}

pub(super) async fn revoking_a_grant_shows_at_its_tokens_at_once(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    unit.insert_access_token(&access_token("access")).await?;
    unit.commit().await?;
    let revoked_at = async || {
        let found = store.find_access_token(Digest::of("access")).await?;
        Ok::<_, StoreError>(found.expect("the token").1.revoked_at)
    };
    assert_eq!(revoked_at().await?, None);
    let unit = store.begin().await?;
    unit.revoke_grant("grant", NOW + 1).await?;
    unit.commit().await?;
    // More often than there are readers: each of them must know.
    for _ in 0..16 {
        assert_eq!(revoked_at().await?, Some(NOW + 1));
    }
    Ok(())
}

pub(super) async fn access_tokens_are_revoked_alone_or_all_of_a_grant(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    for token in ["a", "b", "c"] {
        unit.insert_access_token(&access_token(token)).await?;
    }
    unit.insert_grant(&grant("another")).await?;
    let elsewhere = AccessTokenRecord {
        grant: "another".to_owned(),
        ..access_token("elsewhere")
    };
    unit.insert_access_token(&elsewhere).await?;
    assert!(unit.revoke_access_token(Digest::of("a"), NOW + 1).await?);
    assert!(!unit.revoke_access_token(Digest::of("a"), NOW + 2).await?);
    assert!(!unit.revoke_access_token(Digest::of("none"), NOW).await?);
    unit.revoke_access_tokens("grant", NOW + 3).await?;
    for (token, expected) in [
        ("a", Some(NOW + 1)),
        ("b", Some(NOW + 3)),
        ("c", Some(NOW + 3)),
        ("elsewhere", None),
    ] {
        let (found, grant) = unit.find_access_token(Digest::of(token)).await?.expect("the token");
        assert_eq!((found.revoked_at, grant.revoked_at), (expected, None), "{token}");
    }
    Ok(())
}

pub(super) async fn an_access_token_comes_with_the_client_of_its_grant(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    unit.insert_access_token(&access_token("access")).await?;
    // Nothing of it is what the grant or the token has under the same name.
    let client = ClientRecord {
        document: r#"{"name":"changed"}"#.to_owned(),
        expires_at: Some(NOW + 9),
        disabled: true,
        ..unit.find_client("client").await?.expect("the client")
    };
    unit.update_client(&client).await?;
    let found = unit.find_access_token_and_client(Digest::of("access")).await?;
    assert_eq!(found, Some((access_token("access"), grant("grant"), client)));
    unit.commit().await?;
    assert!(store.find_access_token_and_client(Digest::of("none")).await?.is_none());
    let unit = store.begin().await?;
    unit.revoke_grant("grant", NOW).await?;
    unit.commit().await?;
    let (_, grant, _) = store
        .find_access_token_and_client(Digest::of("access"))
        .await?
        .expect("a revoked one");
    assert_eq!(grant.revoked_at, Some(NOW));
    Ok(())
}

pub(super) async fn a_token_of_unknown_kind_is_found_with_its_grant(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let (access, refresh, none) = (Digest::of("access"), Digest::of("refresh"), Digest::of("none"));
    let unit = store.begin().await?;
    unit.insert_access_token(&access_token("access")).await?;
    unit.insert_refresh_token(&refresh_token("refresh")).await?;
    let of_access = Some((access_token("access"), grant("grant")));
    let of_refresh = Some((refresh_token("refresh"), grant("grant")));
    let found = unit.find_token(access, refresh).await?;
    assert_eq!((&found.access, &found.refresh), (&of_access, &of_refresh));
    unit.commit().await?;
    assert_eq!(store.find_token(access, refresh).await?, found);
    let found = store.find_token(refresh, access).await?;
    assert_eq!(
        (found.access, found.refresh),
        (None, None),
        "each is looked for as what it may be"
    );
    let found = store.find_token(access, none).await?;
    assert_eq!((found.access, found.refresh), (of_access, None));
    let found = store.find_token(none, refresh).await?;
    assert_eq!((found.access, found.refresh), (None, of_refresh));
    Ok(())
}

pub(super) async fn tokens_need_a_grant_and_are_stored_once(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let made = unit.insert_code(&code("code")).await;
    assert!(ended(unit, made).await.is_err());
    let unit = store.begin().await?;
    let made = unit.insert_refresh_token(&refresh_token("refresh")).await;
    assert!(ended(unit, made).await.is_err());
    let unit = store.begin().await?;
    let made = unit.insert_access_token(&access_token("access")).await;
    assert!(ended(unit, made).await.is_err());
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    let token = access_token("access");
    unit.insert_access_token(&token).await?;
    let again = unit
        .insert_access_token(&AccessTokenRecord {
            expires_at: END + 1,
            ..token
        })
        .await;
    let again = ended(unit, again).await;
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
    assert!(store.find_access_token(Digest::of("access")).await?.is_none());
    Ok(())
}
