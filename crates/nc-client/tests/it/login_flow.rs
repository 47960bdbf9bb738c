use std::sync::Arc;

use nc_client::{BaseUrl, Client, HttpTransport, LoginFlow, Nextcloud, Poll};
use nc_proto::clock::Clock;
use secrecy::ExposeSecret;
use time::{Duration, OffsetDateTime};

use crate::scripted::{Reply, Seen, Server, account};

fn started(server: &Seen, scheme_and_host: &str) -> Reply {
    let _ = server;
    Reply::json(
        200,
        format!(
            r#"{{"poll":{{"token":"poll-token","endpoint":"{scheme_and_host}/login/v2/poll"}},"login":"{scheme_and_host}/login/v2/flow/abc"}}"#
        ),
    )
}

fn nextcloud(server: &Server, clock: &Clock, public: Option<&str>) -> Nextcloud {
    let mut config = server.config();
    config.public_url = public.map(|public| BaseUrl::parse(public).expect("public"));
    let transport = Arc::new(HttpTransport::new(&config).expect("transport"));
    Nextcloud::new(config, transport, clock.clone())
}

#[tokio::test]
async fn a_flow_is_pending_until_it_is_granted() {
    let server = Server::start_raw(|seen, number| match (seen.target.as_str(), number) {
        ("/index.php/login/v2", _) => started(seen, "https://cloud.example.org"),
        (_, 1) => Reply::json(404, "[]"),
        _ => Reply::json(
            200,
            r#"{"server":"https://cloud.example.org","loginName":"jane@example.org","appPassword":"secret"}"#,
        ),
    })
    .await;
    let nextcloud = nextcloud(&server, &Clock::system(), Some("https://cloud.example.org"));
    let flow = LoginFlow::start(&nextcloud, "nextcloud-mcp on a laptop")
        .await
        .expect("started");
    assert_eq!(flow.login_url().as_str(), "https://cloud.example.org/login/v2/flow/abc");
    assert!(matches!(flow.poll().await.expect("first"), Poll::Pending));
    let Poll::Granted(grant) = flow.poll().await.expect("second") else {
        panic!("granted")
    };
    assert_eq!(
        (grant.login_name.as_str(), grant.app_password.expose_secret()),
        ("jane@example.org", "secret")
    );
    assert!(!format!("{flow:?} {grant:?}").contains("secret"));
    assert!(!format!("{flow:?}").contains("poll-token"));
    let seen = server.seen();
    assert_eq!(seen[1].line(), "POST /index.php/login/v2/poll");
    assert_eq!(seen[1].body, b"token=poll-token");
}

#[tokio::test]
async fn another_place_to_sign_in_at_is_refused() {
    let server = Server::start_raw(|seen, _| started(seen, "https://evil.example")).await;
    let nextcloud = nextcloud(&server, &Clock::system(), Some("https://cloud.example.org"));
    let error = LoginFlow::start(&nextcloud, "name").await.expect_err("foreign");
    assert_eq!(error.code(), "bad_answer");
    assert!(error.to_string().contains("another address to sign in at"), "{error}");
}

#[tokio::test]
async fn e06_the_configured_address_is_kept_whatever_the_server_calls_itself() {
    let server = Server::start_raw(|seen, _| match seen.target.as_str() {
        "/index.php/login/v2" => started(seen, "https://cloud.example.org"),
        "/index.php/login/v2/poll" => Reply::json(
            200,
            r#"{"server":"https://evil.example","loginName":"jane","appPassword":"secret"}"#,
        ),
        _ => Reply::json(
            200,
            r#"{"ocs":{"meta":{"status":"ok","statuscode":200},"data":{"id":"jane"}}}"#,
        ),
    })
    .await;
    let nextcloud = nextcloud(&server, &Clock::system(), Some("https://cloud.example.org"));
    let flow = LoginFlow::start(&nextcloud, "name").await.expect("started");
    let resumed = LoginFlow::resume(&nextcloud, flow.token().clone());
    let Poll::Granted(grant) = resumed.poll().await.expect("polled") else {
        panic!("it is granted")
    };
    let user = nextcloud.client(grant.credential()).user().await.expect("the user");
    assert_eq!(user.id, "jane");
    let seen = server.all_seen();
    assert_eq!(
        seen.last().expect("request").line(),
        "GET /ocs/v2.php/cloud/user?format=json"
    );
}

#[tokio::test]
async fn e06_a_flow_ends_after_twenty_minutes() {
    let server = Server::start_raw(|seen, number| match number {
        0 => started(seen, "https://cloud.example.org"),
        _ => Reply::json(404, "[]"),
    })
    .await;
    let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH);
    let nextcloud = nextcloud(&server, &clock, Some("https://cloud.example.org"));
    let flow = LoginFlow::start(&nextcloud, "name").await.expect("started");
    clock.advance(Duration::minutes(19));
    assert!(matches!(flow.poll().await.expect("in time"), Poll::Pending));
    clock.advance(Duration::minutes(1));
    assert_eq!(flow.poll().await.expect_err("over").code(), "timeout");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn the_app_password_of_somebody_else_is_taken_back() {
    let server = Server::start_raw(|seen, _| match seen.method.as_str() {
        "GET" => account("mallory"),
        _ => Reply::json(
            200,
            r#"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":[]}}"#,
        ),
    })
    .await;
    let client: Client = server.client();
    let error = client.confirm_user(Some("carol")).await.expect_err("somebody else");
    assert_eq!(error.code(), "forbidden");
    let seen = server.all_seen();
    assert_eq!(
        seen.last().expect("request").line(),
        "DELETE /ocs/v2.php/core/apppassword?format=json"
    );
    assert!(client.is_rejected(), "it is gone, so it is not sent again");
    assert!(server.client().confirm_user(Some("mallory")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn waiting_polls_ever_slower_and_sits_out_short_failures() {
    let answers = crate::trouble::Answers::start(|number| match number {
        0 => {
            let place = "https://cloud.example.org/login/v2";
            let poll = format!(r#"{{"token":"t","endpoint":"{place}/poll"}}"#);
            (
                200,
                Vec::new(),
                format!(r#"{{"poll":{poll},"login":"{place}/flow/abc"}}"#),
            )
        }
        1 | 3 => (404, Vec::new(), "[]".to_owned()),
        2 => (500, Vec::new(), String::new()),
        _ => (
            200,
            Vec::new(),
            r#"{"server":"https://cloud.example.org","loginName":"carol","appPassword":"secret"}"#.to_owned(),
        ),
    });
    let client = answers.client();
    let flow = LoginFlow::start(client.nextcloud(), "name").await.expect("started");
    let start = tokio::time::Instant::now();
    let grant = flow.wait().await.expect("granted");
    assert_eq!(grant.login_name, "carol");
    assert_eq!(answers.count(), 5);
    // 2, 2.5, 3 and 3.5 s.
    assert_eq!(start.elapsed(), std::time::Duration::from_secs(11));
}
