//! Sharing, through every layer.

use nc_server::config::Mode;
use nc_testkit::app::{Reply, TestApp, TestUser, send};
use serde_json::{Value, json};

async fn app() -> TestApp {
    let app = TestApp::boot().await;
    app.call("nc_webdav_create_directory", &json!({ "path": "Team" }))
        .await
        .structured();
    for path in ["doc.txt", "Team/a.txt"] {
        let file = json!({ "path": path, "content": "words" });
        app.call("nc_webdav_write_file", &file).await.structured();
    }
    app
}

/// What another program sends to the cloud.
async fn dav(app: &TestApp, user: &TestUser, method: &str, path: &str, body: &str) -> Reply {
    let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
    let url = format!("{}/remote.php/dav/files/{}/{path}", app.cloud_url, user.name);
    let request = app.http().request(method, url).header("authorization", user.basic());
    send(request.body(body.to_owned())).await
}

/// What another person does with the OCS interface. The data of the answer.
async fn ocs(app: &TestApp, user: &TestUser, method: &str, path: &str, form: &[(&str, &str)]) -> Value {
    let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
    let url = format!(
        "{}/ocs/v2.php/apps/files_sharing/api/v1/{path}?format=json",
        app.cloud_url
    );
    let request = app.http().request(method, url).header("authorization", user.basic());
    let reply = send(request.header("ocs-apirequest", "true").form(form)).await;
    let answer: Value = serde_json::from_str(&reply.text).expect("JSON");
    answer["ocs"]["data"].clone()
}

/// The arguments that share a file with bob.
fn with_bob(app: &TestApp, path: &str) -> Value {
    json!({ "path": path, "share_with": app.bob.name })
}

async fn refused(app: &TestApp, tool: &str, arguments: Value) -> String {
    app.call(tool, &arguments).await.error_text()
}

#[tokio::test]
async fn a_share_lives_from_creation_to_its_end() {
    let app = app().await;
    let bob = &app.bob;
    let made = app
        .call("nc_share_create", &with_bob(&app, "doc.txt"))
        .await
        .structured();
    let share = &made["share"];
    assert_eq!(share["kind"], "user");
    assert_eq!(share["allows"], json!(["read"]));
    assert_eq!(made["already_shared"], false);
    assert!(made["result"].as_str().expect("text").contains("/doc.txt"));
    let id = json!({ "share_id": share["id"] });
    assert_eq!(dav(&app, bob, "GET", "doc.txt", "").await.text, "words");
    assert_eq!(dav(&app, bob, "PUT", "doc.txt", "mine").await.status, 403);

    let change = json!({ "share_id": share["id"], "allow": ["read", "update"], "note": "Please read" });
    let changed = app.call("nc_share_update", &change).await.structured();
    assert_eq!(changed["share"]["allows"], json!(["read", "update"]));
    assert_eq!(changed["share"]["note"], "Please read");
    assert_eq!(dav(&app, bob, "PUT", "doc.txt", "ours").await.status, 204);
    let read = app
        .call("nc_webdav_read_file", &json!({ "path": "doc.txt" }))
        .await
        .structured();
    assert_eq!(read["content"], "ours");

    let listed = app
        .call("nc_share_list", &json!({ "path": "doc.txt" }))
        .await
        .structured();
    assert_eq!(
        (&listed["total_count"], &listed["shares"][0]["id"]),
        (&json!(1), &share["id"])
    );
    app.call("nc_share_get", &id).await.structured();
    app.call("nc_share_delete", &id).await.structured();
    assert_eq!(dav(&app, bob, "GET", "doc.txt", "").await.status, 404);
    assert!(
        refused(&app, "nc_share_get", id.clone())
            .await
            .starts_with("not_found: ")
    );
    assert!(refused(&app, "nc_share_delete", id).await.starts_with("not_found: "));
}

#[tokio::test]
async fn sharing_twice_changes_nothing_and_says_so() {
    let app = app().await;
    let first = app.call("nc_share_create", &with_bob(&app, "Team")).await.structured();
    let mut more = with_bob(&app, "Team");
    more["permissions"] = json!(31);
    let second = app.call("nc_share_create", &more).await.structured();
    assert_eq!(second["already_shared"], true);
    assert_eq!(second["share"]["id"], first["share"]["id"]);
    assert_eq!(second["share"]["permissions"], 1);
    assert!(
        second["warning"].as_str().expect("a warning").contains("did not give"),
        "{second}"
    );
}

#[tokio::test]
async fn what_came_by_a_share_is_told_with_its_own_place() {
    let app = app().await;
    assert_eq!(dav(&app, &app.bob, "MKCOL", "Plans", "").await.status, 201);
    assert_eq!(dav(&app, &app.bob, "PUT", "Plans/p.txt", "plan").await.status, 201);
    let form = [
        ("path", "/Plans"),
        ("shareType", "0"),
        ("shareWith", app.alice.name),
        ("permissions", "1"),
    ];
    let made = ocs(&app, &app.bob, "POST", "shares", &form).await;
    let mine = json!({ "shared_with_me": true });
    let listed = app.call("nc_share_list", &mine).await.structured();
    assert_eq!(listed["shares"][0]["path"], "/Plans");
    assert_eq!(listed["shares"][0]["owner"], app.bob.name);
    let moved = json!({ "source_path": "Plans", "destination_path": "Bob" });
    app.call("nc_webdav_move_resource", &moved).await.structured();
    let listed = app.call("nc_share_list", &mine).await.structured();
    assert_eq!(listed["shares"][0]["path"], "/Bob");
    let read = app
        .call("nc_webdav_read_file", &json!({ "path": "Bob/p.txt" }))
        .await
        .structured();
    assert_eq!(read["content"], "plan");

    // Neither its rights nor its end are the receiver's, and sharing on was not allowed.
    let id: i64 = made["id"].as_str().expect("an id").parse().expect("a number");
    let more = refused(&app, "nc_share_update", json!({ "share_id": id, "permissions": 31 })).await;
    assert!(more.starts_with("forbidden: "), "{more}");
    let on = refused(
        &app,
        "nc_share_create",
        json!({ "path": "Bob", "kind": "link", "confirm_outside": true }),
    )
    .await;
    assert!(on.starts_with("not_found: ") || on.starts_with("forbidden: "), "{on}");
    let write = refused(
        &app,
        "nc_webdav_write_file",
        json!({ "path": "Bob/new.txt", "content": "x" }),
    )
    .await;
    assert!(write.starts_with("forbidden: "), "{write}");
    app.call("nc_share_delete", &json!({ "share_id": id }))
        .await
        .structured();
    assert_eq!(dav(&app, &app.bob, "GET", "Plans/p.txt", "").await.text, "plan");
}

#[tokio::test]
async fn shares_of_others_cannot_be_seen_or_touched() {
    let app = app().await;
    dav(&app, &app.bob, "PUT", "secret.txt", "bob's").await;
    let form = [("path", "/secret.txt"), ("shareType", "3"), ("permissions", "1")];
    let made = ocs(&app, &app.bob, "POST", "shares", &form).await;
    let id: i64 = made["id"].as_str().expect("an id").parse().expect("a number");
    for (tool, arguments) in [
        ("nc_share_get", json!({ "share_id": id })),
        ("nc_share_delete", json!({ "share_id": id })),
        ("nc_share_update", json!({ "share_id": id, "permissions": 1 })),
        ("nc_share_answer", json!({ "share_id": id, "accept": true })),
        ("nc_share_answer", json!({ "share_id": id, "accept": false })),
    ] {
        let text = refused(&app, tool, arguments).await;
        assert!(
            text.starts_with("not_found: ") && !text.contains("secret"),
            "{tool}: {text}"
        );
    }
    for arguments in [
        json!({}),
        json!({ "reshares": true }),
        json!({ "shared_with_me": true }),
        json!({ "pending": true }),
    ] {
        let listed = app.call("nc_share_list", &arguments).await;
        assert!(!listed.text.contains("secret"), "{}", listed.text);
    }
    assert_eq!(ocs(&app, &app.bob, "GET", "shares", &[]).await[0]["id"], made["id"]);
}

#[tokio::test]
async fn a_link_needs_the_persons_word_and_opens_what_it_is_for() {
    let app = app().await;
    let link = json!({ "path": "Team", "kind": "link", "password": "a-Long-passphrase-9" });
    let text = refused(&app, "nc_share_create", link.clone()).await;
    assert!(text.contains("confirm_outside"), "{text}");
    assert_eq!(
        app.call("nc_share_list", &json!({})).await.structured()["total_count"],
        0
    );
    let mut confirmed = link;
    confirmed["confirm_outside"] = json!(true);
    let made = app.call("nc_share_create", &confirmed).await;
    assert!(!made.text.contains("passphrase"), "{}", made.text);
    let made = made.structured();
    assert_eq!(made["share"]["has_password"], true);
    assert_eq!(made["share"]["share_with"], Value::Null);

    let made = app
        .call("nc_share_create_public_link", &json!({ "path": "doc.txt" }))
        .await
        .structured();
    assert!(made["expires_at"].is_string(), "{made}");
    let url = made["download_url"].as_str().expect("an address");
    assert!(url.ends_with("/download") && url.contains("/s/"), "{url}");
    let (_, path) = url.split_once("/s/").expect("a link");
    let opened = send(app.http().get(format!("{}/s/{path}", app.cloud_url))).await;
    assert_eq!((opened.status.as_u16(), opened.text.as_str()), (200, "words"));
}

#[tokio::test]
async fn an_operator_can_keep_everything_inside() {
    let app = TestApp::boot_with(Mode::SingleUser, &[("NEXTCLOUD_MCP__TOOLS__SHARE_OUTSIDE", "false")]).await;
    let file = json!({ "path": "doc.txt", "content": "words" });
    app.call("nc_webdav_write_file", &file).await.structured();
    for (tool, arguments) in [
        ("nc_share_create_public_link", json!({ "path": "doc.txt" })),
        (
            "nc_share_create",
            json!({ "path": "doc.txt", "kind": "link", "confirm_outside": true }),
        ),
        (
            "nc_share_create",
            json!({ "path": "doc.txt", "share_type": 4, "share_with": "a@example.org", "confirm_outside": true }),
        ),
        (
            "nc_share_create",
            json!({ "path": "doc.txt", "share_type": 6, "share_with": "a@example.org", "confirm_outside": true }),
        ),
    ] {
        let text = refused(&app, tool, arguments).await;
        assert!(
            text.starts_with("forbidden: ") && text.contains("share_outside"),
            "{text}"
        );
    }
    app.call("nc_share_create", &with_bob(&app, "doc.txt"))
        .await
        .structured();
}

#[tokio::test]
async fn bad_input_is_refused_with_what_to_do_and_changes_nothing() {
    let app = app().await;
    for (arguments, told) in [
        (json!({ "path": "doc.txt", "share_with": "alice" }), "forbidden: "),
        (
            json!({ "path": "doc.txt", "share_with": "nobody" }),
            "nc_share_search_sharees",
        ),
        (json!({ "path": "none.txt", "share_with": "bob" }), "not_found: "),
        (json!({ "path": "../etc", "share_with": "bob" }), "argument `path`"),
        (json!({ "path": "doc.txt" }), "argument `share_with`"),
        (
            json!({ "path": "doc.txt", "kind": "link", "share_with": "bob", "confirm_outside": true }),
            "argument `share_with`",
        ),
        (
            json!({ "path": "doc.txt", "share_with": "bob", "permissions": 0 }),
            "argument `permissions`",
        ),
        (
            json!({ "path": "doc.txt", "share_with": "bob", "permissions": 64 }),
            "argument `permissions`",
        ),
        (
            json!({ "path": "doc.txt", "share_with": "bob", "share_type": 12 }),
            "argument `share_type`",
        ),
        (
            json!({ "path": "doc.txt", "share_with": "bob", "expire_date": "2001-01-01" }),
            "argument `expire_date`",
        ),
        (
            json!({ "path": "doc.txt", "share_with": "bob", "expire_date": "tomorrow" }),
            "argument `expire_date`",
        ),
    ] {
        let text = refused(&app, "nc_share_create", arguments.clone()).await;
        assert!(text.contains(told), "{arguments}: {text}");
    }
    let text = refused(
        &app,
        "nc_share_create_public_link",
        json!({ "path": "doc.txt", "expires_in_minutes": 0 }),
    )
    .await;
    assert!(text.contains("expires_in_minutes"), "{text}");
    let text = refused(
        &app,
        "nc_share_update",
        json!({ "share_id": 99_999_999, "permissions": 1 }),
    )
    .await;
    assert!(text.starts_with("not_found: "), "{text}");
    let text = refused(&app, "nc_share_list", json!({ "members": true })).await;
    assert!(text.contains("argument `members`"), "{text}");
    assert_eq!(
        app.call("nc_share_list", &json!({})).await.structured()["total_count"],
        0
    );
}

#[tokio::test]
async fn people_are_found_by_a_part_of_their_name() {
    let app = app().await;
    let found = app
        .call("nc_share_search_sharees", &json!({ "query": "bo" }))
        .await
        .structured();
    let bob = &found["sharees"][0];
    assert_eq!(
        (&bob["share_with"], &bob["kind"], &bob["exact"]),
        (&json!("bob"), &json!("user"), &json!(false))
    );
    let exact = app
        .call("nc_share_search_sharees", &json!({ "query": "bob", "kind": "user" }))
        .await
        .structured();
    assert_eq!(exact["sharees"][0]["exact"], true);
    let nobody = app
        .call("nc_share_search_sharees", &json!({ "query": "zzz" }))
        .await
        .structured();
    assert_eq!(nobody["total_count"], 0);
    assert!(
        refused(&app, "nc_share_search_sharees", json!({ "query": " " }))
            .await
            .contains("query")
    );
}

#[tokio::test]
async fn many_shares_come_in_parts() {
    let app = app().await;
    for number in 0..5 {
        let path = format!("Team/{number}.txt");
        let file = json!({ "path": path, "content": "x" });
        app.call("nc_webdav_write_file", &file).await.structured();
        app.call("nc_share_create", &with_bob(&app, &path)).await.structured();
    }
    let first = app.call("nc_share_list", &json!({ "limit": 3 })).await.structured();
    assert_eq!((&first["truncated"], &first["next_offset"]), (&json!(true), &json!(3)));
    let rest = app
        .call("nc_share_list", &json!({ "limit": 3, "offset": 3 }))
        .await
        .structured();
    assert_eq!(rest["shares"].as_array().expect("a list").len(), 2);
    assert_eq!(rest["truncated"], false);
    let members = json!({ "path": "Team", "members": true });
    assert_eq!(app.call("nc_share_list", &members).await.structured()["total_count"], 5);
}
