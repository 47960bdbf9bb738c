//! Rules about credentials: who a request belongs to, and what happens after a refusal.

use std::sync::Arc;

use nc_client::{ClientConfig, Error, FilePath, InProcess, Nextcloud, NotesFilter};
use nc_proto::clock::Clock;
use time::{Duration, OffsetDateTime};

use crate::scripted::{Reply, Seen, Server, account, credential, nextcloud};

fn capabilities(etag: &str) -> Reply {
    let text = r#"{"ocs":{"meta":{"status":"ok","statuscode":200},"data":{"version":{"major":32},"capabilities":{"notes":{}}}}}"#;
    let headers = [("content-type", "application/json"), ("etag", etag)];
    Reply::new(200, &headers, text)
}

fn user_of(seen: &Seen) -> &'static str {
    // carol:carol-password and dave:dave-password
    match seen.header("authorization") {
        Some("Basic Y2Fyb2w6Y2Fyb2wtcGFzc3dvcmQ=") => "carol",
        Some("Basic ZGF2ZTpkYXZlLXBhc3N3b3Jk") => "dave",
        other => panic!("unknown credential {other:?}"),
    }
}

#[tokio::test]
async fn two_users_over_one_connection_each_see_their_own_and_cookies_go_nowhere() {
    let server = Server::start_raw(|seen, _| {
        let user = user_of(seen);
        let cookie = format!("nc_session_id={user}; Path=/; HttpOnly");
        if seen.target.contains("/cloud/user") {
            return account(user);
        }
        let note = format!(r#"[{{"id":1,"title":"note of {user}"}}]"#);
        Reply::new(
            200,
            &[("content-type", "application/json"), ("set-cookie", &cookie)],
            note,
        )
    })
    .await;
    let nextcloud = server.nextcloud();
    for _ in 0..2 {
        for user in ["carol", "dave"] {
            let client = nextcloud.client(credential(user));
            let notes = client.notes().list(&NotesFilter::default()).await.expect("notes");
            assert_eq!(notes[0].title, format!("note of {user}"));
            assert_eq!(client.user().await.expect("user").id, user);
        }
    }
    let seen = server.all_seen();
    assert!(seen.iter().all(|seen| seen.header("cookie").is_none()));
    assert!(seen.iter().all(|seen| seen.connection == 0), "one pool, one connection");
    assert_eq!(seen.len(), 6, "who the users are is asked once each");
}

#[tokio::test]
async fn every_request_is_one_of_a_program_with_a_name() {
    let server = Server::start(|_, _| Reply::new(404, &[], "")).await;
    let client = server.client();
    let root = FilePath::parse("/x").expect("path");
    let _ = client.notes().list(&NotesFilter::default()).await;
    let _ = client.files().stat(&root).await;
    let _ = client.files().delete(&root, None).await;
    let _ = client.capabilities().await;
    let _ = client.nextcloud().status().await;
    let _ = nc_client::LoginFlow::start(client.nextcloud(), "nextcloud-mcp on a laptop").await;
    let seen = server.all_seen();
    assert_eq!(seen.len(), 7);
    for seen in &seen {
        assert_eq!(seen.header("ocs-apirequest"), Some("true"), "{}", seen.line());
        let name = seen.header("user-agent").expect("user agent");
        assert!(name.starts_with("nextcloud-mcp"), "{name}");
    }
    let anonymous: Vec<_> = seen
        .iter()
        .filter(|seen| seen.header("authorization").is_none())
        .collect();
    let lines: Vec<String> = anonymous.iter().map(|seen| seen.line()).collect();
    assert_eq!(lines, ["GET /status.php", "POST /index.php/login/v2"]);
    assert_eq!(
        anonymous[1].header("user-agent"),
        Some("nextcloud-mcp on a laptop"),
        "it names the app password"
    );
}

#[tokio::test]
async fn after_a_refused_sign_in_nothing_more_is_sent_whoever_asks() {
    let server = Server::start_raw(|_, _| Reply::json(401, r#"{"message":"no"}"#)).await;
    let nextcloud = server.nextcloud();
    let client = nextcloud.client(credential("carol"));
    // Many at once, while nobody knows yet: only one may try.
    let attempts = (0..10).map(|_| {
        let client = nextcloud.client(credential("carol"));
        tokio::spawn(async move { client.notes().settings().await.map(drop) })
    });
    for attempt in attempts.collect::<Vec<_>>() {
        assert!(matches!(attempt.await.expect("task"), Err(Error::Unauthorized)));
    }
    assert!(matches!(client.user().await, Err(Error::Unauthorized)));
    assert!(matches!(
        client.files().stat(&FilePath::root()).await,
        Err(Error::Unauthorized)
    ));
    assert_eq!(server.all_seen().len(), 1);
    // Another credential is another matter, and a person may ask for one more try.
    assert!(nextcloud.client(credential("dave")).user().await.is_err());
    assert_eq!(server.all_seen().len(), 2);
    client.forgive();
    assert!(client.user().await.is_err());
    assert_eq!(server.all_seen().len(), 3);
}

#[tokio::test]
async fn a_refusal_in_the_middle_ends_it_too_and_server_trouble_does_not() {
    let server = Server::start(|_, number| match number {
        0 => Reply::json(500, ""),
        1 => Reply::new(503, &[("x-nextcloud-maintenance-mode", "1")], ""),
        2 => Reply::json(403, ""),
        3 => Reply::json(200, r#"{"notesPath":"Notes"}"#),
        _ => Reply::json(401, ""),
    })
    .await;
    let client = server.client();
    let ask = async || client.notes().settings().await.map(drop);
    assert_eq!(ask().await.expect_err("500").code(), "server_error");
    assert_eq!(ask().await.expect_err("503").code(), "maintenance");
    assert_eq!(ask().await.expect_err("403").code(), "forbidden");
    ask().await.expect("200");
    assert!(!client.is_rejected());
    assert_eq!(ask().await.expect_err("401").code(), "unauthorized");
    assert!(client.is_rejected());
    assert_eq!(ask().await.expect_err("remembered").code(), "unauthorized");
    assert_eq!(server.seen().len(), 5);
}

#[tokio::test]
async fn the_login_name_signs_in_and_the_id_is_in_paths() {
    let server = Server::start_raw(|seen, _| match seen.method.as_str() {
        "GET" => account("a1b2 @x+y'z"),
        _ => Reply::xml(404, ""),
    })
    .await;
    let client = server.nextcloud().client(credential("jane@example.org"));
    assert_eq!(client.login_name(), Some("jane@example.org"));
    let error = client
        .files()
        .stat(&FilePath::parse("/Docs").expect("path"))
        .await
        .expect_err("missing");
    assert_eq!(error.code(), "not_found");
    let seen = server.seen();
    assert_eq!(
        seen[0].line(),
        "PROPFIND /remote.php/dav/files/a1b2%20%40x%2By%27z/Docs"
    );
    assert_eq!(seen[0].header("depth"), Some("0"));
    // jane@example.org:jane@example.org-password
    let basic = "Basic amFuZUBleGFtcGxlLm9yZzpqYW5lQGV4YW1wbGUub3JnLXBhc3N3b3Jk";
    assert!(
        server
            .all_seen()
            .iter()
            .all(|seen| seen.header("authorization") == Some(basic))
    );
}

#[tokio::test]
async fn capabilities_are_asked_once_in_five_minutes_then_with_their_etag() {
    let server = Server::start(|seen, _| match seen.header("if-none-match") {
        Some("\"tag\"") => Reply::new(304, &[("etag", "\"tag\"")], ""),
        _ => capabilities("\"tag\""),
    })
    .await;
    let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH);
    let config = server.config();
    let transport = Arc::new(nc_client::HttpTransport::new(&config).expect("transport"));
    let nextcloud = Nextcloud::new(config, transport, clock.clone());
    let clients: Vec<_> = (0..8).map(|_| nextcloud.client(credential("carol"))).collect();
    let all = clients.iter().map(nc_client::Client::capabilities);
    for capabilities in futures_util::future::join_all(all).await {
        assert!(capabilities.expect("capabilities").has("notes"));
    }
    assert_eq!(
        server.all_seen().len(),
        2,
        "one question for the account, one for the capabilities"
    );
    clock.advance(Duration::seconds(301));
    assert!(clients[0].capabilities().await.expect("capabilities").has("notes"));
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].header("if-none-match"), Some("\"tag\""));
}

#[tokio::test]
async fn the_reduced_capabilities_of_strangers_are_never_taken_for_all() {
    let server = Server::start_raw(|seen, _| {
        if seen.target.contains("capabilities") {
            capabilities("\"x\"")
        } else {
            Reply::json(401, "")
        }
    })
    .await;
    assert!(matches!(server.client().capabilities().await, Err(Error::Unauthorized)));
    assert_eq!(
        server.all_seen().len(),
        1,
        "the question that a wrong password cannot answer comes first"
    );
}

#[tokio::test]
async fn a_bearer_token_is_sent_as_one() {
    let server = Server::start(|_, _| Reply::json(200, r#"{"notesPath":"Notes"}"#)).await;
    let client = server
        .nextcloud()
        .client(nc_client::Credential::Bearer("token-123".into()));
    client.notes().settings().await.expect("settings");
    assert_eq!(server.seen()[0].header("authorization"), Some("Bearer token-123"));
    assert_eq!(client.login_name(), None);
}

#[tokio::test]
async fn an_app_that_is_missing_is_not_asked_for_again_for_five_minutes() {
    let server = Server::start(|_, _| Reply::html(404)).await;
    let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH);
    let config = server.config();
    let transport = Arc::new(nc_client::HttpTransport::new(&config).expect("transport"));
    let nextcloud = Nextcloud::new(config, transport, clock.clone());
    let client = nextcloud.client(credential("carol"));
    for _ in 0..3 {
        let error = client.notes().settings().await.expect_err("missing");
        assert_eq!(error.code(), "app_missing");
        assert!(error.to_string().contains("notes"));
    }
    assert_eq!(server.seen().len(), 1);
    clock.advance(Duration::minutes(5));
    assert_eq!(
        client.notes().settings().await.expect_err("missing").code(),
        "app_missing"
    );
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_service_of_this_process_is_asked_as_any_other_server() {
    let service = tower::service_fn(|request: http::Request<nc_client::Body>| async move {
        assert_eq!(request.headers()["host"], "cloud.example.org");
        assert_eq!(request.headers()["ocs-apirequest"], "true");
        assert_eq!(request.uri().to_string(), "/sub/index.php/apps/notes/api/v1/settings");
        assert!(request.headers().contains_key("authorization"));
        let body = nc_client::Body::from(r#"{"notesPath":"Mine"}"#.to_owned());
        Ok::<_, std::convert::Infallible>(http::Response::new(body))
    });
    let base = nc_client::BaseUrl::parse("http://cloud.example.org/sub/").expect("base");
    let config = ClientConfig::new(base);
    let nextcloud = Nextcloud::new(config, Arc::new(InProcess::new(service)), Clock::system());
    let settings = nextcloud
        .client(credential("carol"))
        .notes()
        .settings()
        .await
        .expect("settings");
    assert_eq!(settings.notes_path, "Mine");
}

#[tokio::test]
async fn an_answer_tells_metrics_its_status_and_time_and_nothing_else() {
    #[derive(Debug, Default)]
    struct Notebook(std::sync::Mutex<Vec<(String, &'static str, Option<u16>)>>);
    impl nc_client::Observer for Notebook {
        fn exchanged(&self, exchange: &nc_client::Exchange) {
            let line = (exchange.method.to_string(), exchange.area, exchange.status);
            self.0.lock().expect("lock").push(line);
        }
    }
    let server = Server::start(|_, _| Reply::json(200, r#"{"notesPath":"Notes"}"#)).await;
    let notebook = Arc::new(Notebook::default());
    let mut config = server.config();
    config.observer = Some(Arc::clone(&notebook) as Arc<dyn nc_client::Observer>);
    let client = nextcloud(config).client(credential("carol"));
    client.user().await.expect("user");
    client.notes().settings().await.expect("settings");
    let lines = notebook.0.lock().expect("lock").clone();
    assert_eq!(
        lines,
        [
            ("GET".to_owned(), "ocs", Some(200)),
            ("GET".to_owned(), "notes", Some(200))
        ]
    );
}

#[tokio::test]
async fn connections_are_kept_unless_that_is_switched_off() {
    for (keepalive, connections) in [(true, 1), (false, 4)] {
        let server = Server::start(|_, _| Reply::json(200, r#"{"notesPath":"Notes"}"#)).await;
        let mut config = server.config();
        config.keepalive = keepalive;
        let client = nextcloud(config).client(credential("carol"));
        for _ in 0..4 {
            client.notes().settings().await.expect("settings");
        }
        let used: std::collections::HashSet<usize> = server.seen().iter().map(|seen| seen.connection).collect();
        assert_eq!(used.len(), connections, "keepalive {keepalive}");
    }
}

#[tokio::test]
async fn the_state_of_the_server_is_for_everybody() {
    let text = r#"{"installed":true,"maintenance":false,"needsDbUpgrade":false,"version":"32.0.1.2",
        "versionstring":"32.0.1","edition":"","productname":"Nextcloud","extendedSupport":false}"#;
    let server = Server::start_raw(move |_, _| Reply::json(200, text)).await;
    let status = server.nextcloud().status().await.expect("status");
    assert_eq!((status.version_string.as_str(), status.maintenance), ("32.0.1", false));
    assert_eq!(server.seen()[0].header("authorization"), None);
}
