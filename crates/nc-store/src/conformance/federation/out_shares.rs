use std::sync::Arc;

use super::{
    super::{
        Outcome,
        records::{END, NOW},
    },
    records::{issued_token, out_share},
};
use crate::{Digest, IssuedTokenRecord, OutShareRecord, OutShareState, ReshareRecord, Store, StoreError};

pub(in super::super) async fn a_share_to_another_server_is_found_by_id_number_and_secret(
    store: Arc<dyn Store>,
) -> Outcome {
    let unit = store.begin().await?;
    let number = unit.insert_out_share(&out_share("one")).await?;
    let bare = OutShareRecord {
        secret: None,
        secret_sealed: None,
        expires_at: None,
        ..out_share("two")
    };
    let next = unit.insert_out_share(&bare).await?;
    assert!(number > 0 && next > number, "{number} {next}");
    unit.commit().await?;
    let one = OutShareRecord {
        number,
        ..out_share("one")
    };
    let two = OutShareRecord { number: next, ..bare };
    assert_eq!(store.find_out_share("one").await?, Some(one.clone()));
    assert_eq!(store.find_out_share_by_number(next).await?, Some(two));
    assert_eq!(
        store.find_out_share_by_secret(Digest::of("one")).await?,
        Some(one.clone())
    );
    assert_eq!(store.find_out_share_by_secret(Digest::of("two")).await?, None);
    for strange in ["", "One", "one\0"] {
        assert_eq!(store.find_out_share(strange).await?, None, "{strange:?}");
    }
    let unit = store.begin().await?;
    assert!(unit.delete_out_share("two").await? && !unit.delete_out_share("two").await?);
    assert!(
        unit.insert_out_share(&out_share("three")).await? > next,
        "not used again"
    );
    Ok(())
}

pub(in super::super) async fn ids_and_secrets_of_shares_to_other_servers_are_taken_once(
    store: Arc<dyn Store>,
) -> Outcome {
    let unit = store.begin().await?;
    unit.insert_out_share(&out_share("one")).await?;
    let same_secret = OutShareRecord {
        secret: Some(Digest::of("one")),
        ..out_share("two")
    };
    for taken in [
        OutShareRecord {
            secret: None,
            ..out_share("one")
        },
        same_secret.clone(),
    ] {
        let again = unit.insert_out_share(&taken).await;
        assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
    }
    // Shares without a secret do not get in each other's way.
    for id in ["two", "three"] {
        let revoked = OutShareRecord {
            secret: None,
            ..out_share(id)
        };
        unit.insert_out_share(&revoked).await?;
    }
    assert!(matches!(
        unit.update_out_share(&same_secret).await,
        Err(StoreError::Exists)
    ));
    unit.commit().await?;
    assert!(store.find_out_share("three").await?.is_some());
    Ok(())
}

pub(in super::super) async fn live_shares_to_other_servers_are_listed_by_owner_and_by_node(
    store: Arc<dyn Store>,
) -> Outcome {
    let unit = store.begin().await?;
    for (id, owner, node) in [("a", "alice", 7), ("b", "bob", 7), ("c", "alice", 8)] {
        let share = OutShareRecord {
            owner: owner.to_owned(),
            node,
            ..out_share(id)
        };
        unit.insert_out_share(&share).await?;
    }
    let revoked = OutShareRecord {
        secret: None,
        secret_sealed: None,
        generation: 2,
        state: OutShareState::Revoked,
        document: "{}".to_owned(),
        expires_at: None,
        revoked_at: Some(NOW + 1),
        ..out_share("d")
    };
    let number = unit.insert_out_share(&out_share("d")).await?;
    assert!(unit.update_out_share(&revoked).await?);
    assert!(!unit.update_out_share(&out_share("nobody")).await?);
    unit.commit().await?;
    let ids = |shares: Vec<OutShareRecord>| shares.into_iter().map(|share| share.id).collect::<Vec<_>>();
    assert_eq!(ids(store.list_out_shares("alice").await?), ["a", "c"]);
    assert_eq!(ids(store.list_out_shares_of_node(7).await?), ["a", "b"]);
    assert!(store.list_out_shares("Alice").await?.is_empty());
    let found = store.find_out_share("d").await?;
    assert_eq!(found, Some(OutShareRecord { number, ..revoked }));
    Ok(())
}

pub(in super::super) async fn live_shares_whose_end_has_come_are_listed(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    for (id, expires_at, state) in [
        ("later", Some(END), OutShareState::Live),
        ("sooner", Some(NOW), OutShareState::Live),
        ("never", None, OutShareState::Live),
        ("revoked", Some(NOW), OutShareState::Revoked),
        ("not yet", Some(END + 1), OutShareState::Live),
    ] {
        unit.insert_out_share(&OutShareRecord {
            state,
            expires_at,
            ..out_share(id)
        })
        .await?;
    }
    unit.commit().await?;
    let ended = store.list_ended_out_shares(END, 9).await?;
    let ended: Vec<_> = ended.iter().map(|share| share.id.as_str()).collect();
    assert_eq!(ended, ["sooner", "later"]);
    assert_eq!(store.list_ended_out_shares(END, 1).await?.len(), 1);
    Ok(())
}

pub(in super::super) async fn issued_tokens_live_until_they_end_or_are_taken_back(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.insert_out_share(&out_share("one")).await?;
    unit.insert_out_share(&out_share("two")).await?;
    for (jti, share, issued_at, expires_at) in [
        ("young", "one", NOW + 1, END),
        ("old", "one", NOW, END),
        ("long", "one", NOW + 2, END + 1),
        ("other", "two", NOW, END),
    ] {
        unit.insert_issued_token(&IssuedTokenRecord {
            issued_at,
            expires_at,
            ..issued_token(jti, share)
        })
        .await?;
    }
    let again = unit.insert_issued_token(&issued_token("old", "two")).await;
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
    assert!(unit.insert_issued_token(&issued_token("x", "nobody")).await.is_err());
    unit.commit().await?;

    let live = async |now| {
        let tokens = store.list_live_tokens("one", now).await?;
        Ok::<Vec<String>, StoreError>(tokens.into_iter().map(|token| token.jti).collect())
    };
    assert_eq!(live(NOW).await?, ["old", "young", "long"]);
    assert_eq!(live(END).await?, ["long"]);
    assert_eq!(
        store.find_issued_token("old").await?,
        Some(issued_token("old", "one")),
        "also when it has ended"
    );
    let unit = store.begin().await?;
    assert!(unit.revoke_issued_token("old", NOW + 3).await?);
    assert!(!unit.revoke_issued_token("old", NOW + 4).await?);
    assert!(!unit.revoke_issued_token("nobody", NOW).await?);
    assert_eq!(unit.revoke_issued_tokens("one", NOW + 5).await?, 2);
    unit.commit().await?;
    let revoked_at = |token: Option<IssuedTokenRecord>| token.and_then(|token| token.revoked_at);
    assert_eq!(revoked_at(store.find_issued_token("old").await?), Some(NOW + 3));
    assert_eq!(revoked_at(store.find_issued_token("long").await?), Some(NOW + 5));
    assert_eq!(live(NOW).await?, Vec::<String>::new());
    assert_eq!(store.list_live_tokens("two", NOW).await?.len(), 1);

    let unit = store.begin().await?;
    unit.delete_out_share("two").await?;
    assert_eq!(unit.find_issued_token("other").await?, None, "went with its share");
    Ok(())
}

pub(in super::super) async fn a_reshare_may_be_without_a_secret_and_gets_one(store: Arc<dyn Store>) -> Outcome {
    let old = ReshareRecord {
        share: "one".to_owned(),
        remote_id: "there".to_owned(),
        secret_sealed: None,
    };
    let unit = store.begin().await?;
    assert!(unit.put_reshare(&old).await.is_err(), "there is no such share");
    unit.insert_out_share(&out_share("one")).await?;
    unit.put_reshare(&old).await?;
    unit.commit().await?;
    assert_eq!(store.find_reshare("one").await?, Some(old.clone()));
    assert_eq!(store.find_reshare("two").await?, None);
    let new = ReshareRecord {
        secret_sealed: Some(vec![0, 9]),
        remote_id: "elsewhere".to_owned(),
        ..old
    };
    let unit = store.begin().await?;
    unit.put_reshare(&new).await?;
    assert_eq!(unit.find_reshare("one").await?, Some(new));
    unit.delete_out_share("one").await?;
    assert_eq!(unit.find_reshare("one").await?, None);
    Ok(())
}
