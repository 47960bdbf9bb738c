//! Shares to other servers from their beginning to their end.

use nc_auth::federation::{Federation as _, OutShareFilter, ShareAuth as _};
use nc_proto::apps::sharing::SharePermissions;
use nc_store::OutShareState;
use serde_json::json;

use crate::{
    recipient::{Recipient, bearer, is_unauthorized, new_share, scene},
    support::{Options, Server, clock},
};

#[tokio::test]
async fn a_revoked_share_opens_nothing_and_the_other_server_is_told_after_that() {
    let (server, recipient, given) = scene().await;
    let token = recipient.token(&server, &given.secret).await;
    let principal = bearer(&server, &token).await.expect("opened");
    assert!(server.ocm.is_still_good(&principal, SharePermissions::READ).await);
    server.ocm.revoke(given.share.number).await.expect("revoked");
    assert!(is_unauthorized(&bearer(&server, &token).await));
    assert!(!server.ocm.is_still_good(&principal, SharePermissions::READ).await);
    assert_eq!(recipient.exchange(&server, &given.secret).await.0, 400);
    let record = server.out_share(&given.share.id).await;
    assert_eq!((record.state, record.generation), (OutShareState::Revoked, 2));
    assert_eq!(
        (record.secret, record.secret_sealed),
        (None, None),
        "the secret is erased"
    );
    assert!(
        server
            .ocm
            .outgoing(&OutShareFilter::Number(given.share.number))
            .await
            .expect("asked")
            .is_empty()
    );
    assert!(server.ocm.revoke(given.share.number).await.is_err(), "once");
    recipient.peer.take();
    server.ocm.send_due().await.expect("sent");
    let told = recipient.got("/ocm/notifications");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (&told[0]["notificationType"], &told[0]["providerId"]),
        (&json!("SHARE_UNSHARED"), &json!(given.share.id))
    );
}

#[tokio::test]
async fn a_file_that_is_gone_ends_its_shares() {
    let (server, recipient, given) = scene().await;
    let second = recipient
        .given_by(&server, new_share(&recipient.address("carol")))
        .await
        .expect("shared");
    let token = recipient.token(&server, &second.secret).await;
    assert_eq!(
        server
            .ocm
            .outgoing(&OutShareFilter::Node(41))
            .await
            .expect("asked")
            .len(),
        2
    );
    server.ocm.node_deleted(40).await.expect("nothing there");
    assert!(bearer(&server, &token).await.is_ok());
    server.ocm.node_deleted(41).await.expect("ended");
    assert!(is_unauthorized(&bearer(&server, &token).await));
    assert!(
        server
            .ocm
            .outgoing(&OutShareFilter::Node(41))
            .await
            .expect("asked")
            .is_empty()
    );
    assert_eq!(recipient.exchange(&server, &given.secret).await.0, 400);
}

/// An exchange either ends before the share does, and its token ends with it, or finds it ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ocm_n075_no_token_outlives_a_share_that_ends_at_the_same_time() {
    let options = Options::new(&clock()).config(|config| config.shares_per_host_per_hour = 1000);
    let server = Server::with(options).await;
    let recipient = Recipient::start().await;
    let (mut exchanged, mut refused) = (0, 0);
    for run in 0..100 {
        let given = recipient
            .given_by(&server, new_share(&recipient.address(&format!("bob{run}"))))
            .await;
        let given = given.expect("shared");
        let exchange = recipient.exchange(&server, &given.secret);
        let end = async {
            for _ in 0..run % 10 {
                tokio::task::yield_now().await;
            }
            server.ocm.revoke(given.share.number).await
        };
        let ((status, body), ended) = tokio::join!(exchange, end);
        ended.expect("revoked");
        if status == 200 {
            exchanged += 1;
            let token = body["access_token"].as_str().expect("a token");
            assert!(is_unauthorized(&bearer(&server, token).await), "run {run}");
        } else {
            refused += 1;
            assert_eq!(body["error"], json!("invalid_grant"), "run {run}");
        }
        let now = server.clock.now().unix_timestamp();
        let live = server
            .store
            .list_live_tokens(&given.share.id, now)
            .await
            .expect("asked");
        assert!(live.is_empty(), "run {run}: {live:?}");
    }
    assert_eq!(exchanged + refused, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ocm_n076_clearing_during_exchanges_loses_no_live_token_and_leaves_no_orphan() {
    let (server, recipient, given) = scene().await;
    let old = recipient.token(&server, &given.secret).await;
    server.clock.advance(time::Duration::seconds(600 + 3601));
    let exchanges = async {
        let mut tokens = Vec::new();
        for _ in 0..20 {
            tokens.push(recipient.token(&server, &given.secret).await);
        }
        tokens
    };
    let clearing = async {
        for _ in 0..20 {
            server.ocm.upkeep().await.expect("cleared");
            tokio::task::yield_now().await;
        }
    };
    let (tokens, ()) = tokio::join!(exchanges, clearing);
    for token in &tokens {
        assert!(bearer(&server, token).await.is_ok());
    }
    assert!(is_unauthorized(&bearer(&server, &old).await));
    let unit = server.store.begin().await.expect("a unit");
    assert!(unit.delete_out_share(&given.share.id).await.expect("deleted"));
    unit.commit().await.expect("committed");
    for token in &tokens {
        assert!(
            is_unauthorized(&bearer(&server, token).await),
            "tokens go with their share"
        );
    }
}

#[tokio::test]
async fn ocm_n077_after_a_restart_tokens_still_verify_and_revoked_ones_do_not() {
    let (server, recipient, given) = scene().await;
    let second = recipient
        .given_by(&server, new_share(&recipient.address("carol")))
        .await
        .expect("shared");
    let good = recipient.token(&server, &given.secret).await;
    let revoked = recipient.token(&server, &second.secret).await;
    server.ocm.revoke(second.share.number).await.expect("revoked");
    let server = server.restart().await;
    assert!(bearer(&server, &good).await.is_ok());
    assert!(is_unauthorized(&bearer(&server, &revoked).await));
    assert_eq!(recipient.exchange(&server, &given.secret).await.0, 200);
    assert_eq!(recipient.exchange(&server, &second.secret).await.0, 400);
}

#[tokio::test]
async fn beyond_the_limit_of_live_tokens_the_oldest_ends() {
    let options = Options::new(&clock()).config(|config| config.live_tokens_per_share = 2);
    let server = Server::with(options).await;
    let recipient = Recipient::start().await;
    let given = recipient.given(&server).await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(recipient.token(&server, &given.secret).await);
        server.clock.advance(time::Duration::seconds(1));
    }
    assert!(is_unauthorized(&bearer(&server, &tokens[0]).await));
    assert!(bearer(&server, &tokens[1]).await.is_ok() && bearer(&server, &tokens[2]).await.is_ok());
}

#[tokio::test]
async fn a_share_ends_by_itself_when_its_time_is_over() {
    let server = Server::start(&clock()).await;
    let recipient = Recipient::start().await;
    let mut new = new_share(&recipient.address("bob"));
    new.expires_at = Some(server.clock.now().unix_timestamp() + 60);
    let given = recipient.given_by(&server, new).await.expect("shared");
    assert_eq!(given.message["expiration"], json!(given.share.expires_at));
    let token = recipient.token(&server, &given.secret).await;
    server.clock.advance(time::Duration::seconds(60));
    assert!(is_unauthorized(&bearer(&server, &token).await));
    assert_eq!(recipient.exchange(&server, &given.secret).await.0, 400);
    let record = server.out_share(&given.share.id).await;
    assert_eq!((record.state, record.secret), (OutShareState::Revoked, None));
    assert!(
        server
            .ocm
            .outgoing(&OutShareFilter::Sharer(nc_auth::UserId::new("alice")))
            .await
            .expect("asked")
            .is_empty()
    );
}

#[tokio::test]
async fn upkeep_ends_shares_whose_time_is_over_and_tells_the_other_server() {
    let server = Server::start(&clock()).await;
    let recipient = Recipient::start().await;
    let mut new = new_share(&recipient.address("bob"));
    new.expires_at = Some(server.clock.now().unix_timestamp() + 60);
    let given = recipient.given_by(&server, new).await.expect("shared");
    let lasting = recipient
        .given_by(&server, new_share(&recipient.address("carol")))
        .await
        .expect("shared");
    server.clock.advance(time::Duration::seconds(60));
    server.ocm.upkeep().await.expect("done");
    let record = server.out_share(&given.share.id).await;
    assert_eq!((record.state, record.secret), (OutShareState::Revoked, None));
    server.ocm.send_due().await.expect("sent");
    let told = recipient.got("/ocm/notifications");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["providerId"], json!(given.share.id));
    assert_eq!(recipient.exchange(&server, &lasting.secret).await.0, 200);
}
