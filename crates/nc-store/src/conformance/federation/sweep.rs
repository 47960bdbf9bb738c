use std::sync::Arc;

use super::{
    super::{
        Outcome,
        records::{END, NOW},
    },
    records::{in_share, issued_token, member, message, out_share},
};
use crate::{
    InShareRecord,
    InShareState::{Accepted, AuthFailed, Dead, Declined, Pending},
    IssuedTokenRecord, OutboxRecord, Store,
};

/// How long issued tokens are remembered.
const HOUR: i64 = 3600;

pub(in super::super) async fn a_sweep_clears_what_has_ended_between_servers(store: Arc<dyn Store>) -> Outcome {
    let held = |id: &str, ends| InShareRecord {
        state: Accepted,
        token_sealed: Some(vec![1]),
        token_expires_at: Some(ends),
        token_generation: 5,
        lease_owner: Some("process".to_owned()),
        lease_until: Some(ends),
        ..in_share(id)
    };
    let unit = store.begin().await?;
    unit.insert_out_share(&out_share("out")).await?;
    for (name, expires_at) in [("ended", END), ("live", END + 1)] {
        unit.insert_in_share(&held(name, expires_at)).await?;
        unit.insert_message(&OutboxRecord {
            expires_at,
            ..message(name)
        })
        .await?;
        unit.insert_issued_token(&IssuedTokenRecord {
            expires_at: expires_at - HOUR,
            ..issued_token(name, "out")
        })
        .await?;
    }
    // A token that has just ended is still known.
    unit.insert_issued_token(&issued_token("remembered", "out")).await?;
    unit.commit().await?;

    let unit = store.begin().await?;
    // A token, a lease, a message and an issued token.
    assert_eq!(unit.sweep_federation(END).await?, 4);
    assert_eq!(unit.sweep_federation(END).await?, 0);
    unit.commit().await?;

    let ended = store.find_in_share("ended").await?.expect("the share itself stays");
    let cleared = InShareRecord {
        number: ended.number,
        token_sealed: None,
        token_expires_at: None,
        lease_owner: None,
        lease_until: None,
        ..held("ended", END)
    };
    assert_eq!(ended, cleared, "the count of tokens and the secret stay");
    let live = store.find_in_share("live").await?.expect("there");
    assert_eq!(
        live,
        InShareRecord {
            number: live.number,
            ..held("live", END + 1)
        }
    );
    let waiting = store.list_due_messages(NOW, 9).await?;
    assert!(
        matches!(&waiting[..], [message] if message.host == "live"),
        "{waiting:?}"
    );
    for (jti, left) in [("ended", false), ("live", true), ("remembered", true)] {
        assert_eq!(store.find_issued_token(jti).await?.is_some(), left, "{jti}");
    }
    assert!(store.find_out_share("out").await?.is_some());
    Ok(())
}

pub(in super::super) async fn a_sweep_deletes_shares_that_every_person_declined(store: Arc<dyn Store>) -> Outcome {
    let shares = [
        (
            "all declined",
            Pending,
            &[("ann", Declined), ("bob", Declined)][..],
            false,
        ),
        ("one waits", Pending, &[("ann", Declined), ("bob", Pending)], true),
        ("one accepted", Declined, &[("ann", Declined), ("bob", Accepted)], true),
        ("declined without anybody", Declined, &[], false),
        ("new without anybody", Pending, &[], true),
        ("revoked", AuthFailed, &[("ann", Accepted)], true),
        ("dead", Dead, &[("ann", Accepted)], true),
    ];
    let unit = store.begin().await?;
    for (id, state, members, _) in &shares {
        unit.insert_in_share(&InShareRecord {
            state: *state,
            ..in_share(id)
        })
        .await?;
        for (user, state) in *members {
            unit.put_in_share_member(&member(id, user, *state)).await?;
        }
    }
    assert_eq!(unit.sweep_federation(NOW).await?, 2);
    for (id, .., left) in shares {
        assert_eq!(unit.find_in_share(id).await?.is_some(), left, "{id}");
    }
    assert!(unit.list_in_share_members("all declined").await?.is_empty());
    Ok(())
}

pub(in super::super) async fn a_sweep_forgets_shares_that_are_over_for_long(store: Arc<dyn Store>) -> Outcome {
    const MONTH: i64 = 30 * 24 * 3600;
    let shares = [
        ("dead for long", Dead, NOW - MONTH, None, false),
        ("dead", Dead, NOW - MONTH + 1, None, true),
        ("over for long", Accepted, NOW - MONTH, Some(NOW - MONTH), false),
        ("over", Accepted, NOW - MONTH, Some(NOW), true),
        ("old", Accepted, NOW - 2 * MONTH, Some(NOW + 1), true),
    ];
    let unit = store.begin().await?;
    for (id, state, created_at, expires_at, _) in shares {
        unit.insert_in_share(&InShareRecord {
            state,
            created_at,
            expires_at,
            ..in_share(id)
        })
        .await?;
    }
    unit.sweep_federation(NOW).await?;
    for (id, _, _, expires_at, left) in shares {
        let found = unit.find_in_share(id).await?;
        assert_eq!(found.is_some(), left, "{id}");
        let has_secret = found.is_some_and(|share| share.secret_sealed.is_some());
        assert_eq!(has_secret, left && expires_at != Some(NOW), "{id}");
    }
    Ok(())
}

pub(in super::super) async fn a_sweep_leaves_offers_to_whoever_gives_them_up(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.insert_message(&OutboxRecord {
        kind: "share".to_owned(),
        ..message("other.example")
    })
    .await?;
    assert_eq!(unit.sweep_federation(END + 1).await?, 0);
    assert!(unit.find_first_message("other.example").await?.is_some());
    Ok(())
}
