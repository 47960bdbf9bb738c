//! What people make of shares: each for themselves.

use nc_auth::{
    UserId,
    federation::{Federation as _, FederationError, InShareState, RemoteError, RemoteKind},
};
use nc_proto::dav::DavPath;

use super::{
    CONTENT, bob, carol, mount, read,
    sender::{Sender, post},
};
use crate::support::{Server, clock};

#[tokio::test]
async fn taking_a_share_twice_changes_nothing() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let share = sender.strict(&server).await;
    assert_eq!(share.state, InShareState::Accepted);
    assert_eq!(share.mount_point, Some(DavPath::from_names(["Plans"])));
    let again = server.ocm.accept(&bob(), share.number).await.expect("accepted");
    assert_eq!(again, share);
    assert_eq!(server.ocm.incoming(&bob(), false).await.expect("a list"), [share]);
}

#[tokio::test]
async fn nobody_else_sees_or_takes_a_share() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let share = sender.strict(&server).await;
    let number = share.number;
    assert_eq!(
        server.ocm.incoming_one(&carol(), number).await,
        Err(FederationError::NotFound)
    );
    assert_eq!(
        server.ocm.accept(&carol(), number).await,
        Err(FederationError::NotFound)
    );
    assert_eq!(
        server.ocm.decline(&carol(), number).await,
        Err(FederationError::NotFound)
    );
    let to = DavPath::from_names(["Mine"]);
    assert_eq!(
        server.ocm.move_mount(&carol(), number, &to).await,
        Err(FederationError::NotFound)
    );
    assert!(server.ocm.mounts(&carol()).await.expect("mounts").is_empty());
    assert_eq!(read(&server).await.expect("read"), CONTENT);
}

#[tokio::test]
async fn a_sender_who_is_away_loses_nobody_the_share() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let offer = sender.offer(&server, "1", &["must-exchange-token"]);
    assert_eq!(post(&server, "/ocm/shares", &offer).await.status(), 201);
    sender.answer(|_, _| Some(crate::support::reply(503, "text/plain", "")));
    let number = server.ocm.incoming(&bob(), true).await.expect("a list")[0].number;
    let share = server.ocm.accept(&bob(), number).await.expect("accepted");
    assert_eq!(share.state, InShareState::Accepted);
    sender.answer_as_usual();
    server.clock.advance(time::Duration::hours(1));
    assert_eq!(read(&server).await.expect("read"), CONTENT);
}

#[tokio::test]
async fn a_declined_share_is_forgotten_with_everything_that_opens_it() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let share = sender.strict(&server).await;
    let at = mount(&server.ocm).await;
    server.ocm.decline(&bob(), share.number).await.expect("declined");
    assert!(server.ocm.mounts(&bob()).await.expect("mounts").is_empty());
    assert!(server.ocm.incoming(&bob(), false).await.expect("a list").is_empty());
    assert_eq!(
        server.ocm.accept(&bob(), share.number).await,
        Err(FederationError::NotFound)
    );
    assert_eq!(
        server.ocm.decline(&bob(), share.number).await,
        Err(FederationError::NotFound)
    );
    sender.take();
    let request = super::request(http::Method::GET, nc_auth::federation::RemoteBody::Empty);
    assert_eq!(super::send(&server.ocm, &at, request).await, Err(RemoteError::NotFound));
    assert!(sender.take().1.is_empty());
    let record = server.in_share(share.number).await;
    assert_eq!(
        (record.secret_sealed, record.token_sealed, record.token_expires_at),
        (None, None, None)
    );
}

#[tokio::test]
async fn a_group_shares_one_token_and_each_member_decides() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let mut offer = sender.offer(&server, "team-1", &["must-exchange-token"]);
    offer["shareWith"] = server.address("team").into();
    offer["shareType"] = "group".into();
    let answer = post(&server, "/ocm/shares", &offer).await;
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.text().await.expect("a body"), r#"{"recipientDisplayName":""}"#);
    let mine = server.ocm.incoming(&bob(), true).await.expect("a list");
    let theirs = server.ocm.incoming(&carol(), true).await.expect("a list");
    assert_eq!((mine[0].kind, mine[0].number), (RemoteKind::Group, theirs[0].number));
    let number = mine[0].number;
    server.ocm.accept(&bob(), number).await.expect("accepted");
    server.ocm.decline(&carol(), number).await.expect("declined");
    server
        .ocm
        .accept(&UserId::new("alice"), number)
        .await
        .expect("accepted");
    assert_eq!(sender.take().0, 1, "one secret, one token");
    assert_eq!(read(&server).await.expect("read"), CONTENT);
    assert!(server.ocm.mounts(&carol()).await.expect("mounts").is_empty());

    server.ocm.decline(&bob(), number).await.expect("declined");
    assert_eq!(server.ocm.mounts(&UserId::new("alice")).await.expect("mounts").len(), 1);
    server
        .ocm
        .decline(&UserId::new("alice"), number)
        .await
        .expect("declined");
    let record = server.in_share(number).await;
    assert_eq!(record.secret_sealed, None, "the last one turns off the light");
}

#[tokio::test]
async fn a_mount_is_moved_but_not_into_another_one() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let share = sender.strict(&server).await;
    let other = sender.share(&server, &sender.offer(&server, "other", &[])).await;
    assert_eq!(other.mount_point, Some(DavPath::from_names(["Plans (2)"])));
    let to = DavPath::from_names(["Work", "Theirs"]);
    server.ocm.move_mount(&bob(), share.number, &to).await.expect("moved");
    let places: Vec<_> = server
        .ocm
        .mounts(&bob())
        .await
        .expect("mounts")
        .iter()
        .map(|mount| mount.at.to_string())
        .collect();
    assert_eq!(places, ["/Work/Theirs", "/Plans (2)"]);
    for bad in [
        DavPath::root(),
        to.child("x"),
        to.clone(),
        DavPath::from_names(["Work"]),
    ] {
        let outcome = server.ocm.move_mount(&bob(), other.number, &bad).await;
        assert!(matches!(outcome, Err(FederationError::Refused(_))), "{bad}");
    }
}

#[tokio::test]
async fn the_one_who_shares_hears_what_became_of_it() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let share = sender.strict(&server).await;
    sender.peer.take();
    let told = async || {
        server.ocm.send_due().await.expect("sent");
        let seen = sender
            .peer
            .take()
            .into_iter()
            .filter(|seen| seen.target == "/ocm/notifications");
        seen.map(|seen| serde_json::from_slice::<serde_json::Value>(&seen.body).expect("JSON"))
            .collect::<Vec<_>>()
    };
    let body = |kind: &str, message: &str| {
        serde_json::json!({"notificationType": kind, "resourceType": "folder", "providerId": "strict-1",
            "notification": {"sharedSecret": super::sender::SECRET, "message": message}})
    };
    assert_eq!(told().await, [body("SHARE_ACCEPTED", "Recipient accept the share")]);
    server.ocm.accept(&bob(), share.number).await.expect("accepted");
    assert!(told().await.is_empty(), "said once");
    server.ocm.decline(&bob(), share.number).await.expect("declined");
    assert_eq!(told().await, [body("SHARE_DECLINED", "Recipient declined the share")]);
}
