use std::sync::Arc;

use super::{
    Outcome,
    records::{END, NOW, access_token, client, code, consent, grant, refresh_token, session, ticket, with_grant},
};
use crate::{
    AccessTokenRecord, AuditRecord, CodeRecord, ConsentRecord, Digest, GrantRecord, NewClient, RefreshState,
    RefreshTokenRecord, SessionRecord, Store, TicketKind, TicketRecord,
};

/// Two of each kind, of which one ends at `END` and the other a second later, and a sweep at `END`.
pub(super) async fn a_sweep_removes_exactly_what_has_ended(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    for (name, expires_at) in [("ended", Some(END)), ("live", Some(END + 1)), ("client", None)] {
        let client = NewClient {
            expires_at,
            ..client(name)
        };
        unit.insert_client(&client).await?;
    }
    for (name, expires_at) in [("ended", END), ("live", END + 1)] {
        let grant = grant(name);
        unit.insert_grant(&grant).await?;
        let grant = grant.id;
        let kind = TicketKind::PushedRequest;
        unit.put_ticket(&TicketRecord {
            expires_at,
            ..ticket(kind, name)
        })
        .await?;
        unit.see_once(Digest::of(name), expires_at, NOW).await?;
        let code = code(name);
        unit.insert_code(&CodeRecord {
            grant: grant.clone(),
            expires_at,
            ..code
        })
        .await?;
        let refresh = refresh_token(name);
        unit.insert_refresh_token(&RefreshTokenRecord {
            grant: grant.clone(),
            expires_at,
            ..refresh
        })
        .await?;
        let access = access_token(name);
        unit.insert_access_token(&AccessTokenRecord {
            grant,
            expires_at,
            ..access
        })
        .await?;
        unit.insert_session(&SessionRecord {
            expires_at,
            ..session(name)
        })
        .await?;
        unit.put_consent(&ConsentRecord {
            expires_at,
            ..consent(name)
        })
        .await?;
    }
    let audit = |at| AuditRecord {
        at,
        event: "event".to_owned(),
        document: "{}".to_owned(),
    };
    unit.append_audit(&audit(NOW - 1)).await?;
    unit.append_audit(&audit(NOW)).await?;
    unit.commit().await?;

    let unit = store.begin().await?;
    // Of each of the nine kinds one, and the grant of which nothing is left.
    assert_eq!(unit.sweep(END, NOW).await?, 10);
    assert_eq!(unit.sweep(END, NOW).await?, 0);
    unit.commit().await?;

    for (name, left) in [("ended", false), ("live", true)] {
        let key = Digest::of(name);
        let unit = store.begin().await?;
        assert_eq!(unit.spend_code(key).await?.is_some(), left, "code");
        // What is swept does not come back with an earlier time.
        assert_eq!(
            unit.find_ticket(TicketKind::PushedRequest, key, NOW).await?.is_some(),
            left
        );
        assert_eq!(unit.see_once(key, END, NOW).await?, !left, "seen");
        assert_eq!(unit.find_client(name).await?.is_some(), left, "client");
        assert_eq!(unit.find_grant(name).await?.is_some(), left, "grant");
        assert_eq!(unit.find_refresh_token(key).await?.is_some(), left, "refresh token");
        assert_eq!(unit.find_access_token(key).await?.is_some(), left, "access token");
        assert_eq!(unit.find_session(key, NOW).await?.is_some(), left, "session");
        assert_eq!(
            unit.find_consent("alice", "client", name).await?.is_some(),
            left,
            "consent"
        );
    }
    assert!(store.find_client("client").await?.is_some(), "a client without end");
    let log = store.list_audit(9).await?;
    assert!(
        matches!(log.as_slice(), [entry] if entry.record == audit(NOW)),
        "{log:?}"
    );
    Ok(())
}

pub(super) async fn a_sweep_leaves_grants_that_something_is_left_of(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    for id in ["code", "refresh", "access", "nothing"] {
        unit.insert_grant(&GrantRecord {
            revoked_at: Some(NOW),
            ..grant(id)
        })
        .await?;
    }
    unit.insert_code(&CodeRecord {
        grant: "code".to_owned(),
        ..code("x")
    })
    .await?;
    unit.insert_refresh_token(&RefreshTokenRecord {
        grant: "refresh".to_owned(),
        ..refresh_token("x")
    })
    .await?;
    unit.insert_access_token(&AccessTokenRecord {
        grant: "access".to_owned(),
        ..access_token("x")
    })
    .await?;
    unit.insert_access_token(&access_token("y")).await?;
    assert_eq!(unit.sweep(NOW, NOW).await?, 1);
    for (id, left) in [
        ("code", true),
        ("refresh", true),
        ("access", true),
        ("grant", true),
        ("nothing", false),
    ] {
        assert_eq!(unit.find_grant(id).await?.is_some(), left, "{id}");
    }
    Ok(())
}

/// A family with a spent code, a spent and a void refresh token, which all ended long ago, and a live token.
pub(super) async fn what_was_spent_stays_until_its_family_ends(store: Arc<dyn Store>) -> Outcome {
    with_grant(&*store).await?;
    let unit = store.begin().await?;
    let spent = CodeRecord {
        expires_at: NOW,
        ..code("spent")
    };
    unit.insert_code(&spent).await?;
    unit.spend_code(spent.code).await?;
    for (name, state, expires_at) in [
        ("spent", RefreshState::Spent, NOW),
        ("void", RefreshState::Void, NOW),
        ("live", RefreshState::Live, END - 2),
    ] {
        unit.insert_refresh_token(&RefreshTokenRecord {
            state,
            expires_at,
            ..refresh_token(name)
        })
        .await?;
    }
    unit.insert_access_token(&AccessTokenRecord {
        expires_at: END - 1,
        ..access_token("access")
    })
    .await?;
    unit.commit().await?;

    // First the live refresh token ends, a second later the access token, and with it the family. Its client ends later.
    for (now, left) in [(END - 3, true), (END - 2, true), (END - 1, false)] {
        let unit = store.begin().await?;
        unit.sweep(now, NOW).await?;
        unit.commit().await?;
        for name in ["spent", "void"] {
            let found = store.find_refresh_token(Digest::of(name)).await?;
            assert_eq!(found.is_some(), left, "{name} at {now}");
        }
        assert_eq!(store.find_grant("grant").await?.is_some(), left, "at {now}");
        // Dropped with its unit.
        let again = store.begin().await?.spend_code(spent.code).await?;
        assert_eq!(again.map(|spent| spent.again), left.then_some(true), "at {now}");
    }
    Ok(())
}
