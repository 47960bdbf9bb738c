//! What the other server tells about a share that it got from here.

use std::sync::{Arc, Mutex, mpsc};

use nc_auth::federation::{Federation as _, OutShareChange, OutShareFilter, ShareAuth as _};
use nc_proto::apps::sharing::SharePermissions;
use serde_json::{Value, json};

use crate::{
    recipient::{Given, Recipient, answer, bearer, is_unauthorized, scene},
    support::Server,
};

fn about(kind: &str, id: &str, secret: Option<&str>) -> Value {
    let mut body = json!({"notificationType": kind, "resourceType": "file", "providerId": id,
        "notification": {"message": "text"}});
    if let Some(secret) = secret {
        body["notification"]["sharedSecret"] = json!(secret);
    }
    body
}

async fn is_live(server: &Server, given: &Given) -> bool {
    let filter = OutShareFilter::Number(given.share.number);
    !server.ocm.outgoing(&filter).await.expect("asked").is_empty()
}

async fn accepted(server: &Server, given: &Given) -> Value {
    let record = server.out_share(&given.share.id).await;
    let document: Value = serde_json::from_str(&record.document).expect("JSON");
    document["accepted"].clone()
}

#[tokio::test]
async fn an_accepted_share_stays_and_a_declined_one_ends() {
    let (server, recipient, given) = scene().await;
    let token = recipient.token(&server, &given.secret).await;
    for secret in [Some(given.secret.as_str()), None] {
        let body = about("SHARE_ACCEPTED", &given.share.id, secret);
        assert_eq!(recipient.notify(&server, &body).await.0, 201);
        assert_eq!(accepted(&server, &given).await, json!(true));
    }
    assert!(bearer(&server, &token).await.is_ok());
    let body = about("SHARE_DECLINED", &given.share.id, Some(&given.secret));
    assert_eq!(recipient.notify(&server, &body).await, (201, json!([])));
    assert!(!is_live(&server, &given).await);
    assert!(is_unauthorized(&bearer(&server, &token).await));
    recipient.peer.take();
    server.ocm.send_due().await.expect("sent");
    assert!(recipient.got("/ocm/notifications").is_empty(), "it knows");
}

#[tokio::test]
async fn ocm_n101_a_notification_with_a_wrong_secret_or_from_another_server_changes_nothing() {
    let (server, recipient, given) = scene().await;
    let wrong = about("SHARE_DECLINED", &given.share.id, Some("wrong"));
    assert_eq!(recipient.notify(&server, &wrong).await.0, 403);
    let other = Recipient::start().await;
    let right = about("SHARE_DECLINED", &given.share.id, Some(&given.secret));
    assert_eq!(other.notify(&server, &right).await.0, 403);
    let mut elsewhere = right.clone();
    elsewhere["senderDomain"] = json!("elsewhere.example.org");
    assert_eq!(recipient.notify(&server, &elsewhere).await.0, 403);
    let unsigned = server
        .request("POST", "/ocm/notifications")
        .header("content-type", "application/json");
    assert_eq!(answer(unsigned.body(right.to_string())).await.0, 401);
    assert!(is_live(&server, &given).await);
    assert_eq!(accepted(&server, &given).await, Value::Null);
    let unknown = about("SHARE_DECLINED", "no-such-share", Some(&given.secret));
    assert_eq!(recipient.notify(&server, &unknown).await.0, 400);
}

#[tokio::test]
async fn ocm_n102_declining_again_is_fine_and_a_replay_is_not() {
    let (server, recipient, given) = scene().await;
    let body = about("SHARE_DECLINED", &given.share.id, Some(&given.secret)).to_string();
    let signed = recipient
        .draft(&server, "/ocm/notifications", &body)
        .sign(&recipient.key);
    let send = || {
        let request = server
            .request("POST", "/ocm/notifications")
            .header("content-type", "application/json");
        answer(signed.clone().into_request(request))
    };
    assert_eq!(send().await.0, 201);
    let record = || server.store.find_out_share(&given.share.id);
    let after = record().await.expect("asked");
    assert_eq!(send().await.0, 401, "byte by byte the same");
    let again = recipient.signed(&server, "/ocm/notifications", "application/json", &body);
    assert_eq!(answer(again).await.0, 201, "signed anew");
    assert_eq!(record().await.expect("asked"), after, "nothing changed");
}

#[tokio::test]
async fn a_share_that_allows_it_is_shared_on_to_a_third_server() {
    let (server, recipient, given) = scene().await;
    let third = Recipient::start().await;
    let mut request = about("REQUEST_RESHARE", &given.share.id, Some(&given.secret));
    request["notification"]["shareWith"] = json!(third.address("carol"));
    request["notification"]["senderId"] = json!("77");
    request["notification"]["shareType"] = json!("user");
    let (status, made) = recipient.notify(&server, &request).await;
    assert_eq!(status, 201, "{made}");
    let told = third.got("/ocm/shares").pop().expect("a share");
    assert_eq!(
        (&told["owner"], &told["sender"]),
        (&json!(server.address("alice")), &json!(recipient.address("bob")))
    );
    assert_eq!(
        (&told["providerId"], &told["protocol"]["webdav"]["sharedSecret"]),
        (&made["providerId"], &made["token"])
    );
    let secret = made["token"].as_str().expect("a secret");
    let token = third.token(&server, secret).await;
    let opened = bearer(&server, &token).await.expect("opened");
    assert_eq!((opened.owner.as_str(), opened.node), ("alice", 41));
    let reshare = server
        .store
        .find_reshare(&opened.share_id)
        .await
        .expect("asked")
        .expect("kept");
    assert_eq!(reshare.remote_id, "77");
    assert!(reshare.secret_sealed.is_some());
    // Asked again, it is told the same and makes no second share.
    let (status, again) = recipient.notify(&server, &request).await;
    assert_eq!((status, &again), (201, &made));
    assert!(third.got("/ocm/shares").is_empty());
    // What the first share allows less, the second does too.
    let change = OutShareChange {
        permissions: Some(SharePermissions::READ),
        ..OutShareChange::default()
    };
    server.ocm.change(given.share.number, change).await.expect("changed");
    assert_eq!(
        bearer(&server, &token).await.expect("opened").permissions,
        SharePermissions::READ
    );
    // And it ends with it.
    server.ocm.revoke(given.share.number).await.expect("revoked");
    assert!(is_unauthorized(&bearer(&server, &token).await));
    let ended = server.store.find_reshare(&opened.share_id).await.expect("asked");
    assert_eq!(ended.expect("kept").secret_sealed, None);
    server.ocm.send_due().await.expect("sent");
    for told in [third.got("/ocm/notifications"), recipient.got("/ocm/notifications")] {
        let kinds: Vec<&Value> = told.iter().map(|told| &told["notificationType"]).collect();
        assert_eq!(kinds, ["RESHARE_CHANGE_PERMISSION", "SHARE_UNSHARED"], "in order");
    }
}

#[tokio::test]
async fn who_shared_on_may_change_and_undo_that() {
    let (server, recipient, given) = scene().await;
    let third = Recipient::start().await;
    let mut request = about("REQUEST_RESHARE", &given.share.id, Some(&given.secret));
    request["notification"]["shareWith"] = json!(third.address("carol"));
    request["notification"]["senderId"] = json!("77");
    let (_, made) = recipient.notify(&server, &request).await;
    let (id, secret) = (
        made["providerId"].as_str().expect("an id"),
        made["token"].as_str().expect("a secret"),
    );
    let token = third.token(&server, secret).await;
    let mut change = about("RESHARE_CHANGE_PERMISSION", id, Some(secret));
    change["notification"]["permission"] = json!(["read"]);
    // The third server may not raise what it has.
    assert_eq!(third.notify(&server, &change).await.0, 403);
    assert_eq!(recipient.notify(&server, &change).await.0, 201);
    assert_eq!(
        bearer(&server, &token).await.expect("opened").permissions,
        SharePermissions::READ
    );
    let undo = about("RESHARE_UNDO", id, Some(secret));
    assert_eq!(third.notify(&server, &undo).await.0, 403);
    assert_eq!(recipient.notify(&server, &undo).await.0, 201);
    assert_eq!(recipient.notify(&server, &undo).await.0, 201, "again");
    assert!(is_unauthorized(&bearer(&server, &token).await));
    assert!(is_live(&server, &given).await, "the first share stays");
    // Nobody undoes a share that was not shared on.
    let first = about("RESHARE_UNDO", &given.share.id, Some(&given.secret));
    assert_eq!(recipient.notify(&server, &first).await.0, 400);
    assert!(is_live(&server, &given).await);
}

#[tokio::test]
async fn a_share_that_does_not_allow_it_is_not_shared_on() {
    let (server, recipient, given) = scene().await;
    let change = OutShareChange {
        permissions: Some(SharePermissions::READ),
        ..OutShareChange::default()
    };
    server.ocm.change(given.share.number, change).await.expect("changed");
    let third = Recipient::start().await;
    let mut request = about("REQUEST_RESHARE", &given.share.id, Some(&given.secret));
    request["notification"]["shareWith"] = json!(third.address("carol"));
    request["notification"]["senderId"] = json!("77");
    assert_eq!(recipient.notify(&server, &request).await.0, 403);
    assert_eq!(third.peer.requests(), 0, "nobody was asked");
}

fn wish(given: &Given, third: &Recipient) -> Value {
    let mut request = about("REQUEST_RESHARE", &given.share.id, Some(&given.secret));
    request["notification"]["shareWith"] = json!(third.address("carol"));
    request["notification"]["senderId"] = json!("77");
    request
}

/// Something happens to a share while the third server is asked whom it should go to. The answer to who wanted that, and what
/// the third server got.
async fn shared_on_while<Happens: Future>(happens: impl FnOnce(Arc<Server>, i64) -> Happens) -> (u16, usize) {
    let (server, recipient, given) = scene().await;
    let third = Recipient::start().await;
    let (asked, is_asked) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let (asked, may_go) = (Mutex::new(asked), Mutex::new(may_go));
    third.says(|answers| {
        answers.before_discovery = Arc::new(move || {
            asked.lock().expect("a lock").send(()).expect("somebody waits");
            may_go.lock().expect("a lock").recv().ok();
        });
    });
    let server = Arc::new(server);
    let (other, request) = (Arc::clone(&server), wish(&given, &third));
    let asking = tokio::spawn(async move { recipient.notify(&other, &request).await.0 });
    tokio::task::block_in_place(|| is_asked.recv()).expect("asked");
    happens(Arc::clone(&server), given.share.number).await;
    drop(go);
    (asking.await.expect("answered"), third.got("/ocm/shares").len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_share_that_ends_while_it_is_shared_on_takes_that_along() {
    let answered = shared_on_while(|server, number| async move {
        server.ocm.revoke(number).await.expect("revoked");
    });
    assert_eq!(answered.await, (400, 0));
    let answered = shared_on_while(|server, number| async move {
        let change = OutShareChange {
            permissions: Some(SharePermissions::READ.with(SharePermissions::SHARE)),
            ..OutShareChange::default()
        };
        server.ocm.change(number, change).await.expect("changed");
    });
    assert_eq!(answered.await, (400, 0), "the offer would allow more");
    assert_eq!(shared_on_while(|_, _| async {}).await, (201, 1), "nothing happened");
}

#[tokio::test]
async fn what_was_shared_on_opens_nothing_after_the_first_share_has_ended() {
    let (server, recipient, given) = scene().await;
    let third = Recipient::start().await;
    let (status, made) = recipient.notify(&server, &wish(&given, &third)).await;
    assert_eq!(status, 201, "{made}");
    let secret = made["token"].as_str().expect("a secret");
    let token = third.token(&server, secret).await;
    let opened = bearer(&server, &token).await.expect("opened");
    // The first one ends without a look at what was made of it, as of its time.
    let unit = server.store.begin().await.expect("a unit");
    let mut first = unit
        .find_out_share(&given.share.id)
        .await
        .expect("asked")
        .expect("there");
    first.expires_at = Some(server.clock.now().unix_timestamp());
    unit.update_out_share(&first).await.expect("changed");
    unit.commit().await.expect("committed");
    assert!(!server.ocm.is_still_good(&opened, SharePermissions::READ).await);
    assert!(is_unauthorized(&bearer(&server, &token).await));
    let (status, body) = third.exchange(&server, secret).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn who_shared_on_cannot_give_back_what_the_owner_took() {
    let (server, recipient, given) = scene().await;
    let third = Recipient::start().await;
    let (status, made) = recipient.notify(&server, &wish(&given, &third)).await;
    assert_eq!(status, 201, "{made}");
    let secret = made["token"].as_str().expect("a secret");
    let token = third.token(&server, secret).await;
    let id = made["providerId"].as_str().expect("an id");
    let child = server.store.find_out_share(id).await.expect("asked").expect("there");
    let change = OutShareChange {
        permissions: Some(SharePermissions::READ),
        ..OutShareChange::default()
    };
    server.ocm.change(child.number, change).await.expect("changed");
    let mut change = about("RESHARE_CHANGE_PERMISSION", id, Some(secret));
    change["notification"]["permission"] = json!(["read", "write"]);
    assert_eq!(recipient.notify(&server, &change).await.0, 201);
    let opened = bearer(&server, &token).await.expect("opened");
    assert_eq!(opened.permissions, SharePermissions::READ);
}
