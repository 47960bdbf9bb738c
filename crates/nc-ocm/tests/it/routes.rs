//! The routes themselves, broken as the check of signatures is in [`crate::signatures`]: none of them goes around it.

use serde_json::{Value, json};

use crate::{
    draft::{Draft, Key, Signed},
    stage::Stage,
    support::reply,
};

/// Where a message may go, and what is answered to one that is signed well.
const ROUTES: [(&str, u16); 3] = [
    ("/ocm/shares", 201),
    ("/index.php/ocm/shares", 201),
    ("/ocm/notifications", 201),
];

/// A message that a route would take from this other server.
fn message(stage: &Stage, path: &str) -> Vec<u8> {
    let (ours, theirs) = (&stage.server.url, &stage.peer.url);
    let body = match path {
        "/ocm/notifications" => json!({
            "notificationType": "SHARE_UNSHARED", "resourceType": "file", "providerId": "given-once",
            "notification": {"sharedSecret": "the-secret-of-it", "message": "no more"},
        }),
        _ => share(ours, theirs, "given-once"),
    };
    body.to_string().into_bytes()
}

fn share(ours: &str, theirs: &str, id: &str) -> Value {
    json!({
        "shareWith": format!("bob@{ours}"), "name": "plan.odt", "providerId": id, "owner": format!("eve@{theirs}"),
        "sender": format!("eve@{theirs}"), "ownerDisplayName": "Eve", "senderDisplayName": "Eve", "shareType": "user",
        "resourceType": "file",
        "protocol": {"name": "multi", "webdav": {
            "uri": id, "sharedSecret": "the-secret-of-it", "permissions": ["read"], "requirements": ["must-exchange-token"],
        }},
    })
}

fn draft(stage: &Stage, path: &str) -> Draft {
    Draft::new(
        format!("{}{path}", stage.server.url),
        stage.parameters(),
        &message(stage, path),
    )
}

async fn send(stage: &Stage, path: &str, signed: Signed) -> u16 {
    let request = stage
        .server
        .request("POST", path)
        .header("content-type", "application/json");
    let answer = signed.into_request(request).send().await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    assert!(!text.contains("the-secret-of-it"), "{path}: {text}");
    status
}

/// A stage where the share that notifications are about was given.
async fn with_share() -> Stage {
    let stage = Stage::start().await;
    let path = "/ocm/shares";
    assert_eq!(send(&stage, path, draft(&stage, path).sign(&stage.key)).await, 201);
    stage.advance(1);
    stage
}

#[tokio::test]
async fn no_route_takes_what_is_not_signed_by_the_server_that_it_has_to_come_from() {
    for (path, good) in ROUTES {
        let stage = with_share().await;
        let other = Stage::start().await;
        let draft = draft(&stage, path);
        let signed = draft.sign(&stage.key);
        let elsewhere = stage.parameters().replace(&stage.peer.url, &other.peer.url);
        let elsewhere = draft.with_parameters(elsewhere).sign(&other.key);
        let mut body = signed.body.clone();
        let at = body.len() - 2;
        body[at] = b' ';
        for (what, status, bad) in [
            (
                "unsigned",
                401,
                signed.clone().without("signature").without("signature-input"),
            ),
            ("with another key", 401, draft.sign(&Key::ed25519(9))),
            ("by another server", 403, elsewhere),
            ("unreadably", 400, signed.clone().set("signature-input", "sig1=(")),
            ("another body", 400, signed.clone().with_body(&body)),
            (
                "long ago",
                401,
                draft
                    .with_parameters(stage.parameters_of(stage.now() - 301, crate::stage::K1))
                    .sign(&stage.key),
            ),
        ] {
            let found = send(&stage, path, bad).await;
            // A body that changed is no message any more, or has no good digest.
            let is_refused = found == status || (what == "another body" && found == 401);
            assert!(is_refused, "{path}, {what}: {found}");
        }
        assert_eq!(send(&stage, path, signed.clone()).await, good, "{path}");
        assert_eq!(send(&stage, path, signed).await, 401, "{path}, again");
    }
}

#[tokio::test]
async fn every_route_says_when_the_keys_of_the_other_server_cannot_be_had() {
    for (path, _) in ROUTES {
        let stage = with_share().await;
        stage.advance(25 * 3600);
        stage.peer.answer_with(|_| reply(500, "text/plain", ""));
        let signed = draft(&stage, path).sign(&stage.key);
        assert_eq!(send(&stage, path, signed).await, 502, "{path}");
    }
}

#[tokio::test]
async fn ocm_n097_a_flood_of_shares_from_one_server_ends() {
    let stage = Stage::with(|config| config.shares_per_host_per_hour = 5).await;
    let mut statuses = Vec::new();
    for number in 0..8 {
        let body = share(&stage.server.url, &stage.peer.url, &format!("share-{number}")).to_string();
        let draft = Draft::new(
            format!("{}/ocm/shares", stage.server.url),
            stage.parameters(),
            body.as_bytes(),
        );
        statuses.push(send(&stage, "/ocm/shares", draft.sign(&stage.key)).await);
    }
    assert_eq!(statuses, [201, 201, 201, 201, 201, 429, 429, 429]);
    stage.advance(3600);
    let path = "/ocm/shares";
    assert_eq!(send(&stage, path, draft(&stage, path).sign(&stage.key)).await, 201);
}

#[tokio::test]
async fn ocm_n097_shares_in_the_names_of_invented_servers_end_too() {
    let stage = Stage::with(|config| config.shares_per_host_per_hour = 1).await;
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for number in 0..40 {
        let invented = format!("http://invented-{number}.invalid");
        let body = share(&stage.server.url, &invented, "x").to_string().into_bytes();
        let unsigned = Signed {
            headers: Vec::new(),
            body,
        };
        *statuses.entry(send(&stage, "/ocm/shares", unsigned).await).or_default() += 1;
    }
    assert_eq!(statuses, [(429, 20), (502, 20)].into());
    assert_eq!(stage.peer.requests(), 0);
}
