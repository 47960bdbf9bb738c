//! Offering shares to other servers: what they are told, and what comes of their answers.

use nc_auth::{
    UserId,
    federation::{Federation as _, FederationError, NewOutShare, OutShareChange, OutShareFilter, RemoteKind},
};
use nc_ocm::Offer;
use nc_proto::apps::sharing::SharePermissions;
use serde_json::{Value, json};

use crate::{
    recipient::{Recipient, basic, new_share},
    support::{Options, Server, clock},
};

async fn live(server: &Server) -> usize {
    let filter = OutShareFilter::Sharer(UserId::new("alice"));
    server.ocm.outgoing(&filter).await.expect("asked").len()
}

/// Nothing is left behind, and nothing was sent.
async fn is_refused(server: &Server, recipient: &Recipient, new: NewOutShare) -> String {
    recipient.peer.take();
    let refused = server.ocm.share(new).await;
    let Err(FederationError::Refused(text)) = refused else {
        panic!("{refused:?}")
    };
    assert!(recipient.got("/ocm/shares").is_empty(), "{text}");
    assert_eq!(live(server).await, 0, "{text}");
    text
}

#[tokio::test]
async fn a_server_that_exchanges_tokens_gets_a_strict_share() {
    let server = Server::start(&clock()).await;
    let recipient = Recipient::start().await;
    let new = NewOutShare {
        node: 42,
        note: "please read".to_owned(),
        ..new_share(&recipient.address("bob"))
    };
    let given = recipient.given_by(&server, new).await.expect("shared");
    assert_eq!(given.secret.len(), 43);
    let id = &given.share.id;
    let expected = json!({
        "shareWith": recipient.address("bob"), "name": "plan.odt", "description": "please read",
        "providerId": id, "owner": server.address("alice"), "sender": server.address("alice"),
        "ownerDisplayName": "Alice", "senderDisplayName": "Alice", "shareType": "user", "resourceType": "file",
        "protocol": {"name": "multi", "webdav": {"uri": id, "sharedSecret": given.secret,
            "permissions": ["read", "write", "share"], "requirements": ["must-exchange-token"], "size": 100}},
    });
    assert_eq!(given.message, expected);
    assert_eq!(
        given.share.permissions,
        SharePermissions::ALL_OF_A_FILE,
        "a file has no more"
    );
    assert_eq!(given.share.share_with, format!("bob@{}", recipient.peer.host));
    let record = server.out_share(id).await;
    assert_eq!(record.secret_sealed, None, "nobody needs the secret again");
    assert!(!record.document.contains(&given.secret));
}

#[tokio::test]
async fn a_nextcloud_of_today_gets_the_form_that_it_understands() {
    let server = Server::start(&clock()).await;
    let recipient = Recipient::nextcloud_32().await;
    let given = recipient.given(&server).await;
    let protocol = &given.message["protocol"];
    assert_eq!(protocol["name"], json!("webdav"));
    assert_eq!(protocol["options"]["sharedSecret"], json!(given.secret));
    assert_eq!(
        protocol["options"]["permissions"],
        json!("{http://open-cloud-mesh.org/ns}share-permissions")
    );
    assert!(protocol["webdav"].get("requirements").is_none());
    assert_eq!(given.message["resourceType"], json!("file"), "it knows no folders");
    assert_eq!(given.message["sharedBy"], json!(server.address("alice")));
    assert_eq!(given.message["sharedByDisplayName"], json!("Alice"));
    assert_eq!(given.message["description"], json!(""));
    // Its user opens it with the secret.
    assert!(basic(&server, &given.secret, "").await.is_ok());
    // It is told about the end with the secret, by which it finds the share.
    server.ocm.revoke(given.share.number).await.expect("revoked");
    server.ocm.send_due().await.expect("sent");
    let told = recipient.got("/ocm/notifications").pop().expect("told");
    assert_eq!(told["notification"]["sharedSecret"], json!(given.secret));
    assert!(basic(&server, &given.secret, "").await.is_err());
}

#[tokio::test]
async fn groups_there_get_one_share_with_one_secret() {
    let server = Server::start(&clock()).await;
    let recipient = Recipient::start().await;
    let new = NewOutShare {
        kind: RemoteKind::Group,
        ..new_share(&recipient.address("team"))
    };
    let given = recipient.given_by(&server, new).await.expect("shared");
    assert_eq!(given.message["shareType"], json!("group"));
    assert_eq!(given.message["resourceType"], json!("folder"));
    assert_eq!(given.share.kind, RemoteKind::Group);
}

/// Flow G.
#[tokio::test]
async fn a_policy_of_tokens_only_offers_nothing_to_servers_that_cannot_exchange() {
    let recipient = Recipient::nextcloud_32().await;
    let host = recipient.peer.host.clone();
    let without_secrets = Options::new(&clock()).config(|config| config.legacy_basic = false);
    let strict_for_it = Options::new(&clock()).config(move |config| {
        config.offer_to.insert(host.clone(), Offer::Strict);
    });
    for options in [without_secrets, strict_for_it] {
        let server = Server::with(options).await;
        let text = is_refused(&server, &recipient, new_share(&recipient.address("bob"))).await;
        assert!(text.contains("access tokens"), "{text}");
    }
}

#[tokio::test]
async fn what_the_other_server_demands_is_heeded_before_anything_is_sent() {
    let recipient = Recipient::start().await;
    let url = recipient.peer.url.clone();
    let mut said: Vec<Value> = Vec::new();
    for change in [
        json!({"criteria": ["must-invite"]}),
        json!({"resourceTypes": [{"name": "calendar", "shareTypes": ["user"], "protocols": {"webdav-receive": {}}}]}),
    ] {
        let server = Server::start(&clock()).await;
        recipient.says(|answers| {
            answers.discovery = crate::recipient::modern(&url);
            for (name, value) in change.as_object().expect("members") {
                answers.discovery[name] = value.clone();
            }
        });
        said.push(json!(
            is_refused(&server, &recipient, new_share(&recipient.address("bob"))).await
        ));
    }
    assert_ne!(said[0], said[1]);
    recipient.says(|answers| {
        answers.discovery = crate::recipient::modern(&url);
        answers.discovery["criteria"] = json!(["must-exchange-token"]);
    });
    let off = Options::new(&clock()).config(|config| config.offer = Offer::Off);
    is_refused(
        &Server::with(off).await,
        &recipient,
        new_share(&recipient.address("bob")),
    )
    .await;
    let optional = Options::new(&clock()).config(|config| config.offer = Offer::Optional);
    let given = recipient.given(&Server::with(optional).await).await;
    let requirements = &given.message["protocol"]["webdav"]["requirements"];
    assert_eq!(requirements, &json!(["must-exchange-token"]), "it demanded them");
}

#[tokio::test]
async fn what_cannot_be_shared_is_refused_without_a_word_to_anybody() {
    let server = Server::start(&clock()).await;
    let recipient = Recipient::start().await;
    let to_bob = new_share(&recipient.address("bob"));
    for share_with in ["bob", "@host", "bob@", "bob@host/path", &server.address("bob")] {
        is_refused(&server, &recipient, new_share(share_with)).await;
    }
    server.town.put("alice", 50, "read only", true, SharePermissions::READ);
    let not_to_share = NewOutShare {
        node: 50,
        ..to_bob.clone()
    };
    is_refused(&server, &recipient, not_to_share).await;
    let past = NewOutShare {
        expires_at: Some(1),
        ..to_bob.clone()
    };
    is_refused(&server, &recipient, past).await;
    let write_only = NewOutShare {
        permissions: SharePermissions::CREATE,
        ..to_bob.clone()
    };
    is_refused(&server, &recipient, write_only).await;
    let nothing_there = NewOutShare {
        node: 999,
        ..to_bob.clone()
    };
    assert_eq!(server.ocm.share(nothing_there).await, Err(FederationError::NotFound));
    let of_somebody_else = NewOutShare {
        sharer: UserId::new("carol"),
        ..to_bob.clone()
    };
    assert_eq!(server.ocm.share(of_somebody_else).await, Err(FederationError::NotFound));
    server.ocm.share(to_bob.clone()).await.expect("shared");
    assert!(
        matches!(server.ocm.share(to_bob).await, Err(FederationError::Refused(_))),
        "twice"
    );
}

#[tokio::test]
async fn a_share_gives_no_more_than_the_sharer_has() {
    let server = Server::start(&clock()).await;
    let recipient = Recipient::start().await;
    let mine = SharePermissions::READ.with(SharePermissions::SHARE);
    server.town.put("bob", 60, "from alice", true, mine);
    let new = NewOutShare {
        sharer: UserId::new("bob"),
        node: 60,
        ..new_share(&recipient.address("dave"))
    };
    let given = recipient.given_by(&server, new).await.expect("shared");
    assert_eq!(given.share.permissions, mine);
    assert_eq!(
        given.message["protocol"]["webdav"]["permissions"],
        json!(["read", "share"])
    );
}

#[tokio::test]
async fn a_refusal_leaves_nothing_behind() {
    let server = Server::start(&clock()).await;
    let recipient = Recipient::start().await;
    for (status, body) in [
        (
            400,
            json!({"message": "no", "validationErrors": [{"name": "shareWith", "message": "NOT_FOUND"}]}),
        ),
        (400, json!({"message": "<script>alert(1)</script>"})),
        (401, json!({})),
        (403, json!({})),
        (409, json!({})),
        (501, json!({})),
        (404, json!({})),
    ] {
        recipient.says(|answers| answers.shares = (status, body.clone()));
        let refused = server.ocm.share(new_share(&recipient.address("bob"))).await;
        let Err(FederationError::Refused(text)) = refused else {
            panic!("{status}: {refused:?}")
        };
        assert!(!text.contains("script"), "text of a stranger: {text}");
        assert_eq!(live(&server).await, 0, "{status}");
    }
    recipient.peer.take();
    server.ocm.send_due().await.expect("nothing waits");
    assert!(recipient.got("/ocm/shares").is_empty());
    // What was offered opened nothing either.
    recipient.says(|answers| answers.shares = (201, json!({})));
    recipient.given(&server).await;
    assert_eq!(live(&server).await, 1);
}

#[tokio::test]
async fn a_share_that_cannot_be_delivered_now_is_delivered_later() {
    let server = Server::start(&clock()).await;
    let recipient = Recipient::start().await;
    recipient.says(|answers| answers.shares = (503, json!({})));
    let given = recipient.given(&server).await;
    assert_eq!(live(&server).await, 1);
    recipient.says(|answers| answers.shares = (201, json!({})));
    server.clock.advance(time::Duration::hours(1));
    server.ocm.send_due().await.expect("sent");
    let again = recipient.got("/ocm/shares");
    assert_eq!(again, std::slice::from_ref(&given.message));
    server.clock.advance(time::Duration::hours(1));
    server.ocm.send_due().await.expect("sent");
    assert!(recipient.got("/ocm/shares").is_empty(), "once is enough");
    assert_eq!(recipient.exchange(&server, &given.secret).await.0, 200);
}

#[tokio::test]
async fn a_share_that_is_refused_later_or_never_arrives_ends() {
    for (status, hours) in [(400, 1), (503, 30)] {
        let server = Server::start(&clock()).await;
        let recipient = Recipient::start().await;
        recipient.says(|answers| answers.shares = (503, json!({})));
        let given = recipient.given(&server).await;
        recipient.says(|answers| answers.shares = (status, json!({})));
        for _ in 0..hours {
            server.clock.advance(time::Duration::hours(1));
            server.ocm.send_due().await.expect("sent");
        }
        assert_eq!(live(&server).await, 0, "{status}");
        assert_eq!(recipient.exchange(&server, &given.secret).await.0, 400, "{status}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_gets_no_share() {
    let server = Server::start(&clock()).await;
    let share = server.ocm.share(new_share("bob@http://127.0.0.1:1")).await;
    assert!(matches!(share, Err(FederationError::Unavailable { .. })), "{share:?}");
    assert_eq!(live(&server).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_equal_shares_at_the_same_time_one_is_made() {
    let server = Server::start(&clock()).await;
    let recipient = Recipient::start().await;
    let share = || server.ocm.share(new_share(&recipient.address("bob")));
    let (one, other) = tokio::join!(share(), share());
    assert_eq!(one.is_ok(), other.is_err(), "{one:?} {other:?}");
    assert_eq!(live(&server).await, 1);
    assert_eq!(recipient.got("/ocm/shares").len(), 1);
}

#[tokio::test]
async fn a_changed_share_stays_within_what_it_can_allow() {
    let server = Server::start(&clock()).await;
    let recipient = Recipient::start().await;
    let new = NewOutShare {
        node: 42,
        permissions: SharePermissions::READ,
        ..new_share(&recipient.address("bob"))
    };
    let number = recipient.given_by(&server, new).await.expect("shared").share.number;
    let change = |permissions| OutShareChange {
        permissions: Some(permissions),
        ..OutShareChange::default()
    };
    let changed = server
        .ocm
        .change(number, change(SharePermissions::ALL))
        .await
        .expect("changed");
    assert_eq!(changed.permissions, SharePermissions::ALL_OF_A_FILE);
    let blind = server.ocm.change(number, change(SharePermissions::UPDATE)).await;
    assert!(matches!(blind, Err(FederationError::Refused(_))));
    let past = OutShareChange {
        expires_at: Some(Some(1)),
        ..OutShareChange::default()
    };
    assert!(matches!(
        server.ocm.change(number, past).await,
        Err(FederationError::Refused(_))
    ));
    let noted = OutShareChange {
        note: Some("look".to_owned()),
        ..OutShareChange::default()
    };
    assert_eq!(server.ocm.change(number, noted).await.expect("changed").note, "look");
    assert_eq!(
        server.ocm.change(999, OutShareChange::default()).await,
        Err(FederationError::NotFound)
    );
    // The other server hears what it may do now, from the outbox.
    recipient.peer.take();
    server.ocm.send_due().await.expect("sent");
    let told = recipient.got("/ocm/notifications").pop().expect("told");
    assert_eq!(told["notificationType"], json!("RESHARE_CHANGE_PERMISSION"));
    assert_eq!(told["notification"]["permission"], json!(["read", "write", "share"]));
}
