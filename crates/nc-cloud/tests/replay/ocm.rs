//! Of the recording about other servers, what this cloud answers itself: the sharing API. What other servers send is answered
//! by those who speak with them, and compared there.

use nc_auth::federation::{FederationError, InShare, InShareState, RemoteKind};

use crate::{
    differences::Difference,
    elsewhere::{Elsewhere, incoming},
    recording,
    wire::{Wire, unintended},
};

pub(crate) const INTENDED: &[Difference] = &[
    Difference {
        exchanges: &[
            "federated-share-create-unreachable-server",
            "federated-share-create-remote-group-unreachable",
        ],
        begins: &["status 403 in the recording, 503 Service Unavailable here"],
        reason: "that the other server is away is no refusal: the answer says when it is worth another try",
    },
    Difference {
        exchanges: &[
            "remote-shares-list",
            "remote-shares-list-after-group-accept",
            "remote-shares-get",
        ],
        begins: &[
            "/ocs/data[]/permissions is not in the recording",
            "/ocs/data[]/type is not in the recording",
            "/ocs/data/permissions is not in the recording",
            "/ocs/data/type is not in the recording",
        ],
        reason: "Nextcloud tells these only while the other server answers",
    },
    Difference {
        exchanges: &["remote-shares-pending-list"],
        begins: &["fact user"],
        reason: "a share with a group is shown to each member as the member's own, with one number before and after it is taken",
    },
];

/// What eve shares in the recording, with its numbers.
fn shared_by_eve() -> Vec<InShare> {
    let of = |number, name| incoming(number, "carol", name, InShareState::Pending);
    let mut shares = vec![
        of(26, "report.pdf"),
        of(27, "photos"),
        of(28, "third"),
        of(29, "again.pdf"),
        of(30, "team-report.pdf"),
    ];
    shares[4].kind = RemoteKind::Group;
    shares
}

#[tokio::test]
async fn the_recorded_requests_about_shares_of_other_servers_are_answered_alike() {
    let wire = Wire::boot().await;
    let elsewhere = Elsewhere::default();
    wire.cloud.federate(elsewhere.federated()).unwrap();
    let authorization = wire.authorization("Basic carol");
    let headers = [("Authorization", authorization.as_str())];
    let put = wire
        .send("PUT", "/remote.php/dav/files/carol/fed.txt", &headers, b"x".to_vec())
        .await;
    assert!(put.status.is_success());
    elsewhere.state().incoming = shared_by_eve();
    let exchanges = recording::read("ocm");
    let of_the_api = exchanges
        .iter()
        .filter(|exchange| exchange.request.path.starts_with("/ocs/"));
    let mut failures = Vec::new();
    let mut compared = 0;
    for exchange in of_the_api {
        let name = exchange.name.as_str();
        if name.ends_with("unreachable") || name.ends_with("unreachable-server") {
            elsewhere.state().fails_to_share = Some(FederationError::Unavailable { retry_after_s: None });
        }
        let (answer, mut found) = wire.replay(exchange, &exchange.request.path, &[]).await;
        found.extend(facts(&exchange.response.body(), &answer.body));
        let found = unintended("ocm", name, found, INTENDED);
        if !found.is_empty() {
            failures.push(format!("{name}: {found:#?}"));
        }
        compared += 1;
    }
    assert_eq!(compared, 18);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// More than the shape, and that no secret is told.
fn facts(theirs: &[u8], ours: &[u8]) -> Vec<String> {
    let read = |body: &[u8]| {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap();
        match body["ocs"]["data"].clone() {
            serde_json::Value::Array(list) => list,
            one => vec![one],
        }
    };
    let (theirs, ours) = (read(theirs), read(ours));
    if theirs.len() != ours.len() {
        return vec![format!("{} shares in the recording, {} here", theirs.len(), ours.len())];
    }
    let mut found = Vec::new();
    for (theirs, ours) in theirs
        .iter()
        .zip(&ours)
        .filter(|(theirs, _)| theirs.get("remote").is_some())
    {
        for name in [
            "share_type",
            "remote",
            "name",
            "user",
            "mountpoint",
            "accepted",
            "mountpoint_hash",
        ] {
            if theirs.get(name) != ours.get(name) {
                found.push(format!(
                    "fact {name} is {:?} in the recording, {:?} here",
                    theirs.get(name),
                    ours.get(name)
                ));
            }
        }
        assert_eq!(ours["share_token"], "");
    }
    found
}
