//! Nobody acts as somebody else.

use nc_server::config::Mode;
use nc_testkit::app::{TestApp, send};
use reqwest::StatusCode;
use serde_json::json;

use crate::endpoint::{in_session, initialize};

#[tokio::test]
async fn basic_mode_needs_exactly_one_good_credential() {
    let app = TestApp::boot_with(Mode::Basic, &[]).await;
    let ask = || app.request("tools/list", json!({}));
    let reply = send(ask()).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        reply.headers["www-authenticate"],
        "Basic realm=\"Nextcloud\", charset=\"UTF-8\""
    );
    let wrong = nc_testkit::app::TestUser {
        app_password: "wrong".into(),
        ..app.alice.clone()
    };
    for bad in [
        wrong.basic(),
        "Basic !!".into(),
        "Bearer abc".into(),
        format!("{}x", app.alice.basic()),
    ] {
        let reply = send(ask().header("authorization", &bad)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{bad}");
    }
    let two = ask()
        .header("authorization", app.alice.basic())
        .header("authorization", app.bob.basic());
    assert_eq!(send(two).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        send(ask().header("authorization", app.alice.basic())).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_refused_credential_is_sent_to_the_cloud_once() {
    let app = TestApp::boot_with(Mode::Basic, &[]).await;
    let wrong = nc_testkit::app::TestUser {
        app_password: "wrong".into(),
        ..app.alice.clone()
    };
    app.recorder.take();
    for _ in 0..5 {
        let reply = send(
            app.request("tools/list", json!({}))
                .header("authorization", wrong.basic()),
        )
        .await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    let with_it = app
        .recorder
        .take()
        .iter()
        .filter(|sent| sent.headers.contains_key("authorization"))
        .count();
    assert_eq!(with_it, 1);
}

#[tokio::test]
async fn guesses_end_here_and_lock_out_nobody_who_is_signed_in() {
    let app = TestApp::boot_with(Mode::Basic, &[]).await;
    let ask = |user: &nc_testkit::app::TestUser| {
        send(
            app.request("tools/list", json!({}))
                .header("authorization", user.basic()),
        )
    };
    assert_eq!(ask(&app.alice).await.status, StatusCode::OK);
    app.recorder.take();
    for number in 0..30 {
        let guess = nc_testkit::app::TestUser {
            app_password: format!("guess {number}"),
            ..app.bob.clone()
        };
        let reply = ask(&guess).await;
        let expected = if number < 10 { 401 } else { 429 };
        assert_eq!(reply.status.as_u16(), expected, "{number}");
    }
    let sent = app.recorder.take();
    assert_eq!(
        sent.iter()
            .filter(|sent| sent.headers.contains_key("authorization"))
            .count(),
        10
    );
    assert_eq!(ask(&app.alice).await.status, StatusCode::OK);
}

#[tokio::test]
async fn two_users_over_one_server_each_see_their_own() {
    let app = TestApp::boot_with(Mode::Basic, &[]).await;
    for user in [&app.alice, &app.bob] {
        let arguments = json!({ "path": "mine.txt", "content": user.name });
        send(
            app.tool("nc_webdav_write_file", &arguments)
                .header("authorization", user.basic()),
        )
        .await
        .structured();
    }
    let read = |user: &nc_testkit::app::TestUser| {
        send(
            app.tool("nc_webdav_read_file", &json!({ "path": "mine.txt" }))
                .header("authorization", user.basic()),
        )
    };
    for _ in 0..50 {
        let (hers, his) = tokio::join!(read(&app.alice), read(&app.bob));
        assert_eq!(
            (&hers.structured()["content"], &his.structured()["content"]),
            (&json!("alice"), &json!("bob"))
        );
    }
}

#[tokio::test]
async fn a_session_belongs_to_the_one_who_opened_it() {
    let app = TestApp::boot_with(Mode::Basic, &[]).await;
    let version = "2025-11-25";
    let reply = send(initialize(&app, version).header("authorization", app.alice.basic())).await;
    let session = reply.headers["mcp-session-id"].to_str().expect("text").to_owned();
    let own = in_session(&app, &session, version, "tools/list").header("authorization", app.alice.basic());
    assert_eq!(send(own).await.status, StatusCode::OK);
    let foreign = in_session(&app, &session, version, "tools/list").header("authorization", app.bob.basic());
    assert_eq!(send(foreign).await.status, StatusCode::NOT_FOUND);
    let nobody = in_session(&app, &session, version, "tools/list");
    assert_eq!(send(nobody).await.status, StatusCode::UNAUTHORIZED);
    for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
        let request = app
            .http()
            .request(method.clone(), &app.mcp_url)
            .header("accept", "text/event-stream")
            .header("mcp-session-id", &session)
            .header("authorization", app.bob.basic());
        assert_eq!(send(request).await.status, StatusCode::NOT_FOUND, "{method}");
    }
    // Opening is of the older revisions, whatever version the header claims.
    let claims = initialize(&app, nc_testkit::app::MODERN)
        .header("mcp-protocol-version", nc_testkit::app::MODERN)
        .header("mcp-session-id", &session)
        .header("authorization", app.bob.basic());
    assert_eq!(send(claims).await.status, StatusCode::NOT_FOUND);
    let invented = in_session(&app, "not-a-session", version, "tools/list").header("authorization", app.alice.basic());
    assert_eq!(send(invented).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_revoked_app_password_reaches_nothing_more_in_an_open_session() {
    let app = TestApp::boot_with(Mode::Basic, &[]).await;
    let version = "2025-11-25";
    let reply = send(initialize(&app, version).header("authorization", app.alice.basic())).await;
    let session = reply.headers["mcp-session-id"].to_str().expect("text").to_owned();
    let list = || {
        let call = json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/call",
            "params": { "name": "nc_webdav_list_directory", "arguments": {} } });
        app.post(call.to_string())
            .header("mcp-session-id", &session)
            .header("mcp-protocol-version", version)
            .header("authorization", app.alice.basic())
    };
    send(list()).await.structured();
    let revoke = app
        .http()
        .delete(format!("{}/ocs/v2.php/core/apppassword", app.cloud_url))
        .header("ocs-apirequest", "true")
        .header("authorization", app.alice.basic());
    assert_eq!(send(revoke).await.status, StatusCode::OK);
    let first = send(list()).await;
    assert!(first.error_text().starts_with("unauthorized"), "{}", first.text);
    assert_eq!(send(list()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_static_token_opens_single_user_mode_and_nothing_else_does() {
    let settings = [("NEXTCLOUD_MCP_TOKEN", "a token of good length")];
    let app = TestApp::boot_with(Mode::SingleUser, &settings).await;
    let ask = || app.request("tools/list", json!({}));
    for bad in [
        None,
        Some("Bearer a token of good lengt".to_owned()),
        Some(app.alice.basic()),
    ] {
        let request = match bad {
            Some(value) => ask().header("authorization", value),
            None => ask(),
        };
        assert_eq!(send(request).await.status, StatusCode::UNAUTHORIZED);
    }
    let query = app
        .http()
        .post(format!("{}?access_token=a%20token%20of%20good%20length", app.mcp_url))
        .body("{}");
    assert_eq!(
        send(query).await.status,
        StatusCode::UNAUTHORIZED,
        "never from the query"
    );
    let good = ask().header("authorization", "Bearer a token of good length");
    assert_eq!(send(good).await.status, StatusCode::OK);
}
