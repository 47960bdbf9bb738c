//! Files, through every layer.

use nc_testkit::app::TestApp;
use serde_json::{Value, json};

async fn write(app: &TestApp, path: &str, content: &str) -> Value {
    app.call("nc_webdav_write_file", &json!({ "path": path, "content": content }))
        .await
        .structured()
}

async fn read(app: &TestApp, path: &str) -> Value {
    app.call("nc_webdav_read_file", &json!({ "path": path }))
        .await
        .structured()
}

fn paths(found: &Value, list: &str) -> Vec<String> {
    let mut paths: Vec<String> = found[list]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item["path"].as_str().expect("path").to_owned())
        .collect();
    paths.sort();
    paths
}

#[tokio::test]
async fn a_file_lives_from_writing_to_deletion() {
    let app = TestApp::boot().await;
    app.call("nc_webdav_create_directory", &json!({ "path": "Docs/Deep" }))
        .await
        .structured();
    let written = write(&app, "/Docs/Deep/plan.md", "# Plan").await;
    assert_eq!(
        (&written["created"], &written["status_code"], &written["size"]),
        (&json!(true), &json!(201), &json!(6))
    );
    let file = read(&app, "Docs/Deep/plan.md").await;
    assert_eq!(
        (&file["content"], &file["etag"], &file["encoding"]),
        (&json!("# Plan"), &written["etag"], &json!("utf-8"))
    );
    let listing = app
        .call("nc_webdav_list_directory", &json!({ "path": "Docs" }))
        .await
        .structured();
    assert_eq!(
        (paths(&listing, "files"), &listing["directories_count"]),
        (vec!["/Docs/Deep".to_owned()], &json!(1))
    );

    let pair = json!({ "source_path": "Docs/Deep/plan.md", "destination_path": "Docs/plan b.md" });
    app.call("nc_webdav_copy_resource", &pair).await.structured();
    let pair = json!({ "source_path": "Docs/Deep", "destination_path": "Docs/Deeper" });
    assert_eq!(
        app.call("nc_webdav_move_resource", &pair).await.structured()["status_code"],
        201
    );
    assert_eq!(read(&app, "Docs/Deeper/plan.md").await["content"], "# Plan");
    app.call("nc_webdav_delete_resource", &json!({ "path": "Docs/Deeper" }))
        .await
        .structured();
    for (tool, path) in [
        ("nc_webdav_read_file", "Docs/Deeper/plan.md"),
        ("nc_webdav_delete_resource", "Docs/Deeper"),
        ("nc_webdav_list_directory", "Nowhere"),
    ] {
        let text = app.call(tool, &json!({ "path": path })).await.error_text();
        assert!(text.starts_with("not_found: ") && text.contains(path), "{tool}: {text}");
    }
}

#[tokio::test]
async fn nothing_that_exists_is_replaced_by_accident() {
    let app = TestApp::boot().await;
    let first = write(&app, "a.txt", "first").await;
    let text = app
        .call("nc_webdav_write_file", &json!({ "path": "a.txt", "content": "second" }))
        .await
        .error_text();
    assert!(
        text.starts_with("already_exists: ") && text.contains(first["etag"].as_str().expect("etag")),
        "{text}"
    );
    let with = |content: &str, if_match: &Value| json!({ "path": "a.txt", "content": content, "if_match": if_match });
    let second = app
        .call("nc_webdav_write_file", &with("second", &first["etag"]))
        .await
        .structured();
    assert_eq!(
        (&second["created"], &second["status_code"]),
        (&json!(false), &json!(204))
    );
    let text = app
        .call("nc_webdav_write_file", &with("third", &first["etag"]))
        .await
        .error_text();
    assert!(text.starts_with("conflict: "), "{text}");
    assert_eq!(read(&app, "a.txt").await["content"], "second");
    app.call("nc_webdav_write_file", &with("fourth", &json!("*")))
        .await
        .structured();
    assert_eq!(read(&app, "a.txt").await["content"], "fourth");
}

#[tokio::test]
async fn a_move_replaces_only_what_it_may() {
    let app = TestApp::boot().await;
    for tool in ["nc_webdav_move_resource", "nc_webdav_copy_resource"] {
        write(&app, "from.txt", "from").await;
        let target = write(&app, "to.txt", "to").await;
        let pair = |extra: Value| {
            let mut pair = json!({ "source_path": "from.txt", "destination_path": "to.txt" });
            pair.as_object_mut()
                .expect("object")
                .extend(extra.as_object().cloned().unwrap_or_default());
            pair
        };
        assert!(
            app.call(tool, &pair(json!({})))
                .await
                .error_text()
                .starts_with("already_exists: ")
        );
        let stale = pair(json!({ "overwrite": true, "if_destination_match": "0123456789abc" }));
        assert!(app.call(tool, &stale).await.error_text().starts_with("conflict: "));
        assert_eq!(read(&app, "to.txt").await["content"], "to", "{tool}");
        let right = pair(json!({ "overwrite": true, "if_destination_match": target["etag"] }));
        assert_eq!(app.call(tool, &right).await.structured()["status_code"], 204);
        assert_eq!(read(&app, "to.txt").await["content"], "from", "{tool}");
        for path in ["from.txt", "to.txt"] {
            app.call("nc_webdav_delete_resource", &json!({ "path": path })).await;
        }
    }
}

#[tokio::test]
async fn odd_names_survive_every_tool() {
    let app = TestApp::boot().await;
    let long = format!("{}.txt", "n".repeat(240));
    let names = [
        "100% sure.txt",
        "issue #1.txt",
        "why?.txt",
        "a & b.txt",
        "1+1=2.txt",
        "two words.txt",
        "a%20b.txt",
        "Übung.txt",
        "U\u{308}bung.txt",
        "party 🎉.txt",
        "\"it's\".txt",
        "a;b,c.txt",
        "[x]{y}(z).txt",
        "100%_a",
        &long,
    ];
    app.call("nc_webdav_create_directory", &json!({ "path": "Odd" }))
        .await
        .structured();
    for name in names {
        write(&app, &format!("Odd/{name}"), name).await;
    }
    let listing = app
        .call("nc_webdav_list_directory", &json!({ "path": "Odd" }))
        .await
        .structured();
    let mut wanted: Vec<String> = names.iter().map(|name| format!("/Odd/{name}")).collect();
    wanted.sort();
    assert_eq!(paths(&listing, "files"), wanted);
    for name in names {
        assert_eq!(read(&app, &format!("/Odd/{name}")).await["content"], *name);
        let pair = json!({ "source_path": format!("Odd/{name}"), "destination_path": format!("Odd/x{name}") });
        app.call("nc_webdav_move_resource", &pair).await.structured();
    }
    let found = app
        .call("nc_webdav_find_by_name", &json!({ "pattern": "100%_a" }))
        .await
        .structured();
    assert_eq!(paths(&found, "results"), ["/Odd/x100%_a"]);
}

#[tokio::test]
async fn names_that_cannot_be_are_refused_before_anything_is_sent() {
    let app = TestApp::boot().await;
    app.call("nc_webdav_list_directory", &json!({})).await.structured();
    let too_long = "n".repeat(256);
    for path in [
        "../etc/passwd",
        "a/../../b",
        "a/./b",
        "nul\u{0}byte",
        "line\nbreak",
        &too_long,
    ] {
        app.recorder.take();
        let reply = app
            .call("nc_webdav_write_file", &json!({ "path": path, "content": "x" }))
            .await;
        let text = reply.error_text();
        assert!(
            text.starts_with("invalid_argument: argument `path`"),
            "{path:?}: {text}"
        );
        assert_eq!(app.recorder.take().len(), 0, "{path:?}");
    }
}

#[tokio::test]
async fn long_texts_come_in_pieces_that_join() {
    let app = TestApp::boot().await;
    let text = (0..40_000)
        .map(|number| format!("Zeile {number} – größer\n"))
        .collect::<Vec<_>>()
        .concat();
    write(&app, "long.txt", &text).await;
    let (mut joined, mut offset, mut pieces) = (String::new(), json!(0), 0);
    loop {
        let arguments = json!({ "path": "long.txt", "offset": offset, "max_bytes": 99_999 });
        let piece = app.call("nc_webdav_read_file", &arguments).await.structured();
        joined.push_str(piece["content"].as_str().expect("text"));
        pieces += 1;
        assert_eq!(piece["size"], text.len());
        if piece["truncated"] == false {
            assert_eq!(piece["next_offset"], Value::Null);
            break;
        }
        offset = piece["next_offset"].clone();
    }
    assert!(joined == text && pieces > 5, "{pieces} pieces");
}

#[tokio::test]
async fn binary_comes_whole_as_base64_or_not_at_all() {
    let app = TestApp::boot().await;
    let small = json!({ "path": "a.png", "content": "iVBORw0KGgoAAAA=", "content_type": "image/png;base64" });
    app.call("nc_webdav_write_file", &small).await.structured();
    let file = read(&app, "a.png").await;
    assert_eq!(
        (&file["encoding"], &file["content"], &file["size"]),
        (&json!("base64"), &json!("iVBORw0KGgoAAAA="), &json!(11))
    );
    // Stored past the tool, by WebDAV.
    let put = |name: &str, body: Vec<u8>| {
        let url = format!("{}/remote.php/dav/files/alice/{name}", app.cloud_url);
        app.http()
            .put(url)
            .header("authorization", app.alice.basic())
            .body(body)
    };
    put("big.bin", vec![0; 1024 * 1024]).send().await.expect("stored");
    let text = app
        .call("nc_webdav_read_file", &json!({ "path": "big.bin" }))
        .await
        .error_text();
    assert!(text.starts_with("too_large: ") && text.contains("1048576"), "{text}");
    put("empty.txt", Vec::new()).send().await.expect("stored");
    let empty = read(&app, "empty.txt").await;
    assert_eq!(
        (&empty["content"], &empty["size"], &empty["truncated"]),
        (&json!(""), &json!(0), &json!(false))
    );
}

#[tokio::test]
async fn a_file_of_a_gigabyte_is_read_in_its_first_piece() {
    let app = TestApp::boot().await;
    let megabyte = bytes::Bytes::from("a line of sixteen\n".repeat(58_255).into_bytes());
    let total = megabyte.len() as u64 * 1024;
    let chunks = futures_util::stream::iter((0..1024).map(move |_| Ok::<_, std::io::Error>(megabyte.clone())));
    let url = format!("{}/remote.php/dav/files/alice/huge.log", app.cloud_url);
    let put = app
        .http()
        .put(url)
        .timeout(std::time::Duration::from_mins(5))
        .header("authorization", app.alice.basic())
        .body(reqwest::Body::wrap_stream(chunks));
    let status = put.send().await.expect("stored").status();
    assert!(status.is_success(), "{status}");
    let piece = read(&app, "huge.log").await;
    assert_eq!(
        (&piece["size"], &piece["truncated"], &piece["next_offset"]),
        (&json!(total), &json!(true), &json!(100_000))
    );
    assert_eq!(piece["content"].as_str().map(str::len), Some(100_000));
}

#[tokio::test]
async fn searches_find_by_name_type_and_mark() {
    let app = TestApp::boot().await;
    app.call("nc_webdav_create_directory", &json!({ "path": "Pics" }))
        .await
        .structured();
    for path in ["Pics/cat.png", "Pics/dog.PNG", "cat notes.txt", "report.pdf"] {
        write(&app, path, "x").await;
    }
    let find = async |tool: &str, arguments: Value| paths(&app.call(tool, &arguments).await.structured(), "results");
    assert_eq!(
        find("nc_webdav_find_by_name", json!({ "pattern": "cat" })).await,
        ["/Pics/cat.png", "/cat notes.txt"]
    );
    assert_eq!(
        find("nc_webdav_find_by_name", json!({ "pattern": "*.png" })).await,
        ["/Pics/cat.png", "/Pics/dog.PNG"]
    );
    assert_eq!(
        find("nc_webdav_find_by_name", json!({ "pattern": "cat", "scope": "Pics" })).await,
        ["/Pics/cat.png"]
    );
    assert_eq!(
        find("nc_webdav_find_by_type", json!({ "mime_type": "image" })).await,
        ["/Pics/cat.png", "/Pics/dog.PNG"]
    );
    assert_eq!(
        find("nc_webdav_find_by_type", json!({ "mime_type": "application/pdf" })).await,
        ["/report.pdf"]
    );
    let none: [&str; 0] = [];
    assert_eq!(find("nc_webdav_list_favorites", json!({})).await, none);
    let limited = app
        .call("nc_webdav_search_files", &json!({ "name_pattern": "cat", "limit": 1 }))
        .await
        .structured();
    assert_eq!(
        (&limited["total_found"], &limited["truncated"]),
        (&json!(1), &json!(true))
    );
    let text = app
        .call("nc_webdav_find_by_name", &json!({ "pattern": "x", "scope": "Nowhere" }))
        .await
        .error_text();
    assert!(text.starts_with("not_found: "), "{text}");
}

#[tokio::test]
async fn big_folders_come_in_parts_that_join() {
    let app = TestApp::boot().await;
    app.call("nc_webdav_create_directory", &json!({ "path": "Many" }))
        .await
        .structured();
    for number in 0..25 {
        write(&app, &format!("Many/{number:02}.txt"), "x").await;
    }
    let (mut seen, mut offset) = (Vec::new(), json!(0));
    loop {
        let arguments = json!({ "path": "Many", "limit": 10, "offset": offset });
        let part = app.call("nc_webdav_list_directory", &arguments).await.structured();
        assert_eq!(part["total_count"], 25);
        seen.extend(paths(&part, "files"));
        if part["truncated"] == false {
            break;
        }
        offset = part["next_offset"].clone();
    }
    assert_eq!(
        seen,
        (0..25)
            .map(|number| format!("/Many/{number:02}.txt"))
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_write_beyond_the_limit_is_refused_with_both_numbers() {
    let app = TestApp::boot_with(nc_server::config::Mode::SingleUser, &[("WEBDAV_WRITE_MAX_MB", "0.001")]).await;
    let text = app
        .call(
            "nc_webdav_write_file",
            &json!({ "path": "a", "content": "x".repeat(2000) }),
        )
        .await
        .error_text();
    insta::assert_snapshot!(text, @"too_large: the content has 2000 bytes, at most 1048 can be written at once");
}
