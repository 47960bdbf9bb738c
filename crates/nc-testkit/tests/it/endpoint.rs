//! The endpoint itself: who may reach it, and what it makes of bad messages.

use nc_server::config::Mode;
use nc_testkit::{
    app::{MODERN, TestApp, send},
    own_issuer_app::OwnIssuerApp,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

#[tokio::test]
async fn a_foreign_host_is_refused() {
    let app = TestApp::boot().await;
    for host in ["evil.example", "127.0.0.1.evil.example", "evil.example:80"] {
        let reply = send(app.request("tools/list", json!({})).header("host", host)).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{host}");
    }
    let reply = send(app.request("tools/list", json!({})).header("host", "localhost:1234")).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn a_foreign_host_is_refused_before_anybody_is_asked_for_a_token() {
    let app = OwnIssuerApp::boot().await;
    let asked = app.request("POST", "/mcp").header("host", "mcp:8000").json(&json!({}));
    let reply = send(asked).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.text);
    assert!(reply.headers.get("www-authenticate").is_none(), "no sign-in would help");
    let reply = send(app.request("POST", "/mcp").json(&json!({}))).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_foreign_origin_is_refused_and_its_own_is_not() {
    let settings = [
        ("NEXTCLOUD_MCP_SERVER_URL", "https://mcp.example.org"),
        ("MCP_ALLOWED_ORIGINS", "https://app.example.org"),
    ];
    let app = TestApp::boot_with(Mode::SingleUser, &settings).await;
    for origin in [
        "https://evil.example",
        "null",
        "https://mcp.example.org:8443",
        "http://mcp.example.org",
        "https://app.example.org.evil.example",
    ] {
        let reply = send(app.request("tools/list", json!({})).header("origin", origin)).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{origin}");
    }
    for origin in [
        "https://mcp.example.org",
        "https://app.example.org",
        "http://localhost:6274",
    ] {
        let reply = send(app.request("tools/list", json!({})).header("origin", origin)).await;
        assert_eq!(reply.status, StatusCode::OK, "{origin}");
    }
}

#[tokio::test]
async fn pages_of_allowed_origins_may_ask_and_read_and_others_may_not() {
    let settings = [
        ("NEXTCLOUD_MCP_SERVER_URL", "https://mcp.example.org"),
        ("MCP_ALLOWED_ORIGINS", "https://app.example.org"),
    ];
    let app = TestApp::boot_with(Mode::SingleUser, &settings).await;
    let preflight = async |origin: &str| {
        let request = app.http().request(reqwest::Method::OPTIONS, &app.mcp_url);
        let request = request
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        let asked = "authorization,content-type,mcp-protocol-version,mcp-session-id";
        send(request.header("access-control-request-headers", asked)).await
    };
    for origin in [
        "https://mcp.example.org",
        "https://app.example.org",
        "http://localhost:6274",
        "http://127.0.0.1:5173",
    ] {
        let reply = preflight(origin).await;
        assert_eq!(reply.status, StatusCode::OK, "{origin}");
        assert_eq!(reply.headers["access-control-allow-origin"], origin);
        let headers = reply.headers["access-control-allow-headers"].to_str().expect("text");
        assert!(
            headers.contains("authorization") && headers.contains("mcp-session-id"),
            "{headers}"
        );
        let reply = send(app.request("tools/list", json!({})).header("origin", origin)).await;
        assert_eq!(reply.headers["access-control-allow-origin"], origin);
        let exposed = reply.headers["access-control-expose-headers"].to_str().expect("text");
        assert!(exposed.contains("www-authenticate"), "{exposed}");
    }
    for origin in [
        "https://evil.example",
        "null",
        "https://mcp.example.org:8443",
        "http://mcp.example.org",
    ] {
        let reply = preflight(origin).await;
        assert!(!reply.headers.contains_key("access-control-allow-origin"), "{origin}");
    }
}

#[tokio::test]
async fn the_public_host_is_allowed() {
    let settings = [
        ("NEXTCLOUD_MCP_SERVER_URL", "https://mcp.example.org/sub"),
        ("MCP_ALLOWED_HOSTS", "other.example"),
    ];
    let app = TestApp::boot_with(Mode::SingleUser, &settings).await;
    // A proxy in front of this port would publish them.
    let metrics = app.mcp_url.replace("/mcp", "/metrics");
    assert_eq!(send(app.http().get(metrics)).await.status, StatusCode::NOT_FOUND);
    for host in ["mcp.example.org", "other.example", "other.example:444"] {
        let reply = send(app.request("tools/list", json!({})).header("host", host)).await;
        assert_eq!(reply.status, StatusCode::OK, "{host}");
    }
}

#[tokio::test]
async fn what_is_not_one_message_is_refused_with_its_json_rpc_code() {
    let app = TestApp::boot().await;
    for (body, code) in [
        ("{\"jsonrpc\":", -32700),
        ("", -32700),
        ("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", -32600),
        ("42", -32600),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"method\":\"tools/call\"}",
            -32600,
        ),
    ] {
        let reply = send(app.post(body)).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(reply.message()["error"]["code"], code, "{body}");
    }
}

#[tokio::test]
async fn a_body_of_64_megabytes_is_refused_without_being_kept() {
    let app = TestApp::boot().await;
    let reply = send(app.post(vec![b' '; 64 * 1024 * 1024])).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(
        reply.message()["error"]["message"]
            .as_str()
            .is_some_and(|text| text.contains("larger than"))
    );
}

#[tokio::test]
async fn both_spellings_of_the_path_answer_without_redirect_and_any_accept_will_do() {
    let app = TestApp::boot().await;
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } } });
    for path in ["", "/"] {
        for accept in [
            Some("*/*"),
            Some("application/json"),
            Some("text/event-stream, application/json;q=0.9"),
            None,
        ] {
            let mut request = app.http().post(format!("{}{path}", app.mcp_url)).json(&body);
            if let Some(accept) = accept {
                request = request.header("accept", accept);
            }
            let reply = send(request).await;
            assert_eq!(reply.status, StatusCode::OK, "{path} {accept:?}");
            assert_eq!(reply.result()["protocolVersion"], "2025-06-18");
        }
    }
}

#[tokio::test]
async fn every_revision_is_served_from_one_endpoint() {
    let app = TestApp::boot().await;
    let discovered = send(app.request("server/discover", json!({}))).await.result();
    assert_eq!(
        discovered["supportedVersions"],
        json!(["2026-07-28", "2025-11-25", "2025-06-18"])
    );
    assert_eq!(discovered["cacheScope"], "private");
    for version in ["2025-11-25", "2025-06-18"] {
        let session = open_session(&app, version).await;
        let reply = send(in_session(&app, &session, version, "tools/list")).await;
        assert!(
            reply.result()["tools"]
                .as_array()
                .is_some_and(|tools| !tools.is_empty()),
            "{version}"
        );
    }
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let reply = send(app.post(body.to_string()).header("mcp-protocol-version", "1999-01-01")).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn lists_are_private_to_their_caller() {
    let app = TestApp::boot().await;
    for method in ["tools/list", "resources/list", "resources/templates/list"] {
        let result = send(app.request(method, json!({}))).await.result();
        assert_eq!(result["cacheScope"], "private", "{method}");
        assert!(result["ttlMs"].as_u64().is_some_and(|ttl| ttl > 0), "{method}");
    }
    let result = send(app.request("resources/read", json!({ "uri": "nc://capabilities" })))
        .await
        .result();
    assert_eq!(result["cacheScope"], "private");
}

#[tokio::test]
async fn an_invented_cursor_method_or_resource_is_refused() {
    let app = TestApp::boot().await;
    let reply = send(app.request("tools/list", json!({ "cursor": "nope" }))).await;
    assert_eq!(reply.message()["error"]["code"], -32602);
    let reply = send(app.request("prompts/list", json!({}))).await;
    assert_eq!(
        (reply.status, &reply.message()["error"]["code"]),
        (StatusCode::NOT_FOUND, &json!(-32601))
    );
    let reply = send(app.request("resources/read", json!({ "uri": "nc://Notes/99999999" }))).await;
    assert_eq!(reply.message()["error"]["code"], -32602);
    let reply = send(app.request("resources/read", json!({ "uri": "nc://nothing" }))).await;
    assert_eq!(reply.message()["error"]["code"], -32602);
}

#[tokio::test]
async fn the_number_of_sessions_is_limited() {
    let app = TestApp::boot_with(Mode::SingleUser, &[("MCP_MAX_SESSIONS", "3")]).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(send(initialize(&app, "2025-11-25")).await.status);
    }
    assert_eq!(
        statuses,
        [
            StatusCode::OK,
            StatusCode::OK,
            StatusCode::OK,
            StatusCode::SERVICE_UNAVAILABLE
        ]
    );
    let reply = send(app.request("tools/list", json!({}))).await;
    assert_eq!(reply.status, StatusCode::OK, "the stateless revision needs no session");
}

#[tokio::test]
async fn health_and_metrics_answer_without_a_credential_and_name_nobody() {
    let app = TestApp::boot().await;
    app.call("nc_webdav_list_directory", &json!({})).await.structured();
    let base = app.mcp_url.trim_end_matches("/mcp");
    let live = send(app.http().get(format!("{base}/health/live"))).await;
    assert_eq!(live.message(), json!({ "status": "alive", "mode": "basic" }));
    let ready = send(app.http().get(format!("{base}/health/ready"))).await.message();
    assert_eq!(
        (&ready["status"], &ready["checks"]["auth_mode"]),
        (&json!("ready"), &json!("basic"))
    );
    let metrics = send(app.http().get(format!("{base}/metrics"))).await.text;
    assert!(
        metrics.contains("mcp_tool_calls_total{tool_name=\"nc_webdav_list_directory\",status=\"success\"}"),
        "{metrics}"
    );
    assert!(
        metrics.contains("mcp_oauth_token_validations_total{outcome=\"valid\"}"),
        "{metrics}"
    );
    assert!(!metrics.contains("alice"), "{metrics}");
}

pub(crate) fn initialize(app: &TestApp, version: &str) -> reqwest::RequestBuilder {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } } });
    app.post(body.to_string())
}

pub(crate) async fn open_session(app: &TestApp, version: &str) -> String {
    let reply = send(initialize(app, version)).await;
    assert_eq!(reply.result()["protocolVersion"], version);
    reply.headers["mcp-session-id"].to_str().expect("text").to_owned()
}

pub(crate) fn in_session(app: &TestApp, session: &str, version: &str, method: &str) -> reqwest::RequestBuilder {
    assert_ne!(version, MODERN);
    let body: Value = json!({ "jsonrpc": "2.0", "id": 2, "method": method, "params": {} });
    app.post(body.to_string())
        .header("mcp-session-id", session)
        .header("mcp-protocol-version", version)
}

/// Programs send head and body apart, and ask for the metadata that a 401 names on the same connection.
#[tokio::test]
async fn a_refused_request_is_read_and_its_connection_stays_good() {
    let app = OwnIssuerApp::boot().await;
    let address = app.url.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.expect("a connection");
    let mut answer = [0; 64];
    for _ in 0..2 {
        let head =
            "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n";
        stream.write_all(head.as_bytes()).await.expect("sent");
        let early = timeout(std::time::Duration::from_millis(100), stream.read(&mut answer)).await;
        assert!(early.is_err(), "answered before the request was read: {early:?}");
        stream.write_all(b"{}").await.expect("the connection is open");
        let mut text = String::new();
        while !text.contains("\r\n\r\n") {
            let length = stream.read(&mut answer).await.expect("an answer");
            assert_ne!(length, 0, "the connection was closed: {text}");
            text.push_str(&String::from_utf8_lossy(&answer[..length]));
        }
        assert!(text.starts_with("HTTP/1.1 401 "), "{text}");
        let lower = text.to_ascii_lowercase();
        assert!(!lower.contains("connection: close"), "{text}");
        let (head, read) = lower.split_once("\r\n\r\n").expect("a head");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut left = length.map_or(0, |length| length.trim().parse::<usize>().expect("a length")) - read.len();
        while left > 0 {
            let most = left.min(answer.len());
            let length = stream.read(&mut answer[..most]).await.expect("the body");
            assert_ne!(length, 0, "the body was cut off");
            left -= length;
        }
    }
}
