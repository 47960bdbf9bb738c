//! Shares from other servers against recorded traffic.

use nc_client::{Error, RemoteShare, ShareId};

use crate::replay::Replay;

fn not_found<T: std::fmt::Debug>(outcome: &Result<T, Error>) {
    assert!(matches!(outcome, Err(Error::NotFound { .. })), "{outcome:?}");
}

#[tokio::test]
async fn shares_that_wait_are_listed_without_their_secrets() {
    let (replay, client) = Replay::start("ocm", &["remote-shares-pending-list"]);
    let waiting = client.sharing().list_remote(true).await.expect("a list");
    replay.done();
    let first = &waiting[0];
    assert_eq!((first.id, first.name.as_str()), (ShareId(26), "/report.pdf"));
    assert_eq!(
        (first.owner.as_str(), first.remote.as_str()),
        ("Eve", "https://peer.example.net/")
    );
    assert_eq!((first.accepted, first.place()), (false, None));
    assert!(!format!("{waiting:?}").contains("shared-secret"), "{waiting:?}");
}

#[tokio::test]
async fn an_accepted_share_says_where_it_lies() {
    let (replay, client) = Replay::start("ocm", &["remote-shares-pending-accept", "remote-shares-get"]);
    client.sharing().accept_remote(ShareId(26)).await.expect("accepted");
    let share = client.sharing().get_remote(ShareId(26)).await.expect("a share");
    replay.done();
    assert_eq!(share.place(), Some("/report.pdf"));
    assert!(!share.is_for_a_group());
}

#[tokio::test]
async fn accepted_shares_are_listed_and_nothing_is_an_empty_list() {
    for (name, count) in [("remote-shares-list-empty", 0), ("remote-shares-list", 1)] {
        let (replay, client) = Replay::start("ocm", &[name]);
        let shares = client.sharing().list_remote(false).await.expect("a list");
        replay.done();
        assert_eq!(shares.len(), count, "{name}");
    }
    let (_, client) = Replay::start("ocm", &["remote-shares-list-after-group-accept"]);
    let shares = client.sharing().list_remote(false).await.expect("a list");
    assert!(shares.iter().all(RemoteShare::is_for_a_group), "{shares:?}");
}

#[tokio::test]
async fn a_share_is_declined_once() {
    let (replay, client) = Replay::start("ocm", &["remote-shares-pending-decline"]);
    client.sharing().decline_remote(ShareId(27)).await.expect("declined");
    replay.done();
    let (_, client) = Replay::start("ocm", &["remote-shares-pending-decline-again"]);
    not_found(&client.sharing().decline_remote(ShareId(27)).await);
}

#[tokio::test]
async fn a_share_is_removed_after_it_was_looked_at() {
    let (replay, client) = Replay::start("ocm", &["remote-shares-get", "remote-shares-delete"]);
    let removed = client.sharing().remove_remote(ShareId(26)).await.expect("removed");
    replay.done();
    assert_eq!(removed.place(), Some("/report.pdf"));
}

#[tokio::test]
async fn shares_that_are_not_there_are_not_found() {
    let (_, client) = Replay::start("ocm", &["remote-shares-pending-accept-unknown"]);
    not_found(&client.sharing().accept_remote(ShareId(99_999_999)).await);
    let (_, client) = Replay::start("ocm", &["remote-shares-get-unknown"]);
    not_found(&client.sharing().get_remote(ShareId(99_999_999)).await);
    let (_, client) = Replay::start("ocm", &["remote-shares-get-unknown"]);
    not_found(&client.sharing().remove_remote(ShareId(99_999_999)).await);
}
