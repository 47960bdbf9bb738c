use http::StatusCode;
use nc_auth::federation::{FederationError, InShareState};
use serde_json::{Value, json};

use crate::{
    elsewhere::{Elsewhere, incoming},
    wire::{Answer, Wire},
};

async fn boot() -> (Wire, Elsewhere) {
    let wire = Wire::boot().await;
    let elsewhere = Elsewhere::default();
    wire.cloud.federate(elsewhere.federated()).unwrap();
    elsewhere.state().incoming = vec![
        incoming(1, "carol", "report.pdf", InShareState::Pending),
        incoming(2, "carol", "photos", InShareState::Pending),
        incoming(3, "dave", "daves.txt", InShareState::Accepted),
    ];
    (wire, elsewhere)
}

async fn ask(wire: &Wire, who: &str, method: &str, path: &str) -> Answer {
    wire.ocs(who, method, &format!("/remote_shares{path}"), Value::Null)
        .await
}

async fn numbers(wire: &Wire, who: &str, path: &str) -> Vec<i64> {
    let data = ask(wire, who, "GET", path).await.data();
    data.as_array()
        .unwrap()
        .iter()
        .map(|share| share["id"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_share_waits_is_taken_and_removed() {
    let (wire, _) = boot().await;
    assert_eq!(numbers(&wire, "carol", "").await, [0_i64; 0]);
    assert_eq!(numbers(&wire, "carol", "/pending").await, [1, 2]);
    let pending = ask(&wire, "carol", "GET", "/pending").await.data()[0].clone();
    let shown = json!({
        "id": 1, "share_type": 0, "parent": -1, "remote": "https://peer.example.net/", "remote_id": "remote-1",
        "share_token": "", "name": "/report.pdf", "owner": "eve@peer.example.net", "user": "carol",
        "mountpoint": "{{TemporaryMountPointName#/report.pdf}}", "accepted": 0
    });
    assert_eq!(pending, shown);
    assert_eq!(ask(&wire, "carol", "POST", "/pending/1").await.data(), json!([]));
    assert_eq!(numbers(&wire, "carol", "/pending").await, [2]);
    assert_eq!(numbers(&wire, "carol", "").await, [1]);
    let one = ask(&wire, "carol", "GET", "/1").await.data();
    assert_eq!(
        (one["mountpoint"].as_str(), one["accepted"].as_i64()),
        (Some("/report.pdf"), Some(1))
    );
    assert_eq!(
        (one["share_token"].as_str(), one["password"].as_str()),
        (Some(""), Some(""))
    );
    assert_eq!(one["mountpoint_hash"], "2f64f47cc9ea39cd896a20005e4ef052");
    assert_eq!(
        (one["type"].as_str(), one["permissions"].as_i64()),
        (Some("file"), Some(1))
    );
    // What is among the files is not declined as what waits, nor the other way round.
    assert_eq!(
        ask(&wire, "carol", "DELETE", "/pending/1").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(ask(&wire, "carol", "DELETE", "/2").await.status, StatusCode::NOT_FOUND);
    assert_eq!(ask(&wire, "carol", "DELETE", "/1").await.status, StatusCode::OK);
    assert_eq!(ask(&wire, "carol", "DELETE", "/pending/2").await.status, StatusCode::OK);
    for (method, path) in [
        ("GET", "/1"),
        ("DELETE", "/1"),
        ("POST", "/pending/1"),
        ("POST", "/pending/2"),
        ("DELETE", "/pending/2"),
        ("POST", "/pending/99"),
        ("GET", "/x"),
        ("GET", "/-1"),
    ] {
        assert_eq!(
            ask(&wire, "carol", method, path).await.status,
            StatusCode::NOT_FOUND,
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn nobody_sees_or_takes_what_is_for_somebody_else() {
    let (wire, elsewhere) = boot().await;
    for who in ["dave", "alice", "bob"] {
        assert_eq!(numbers(&wire, who, "/pending").await, [0_i64; 0], "{who}");
        for (method, path) in [
            ("POST", "/pending/1"),
            ("DELETE", "/pending/1"),
            ("GET", "/1"),
            ("DELETE", "/1"),
        ] {
            assert_eq!(
                ask(&wire, who, method, path).await.status,
                StatusCode::NOT_FOUND,
                "{who} {method} {path}"
            );
        }
    }
    assert!(elsewhere.state().incoming[0].state == InShareState::Pending);
    let anonymous = wire
        .send("", "GET", &format!("{}/remote_shares", crate::wire::API), &[], "")
        .await;
    assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn that_the_other_server_is_away_is_told_with_the_time_to_wait() {
    let (wire, elsewhere) = boot().await;
    elsewhere.state().fails = Some(FederationError::Unavailable {
        retry_after_s: Some(12),
    });
    let answer = ask(&wire, "carol", "POST", "/pending/1").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().contains("try again after 12 s"), "{}", answer.text());
    assert_eq!(numbers(&wire, "carol", "/pending").await, [1, 2]);
    elsewhere.state().fails = Some(FederationError::NotFound);
    assert_eq!(
        ask(&wire, "carol", "POST", "/pending/1").await.status,
        StatusCode::NOT_FOUND
    );
}
