//! What other servers offer, and what is taken of it.

use nc_auth::{
    UserId,
    federation::{Federation as _, InShareState, RemoteKind},
};
use serde_json::{Value, json};

use super::{
    bob,
    sender::{SECRET, Sender, post},
};
use crate::support::{Options, Server, clock};

async fn offer(server: &Server, body: &Value) -> (u16, Value) {
    let answer = post(server, "/ocm/shares", body).await;
    let status = answer.status().as_u16();
    let body = answer.text().await.expect("a body");
    assert!(!body.contains(SECRET), "{body}");
    (status, serde_json::from_str(&body).expect("JSON"))
}

async fn pending(server: &Server, user: &str) -> usize {
    server
        .ocm
        .incoming(&UserId::new(user), true)
        .await
        .expect("a list")
        .len()
}

#[tokio::test]
async fn a_share_waits_for_an_answer_with_everything_that_was_said() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let mut body = sender.offer(&server, "7c08", &["must-exchange-token"]);
    body["expiration"] = (server.clock.now().unix_timestamp() + 3600).into();
    let (status, answer) = offer(&server, &body).await;
    assert_eq!(
        (status, answer),
        (201, json!({"recipientDisplayName": "Bob", "recipientUserId": "bob"}))
    );
    let shares = server.ocm.incoming(&bob(), true).await.expect("a list");
    let share = &shares[0];
    assert_eq!(
        (share.remote.as_str(), share.remote_id.as_str()),
        (format!("{}/", sender.peer.url).as_str(), "7c08")
    );
    assert_eq!(
        (share.name.as_str(), share.kind, share.state),
        ("Plans", RemoteKind::User, InShareState::Pending)
    );
    assert_eq!(share.owner, format!("eve@{}", sender.peer.host));
    assert_eq!(
        (share.is_folder, share.permissions.bits(), share.mount_point.as_ref()),
        (true, 15, None)
    );
    assert!(server.ocm.mounts(&bob()).await.expect("mounts").is_empty());
    assert!(server.ocm.incoming(&bob(), false).await.expect("a list").is_empty());
    assert_eq!(pending(&server, "carol").await, 0);

    server.clock.advance(time::Duration::hours(1));
    assert_eq!(pending(&server, "bob").await, 0, "it has ended");
    assert!(server.ocm.accept(&bob(), share.number).await.is_err());
}

#[tokio::test]
async fn whom_nobody_knows_and_who_is_elsewhere_are_refused_alike() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let mut answers = Vec::new();
    for (share_with, kind) in [
        (server.address("nobody"), "user"),
        (server.address("nobody"), "group"),
        ("bob@elsewhere.example.org".to_owned(), "user"),
    ] {
        let mut body = sender.offer(&server, "1", &[]);
        body["shareWith"] = share_with.into();
        body["shareType"] = kind.into();
        answers.push(offer(&server, &body).await);
    }
    server.town.set_enabled("bob", false);
    answers.push(offer(&server, &sender.offer(&server, "1", &[])).await);
    for answer in &answers {
        assert_eq!(
            (answer.0, &answer.1["validationErrors"]),
            (400, &json!([{"name": "shareWith", "message": "NOT_FOUND"}]))
        );
        assert_eq!(answer, &answers[0]);
    }
}

#[tokio::test]
async fn ocm_n089_what_is_not_understood_is_not_taken() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    for requirements in [
        &["must-sing"][..],
        &["must-exchange-token", "must-sing"],
        &["must-use-mfa"],
    ] {
        let (status, _) = offer(&server, &sender.offer(&server, "1", requirements)).await;
        assert_eq!(status, 501, "{requirements:?}");
    }
    for (name, value) in [("shareType", "planet"), ("resourceType", "spaceship")] {
        let mut body = sender.offer(&server, "1", &[]);
        body[name] = value.into();
        assert_eq!(offer(&server, &body).await.0, 501, "{name}");
    }
    let mut body = sender.offer(&server, "1", &[]);
    body["protocol"] = json!({"name": "ssh", "ssh": {"uri": "host:22"}});
    assert_eq!(offer(&server, &body).await.0, 501);
    for name in [
        "shareWith",
        "name",
        "providerId",
        "owner",
        "sender",
        "shareType",
        "resourceType",
        "protocol",
    ] {
        let mut body = sender.offer(&server, "1", &[]);
        body.as_object_mut().expect("an object").remove(name);
        let (status, answer) = offer(&server, &body).await;
        assert_eq!((status, &answer["validationErrors"][0]["name"]), (400, &json!(name)));
    }
    assert_eq!(pending(&server, "bob").await, 0);
}

#[tokio::test]
async fn a_strict_share_of_a_server_that_exchanges_nothing_is_refused() {
    let server = Server::start(&clock()).await;
    let sender = Sender::legacy().await;
    assert_eq!(
        offer(&server, &sender.offer(&server, "1", &["must-exchange-token"]))
            .await
            .0,
        400
    );
    assert_eq!(pending(&server, "bob").await, 0);
}

#[tokio::test]
async fn where_only_exchanged_secrets_are_wanted_others_are_refused() {
    let options = Options::new(&clock()).config(|config| config.must_exchange_token = true);
    let server = Server::with(options).await;
    let sender = Sender::start().await;
    assert_eq!(offer(&server, &sender.old_offer(&server, "1")).await.0, 400);
    assert_eq!(offer(&server, &sender.offer(&server, "1", &[])).await.0, 400);
    assert_eq!(
        offer(&server, &sender.offer(&server, "1", &["must-exchange-token"]))
            .await
            .0,
        201
    );
}

#[tokio::test]
async fn ocm_n090_the_same_offer_again_is_one_share() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let body = sender.offer(&server, "same", &[]);
    let first = offer(&server, &body).await;
    assert_eq!(first.0, 201);
    assert_eq!(offer(&server, &body).await, first);
    assert_eq!(pending(&server, "bob").await, 1);
    for (name, value) in [
        ("name", json!("Other")),
        ("resourceType", json!("file")),
        ("expiration", json!(2_000_000_000)),
    ] {
        let mut other = body.clone();
        other[name] = value;
        assert_eq!(offer(&server, &other).await.0, 409, "{name}");
    }
    let mut other = body.clone();
    other["protocol"]["webdav"]["sharedSecret"] = "another-secret".into();
    assert_eq!(offer(&server, &other).await.0, 409);

    // Taken or declined, it stays what became of it.
    let number = server.ocm.incoming(&bob(), true).await.expect("a list")[0].number;
    server.ocm.accept(&bob(), number).await.expect("accepted");
    assert_eq!(offer(&server, &body).await.0, 201);
    assert_eq!(pending(&server, "bob").await, 0);
    server.ocm.decline(&bob(), number).await.expect("declined");
    assert_eq!(offer(&server, &body).await.0, 201);
    assert_eq!(pending(&server, "bob").await, 0);
    // A new one under the old name is new.
    assert_eq!(offer(&server, &other).await.0, 201);
    assert_eq!(pending(&server, "bob").await, 1);
}

#[tokio::test]
async fn ocm_n090_another_server_overwrites_nothing() {
    let server = Server::start(&clock()).await;
    let (one, other) = (Sender::start().await, Sender::start().await);
    assert_eq!(offer(&server, &one.offer(&server, "same", &[])).await.0, 201);
    let before = server
        .store
        .list_in_shares_from(&one.peer.host, "same")
        .await
        .expect("found");
    assert_eq!(offer(&server, &other.offer(&server, "same", &[])).await.0, 201);
    assert_eq!(
        server
            .store
            .list_in_shares_from(&one.peer.host, "same")
            .await
            .expect("found"),
        before
    );
    assert_eq!(
        server
            .store
            .list_in_shares_from(&other.peer.host, "same")
            .await
            .expect("found")
            .len(),
        1
    );
    // Nor does it share in the name of somebody elsewhere.
    let mut body = other.offer(&server, "more", &[]);
    body["owner"] = format!("eve@{}", one.peer.url).into();
    assert_eq!(offer(&server, &body).await.0, 403);
}

#[tokio::test]
async fn nobody_shares_in_the_name_of_this_server() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let mut body = sender.offer(&server, "1", &[]);
    body["owner"] = server.address("alice").into();
    body["sender"] = server.address("alice").into();
    assert_eq!(offer(&server, &body).await.0, 403);
}

#[tokio::test]
async fn ocm_n094_files_on_another_server_are_refused() {
    let server = Server::start(&clock()).await;
    let (sender, stranger) = (Sender::start().await, Sender::start().await);
    for uri in [
        format!("{}/dav/1", stranger.peer.url),
        format!("http://a:b@{}/dav/1", sender.peer.host),
        "https://elsewhere.example.org/dav".to_owned(),
        "../../etc".to_owned(),
        "a/%2e%2e/%2e%2e/b".to_owned(),
    ] {
        let mut body = sender.offer(&server, "1", &[]);
        body["protocol"]["webdav"]["uri"] = uri.as_str().into();
        assert_eq!(offer(&server, &body).await.0, 400, "{uri}");
    }
    assert_eq!((stranger.peer.requests(), pending(&server, "bob").await), (0, 0));
}

#[tokio::test]
async fn ocm_n098_names_that_lead_elsewhere_are_refused_and_those_that_deceive_are_cleaned() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let long = "x".repeat(10_000);
    for name in ["", ".", "..", "a/b", "../a", "a\\b", "a\0b", "a\nb", &long, "\u{202e}"] {
        let mut body = sender.offer(&server, "1", &[]);
        body["name"] = name.into();
        assert_eq!(offer(&server, &body).await.0, 400, "{name:?}");
    }
    let mut body = sender.offer(&server, "1", &[]);
    body["name"] = "/ph\u{202e}gnp.exe".into();
    let share = sender.share(&server, &body).await;
    assert_eq!(share.name, "phgnp.exe");
    assert_eq!(share.mount_point.expect("a place").to_string(), "/phgnp.exe");
}

#[tokio::test]
async fn ocm_n099_nothing_that_a_share_names_is_fetched() {
    let server = Server::start(&clock()).await;
    let (sender, stranger) = (Sender::start().await, Sender::start().await);
    let mut body = sender.offer(&server, "1", &["must-exchange-token"]);
    let link = format!("<img src=\"{}/x.png\">", stranger.peer.url);
    for name in ["ownerDisplayName", "senderDisplayName", "description"] {
        body[name] = link.as_str().into();
    }
    body["protocol"]["webapp"] = json!({"uri": format!("{}/app", sender.peer.url), "targets": ["blank"],
        "permissions": ["view"], "requirements": ["must-exchange-token"], "sharedSecret": SECRET,
        "appName": link, "appIconHint": format!("{}/icon.svg", stranger.peer.url)});
    sender.share(&server, &body).await;
    assert_eq!(stranger.peer.requests(), 0);
    let asked = sender.peer.take();
    assert!(!asked.iter().any(|seen| seen.target.starts_with("/app")));
}

#[tokio::test]
async fn what_is_too_large_or_no_object_is_not_read() {
    let server = Server::start(&clock()).await;
    let send = async |body: String| {
        let request = server
            .request("POST", "/ocm/shares")
            .header("content-type", "application/json");
        request.body(body).send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(send("{".to_owned()).await, 400);
    assert_eq!(send("[]".to_owned()).await, 400);
    assert_eq!(send("{\"name\":1,\"name\":1}".to_owned()).await, 400);
    assert_eq!(send(format!("{{\"name\":\"{}\"}}", "x".repeat(65_536))).await, 413);
}

#[tokio::test]
async fn one_server_may_not_offer_without_end() {
    let options = Options::new(&clock()).config(|config| config.shares_per_host_per_hour = 3);
    let server = Server::with(options).await;
    let sender = Sender::start().await;
    for number in 0..3 {
        assert_eq!(
            offer(&server, &sender.offer(&server, &number.to_string(), &[])).await.0,
            201
        );
    }
    let answer = post(&server, "/ocm/shares", &sender.offer(&server, "4", &[])).await;
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn so_much_of_one_server_waits_for_one_person() {
    let options = Options::new(&clock()).config(|config| config.shares_per_host_per_hour = 1000);
    let server = Server::with(options).await;
    let sender = Sender::start().await;
    for number in 0..100 {
        let offered = offer(&server, &sender.offer(&server, &number.to_string(), &[])).await;
        assert_eq!(offered.0, 201, "{number}");
    }
    let answer = post(&server, "/ocm/shares", &sender.offer(&server, "100", &[])).await;
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
    let other = Sender::start().await;
    assert_eq!(offer(&server, &other.offer(&server, "1", &[])).await.0, 201);
    let first = server.ocm.incoming(&bob(), true).await.expect("a list");
    let first = first.iter().map(|share| share.number).min().expect("a share");
    server.ocm.accept(&bob(), first).await.expect("accepted");
    let offered = offer(&server, &sender.offer(&server, "100", &[])).await;
    assert_eq!(offered.0, 201, "one was answered");
}
