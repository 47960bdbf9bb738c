//! Files that a tag hides from every tool (`EXCLUDED_TAGS`).

use nc_server::config::Mode;
use nc_testkit::app::{Reply, TestApp, send};
use reqwest::Method;
use serde_json::{Value, json};

/// Where something hidden is. The names and all that is in it have this word, and nothing else has.
const WORD: &str = "veiled";
const HIDDEN: [&str; 3] = ["veiled.txt", "veiled/inside.txt", "Open/deep/veiled.txt"];

/// A person who uses the cloud's own page, not the tools.
struct Person<'a>(&'a TestApp);

impl Person<'_> {
    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let url = format!("{}/remote.php/dav/{path}", self.0.cloud_url);
        let mut request = self.0.http().request(method, url).body(body.to_owned());
        request = request.header("authorization", self.0.alice.basic());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = send(request).await;
        assert!(reply.status.is_success(), "{path}: {reply:?}");
        reply
    }

    async fn id(&self, path: &str) -> String {
        let question =
            "<d:propfind xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns'><d:prop><oc:fileid/></d:prop></d:propfind>";
        let reply = self
            .send("PROPFIND", &format!("files/alice/{path}"), &[("depth", "0")], question)
            .await;
        let (_, rest) = reply.text.split_once("fileid>").expect("an id");
        rest.chars().take_while(char::is_ascii_digit).collect()
    }

    async fn hide(&self, path: &str, tag: &str) {
        let id = self.id(path).await;
        self.send("PUT", &format!("systemtags-relations/files/{id}/{tag}"), &[], "")
            .await;
    }

    /// Files of which some are hidden, with everything that could show them.
    async fn furnish(&self) {
        for folder in ["veiled", "Open", "Open/deep"] {
            self.send("MKCOL", &format!("files/alice/{folder}"), &[], "").await;
        }
        let plain = ["plain.txt", "Open/plain.txt"];
        for path in HIDDEN
            .iter()
            .chain(&plain)
            .chain(&["veiled/gone.txt", "veiled-gone.txt"])
        {
            for content in ["veiled content", "veiled content!"] {
                self.send("PUT", &format!("files/alice/{path}"), &[], content).await;
            }
        }
        let json = [("content-type", "application/json")];
        let made = self.send("POST", "systemtags", &json, "{\"name\": \"Private\"}").await;
        let address = made.headers["content-location"].to_str().expect("text").to_owned();
        let tag = address.rsplit('/').next().expect("a number");
        for path in [HIDDEN[0], "veiled", HIDDEN[2], "veiled-gone.txt"] {
            self.hide(path, tag).await;
        }
        for path in HIDDEN {
            let mark = "<d:propertyupdate xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns'><d:set><d:prop><oc:favorite>1\
                        </oc:favorite></d:prop></d:set></d:propertyupdate>";
            self.send("PROPPATCH", &format!("files/alice/{path}"), &[], mark).await;
            let id = self.id(path).await;
            let comment = "{\"actorType\": \"users\", \"verb\": \"comment\", \"message\": \"veiled words\"}";
            self.send("POST", &format!("comments/files/{id}"), &json, comment).await;
        }
        for path in ["veiled/gone.txt", "veiled-gone.txt"] {
            self.send("DELETE", &format!("files/alice/{path}"), &[], "").await;
        }
    }
}

async fn boot() -> TestApp {
    let app = TestApp::boot_with(Mode::SingleUser, &[("EXCLUDED_TAGS", "no such tag, PRIVATE")]).await;
    Person(&app).furnish().await;
    app
}

/// Calls that name something hidden: they must not find it.
fn naming(tool: &str, path: &str) -> Vec<Value> {
    match tool {
        "nc_webdav_list_directory"
        | "nc_webdav_read_file"
        | "nc_webdav_create_directory"
        | "nc_webdav_delete_resource"
        | "nc_webdav_list_versions"
        | "nc_webdav_get_file_tags"
        | "nc_webdav_list_comments"
        | "nc_share_create_public_link" => vec![json!({ "path": path })],
        "nc_webdav_write_file" => vec![
            json!({ "path": path, "content": "x" }),
            json!({ "path": path, "content": "x", "if_match": "*" }),
        ],
        "nc_webdav_move_resource" | "nc_webdav_copy_resource" => vec![
            json!({ "source_path": path, "destination_path": "elsewhere.txt" }),
            json!({ "source_path": "plain.txt", "destination_path": path, "overwrite": true }),
            json!({ "source_path": "plain.txt", "destination_path": path }),
        ],
        "nc_webdav_search_files" | "nc_webdav_list_favorites" => vec![json!({ "scope": path })],
        "nc_webdav_find_by_name" => vec![json!({ "pattern": "x", "scope": path })],
        "nc_webdav_find_by_type" => vec![json!({ "mime_type": "text", "scope": path })],
        "nc_webdav_restore_version" => vec![json!({ "path": path, "version_id": "1" })],
        "nc_webdav_tag_file" => vec![json!({ "path": path, "tag": "x", "create_tag": true })],
        "nc_webdav_untag_file" => vec![json!({ "path": path, "tag": "Private" })],
        "nc_webdav_set_favorite" => vec![json!({ "path": path, "favorite": false })],
        "nc_webdav_create_comment" => vec![json!({ "path": path, "message": "x" })],
        "nc_share_list" => vec![json!({ "path": path }), json!({ "path": path, "shared_with_me": true })],
        "nc_share_create" => vec![
            json!({ "path": path, "share_with": "bob" }),
            json!({ "path": path, "kind": "link", "confirm_outside": true }),
        ],
        // These name shares by number: see below. Or what others share from elsewhere, or what is no file of one's own.
        "nc_share_get"
        | "nc_share_update"
        | "nc_share_delete"
        | "nc_share_answer"
        | "nc_share_search_sharees"
        | "nc_share_list_remote"
        | "nc_share_accept_remote"
        | "nc_share_decline_remote"
        | "nc_share_remove_remote"
        | "nc_webdav_list_trash"
        | "nc_webdav_restore_from_trash"
        | "nc_webdav_list_tags"
        | "nc_webdav_find_by_tag_name" => Vec::new(),
        other => panic!("say here how {other} is called with something hidden"),
    }
}

/// Calls that could show something hidden without naming it.
fn looking(tool: &str) -> Vec<Value> {
    match tool {
        "nc_webdav_list_directory" => vec![json!({}), json!({ "path": "Open/deep" })],
        "nc_webdav_search_files" => vec![
            json!({}),
            json!({ "name_pattern": "*" }),
            json!({ "only_favorites": true }),
        ],
        "nc_webdav_find_by_name" => vec![json!({ "pattern": "e" }), json!({ "pattern": "%" })],
        "nc_webdav_find_by_type" => vec![json!({ "mime_type": "text" })],
        "nc_webdav_find_by_tag_name" => vec![json!({ "tag": "private" })],
        "nc_share_list" => vec![
            json!({}),
            json!({ "reshares": true }),
            json!({ "path": "Open/deep", "members": true }),
        ],
        "nc_webdav_list_favorites" | "nc_webdav_list_trash" | "nc_webdav_list_tags" | "nc_share_list_remote" => {
            vec![json!({})]
        }
        _ => Vec::new(),
    }
}

async fn tools(app: &TestApp) -> Vec<String> {
    let listed = send(app.request("tools/list", json!({}))).await.result();
    let tools = listed["tools"].as_array().expect("tools").iter();
    let names = tools.map(|tool| tool["name"].as_str().expect("a name").to_owned());
    let is_about_files = |name: &String| name.starts_with("nc_webdav_") || name.starts_with("nc_share_");
    names.filter(is_about_files).collect()
}

#[tokio::test]
async fn no_tool_finds_what_is_hidden_or_lies_in_what_is_hidden() {
    let app = boot().await;
    let tools = tools(&app).await;
    assert!(tools.len() >= 23, "{tools:?}");
    for tool in &tools {
        for path in HIDDEN.iter().copied().chain(["veiled", "veiled/new.txt"]) {
            for arguments in naming(tool, path) {
                let text = app.call(tool, &arguments).await.error_text();
                assert!(text.starts_with("not_found: "), "{tool} {arguments}: {text}");
            }
        }
        for arguments in looking(tool) {
            let answer = app.call(tool, &arguments).await;
            answer.structured();
            assert!(!answer.text.contains(WORD), "{tool} {arguments}: {}", answer.text);
        }
    }
    // Everything is as it was.
    let person = Person(&app);
    for path in HIDDEN {
        let reply = person.send("GET", &format!("files/alice/{path}"), &[], "").await;
        assert_eq!(reply.text, "veiled content!", "{path}");
    }
    let plain = app.call("nc_webdav_read_file", &json!({ "path": "plain.txt" })).await;
    assert_eq!(plain.structured()["content"], "veiled content!");
}

#[tokio::test]
async fn hidden_things_in_the_trash_stay_there() {
    let app = boot().await;
    let person = Person(&app);
    let question = "<d:propfind xmlns:d='DAV:'><d:prop><d:resourcetype/></d:prop></d:propfind>";
    let trash = person
        .send("PROPFIND", "trashbin/alice/trash", &[("depth", "1")], question)
        .await;
    for name in ["gone.txt.d", "veiled-gone.txt.d"] {
        let start = trash.text.find(&format!("/{name}")).expect(name) + 1;
        let id: String = trash.text[start..]
            .chars()
            .take_while(|letter| *letter != '<')
            .collect();
        let reply = app
            .call("nc_webdav_restore_from_trash", &json!({ "entry_id": id }))
            .await;
        assert!(reply.error_text().starts_with("not_found: "), "{name}");
    }
}

#[tokio::test]
async fn shares_of_what_is_hidden_can_be_neither_seen_nor_changed() {
    let app = boot().await;
    let mut ids = Vec::new();
    for path in HIDDEN {
        let url = format!(
            "{}/ocs/v2.php/apps/files_sharing/api/v1/shares?format=json",
            app.cloud_url
        );
        let form = [
            ("path", path),
            ("shareType", "0"),
            ("shareWith", "bob"),
            ("permissions", "1"),
        ];
        let request = app.http().post(url).form(&form).header("ocs-apirequest", "true");
        let made = send(request.header("authorization", app.alice.basic())).await;
        let made: Value = serde_json::from_str(&made.text).expect("JSON");
        let id = made["ocs"]["data"]["id"].as_str().expect("an id").parse::<i64>();
        ids.push(id.expect("a number"));
    }
    for id in ids {
        for (tool, arguments) in [
            ("nc_share_get", json!({ "share_id": id })),
            ("nc_share_update", json!({ "share_id": id, "permissions": 3 })),
            ("nc_share_delete", json!({ "share_id": id })),
        ] {
            let text = app.call(tool, &arguments).await.error_text();
            assert!(
                text.starts_with("not_found: ") && !text.contains(WORD),
                "{tool}: {text}"
            );
        }
    }
    for arguments in looking("nc_share_list") {
        let listed = app.call("nc_share_list", &arguments).await;
        listed.structured();
        assert!(!listed.text.contains(WORD), "{}", listed.text);
    }
    let folder = json!({ "path": "Open", "share_with": "bob" });
    let text = app.call("nc_share_create", &folder).await.error_text();
    assert!(
        text.starts_with("forbidden: ") && text.contains("hidden by a tag"),
        "{text}"
    );
}

#[tokio::test]
async fn a_folder_that_holds_something_hidden_stays_where_it_is() {
    let app = boot().await;
    for folder in ["Open", "Open/deep"] {
        for (tool, arguments) in [
            ("nc_webdav_delete_resource", json!({ "path": folder })),
            (
                "nc_webdav_move_resource",
                json!({ "source_path": folder, "destination_path": "away" }),
            ),
            (
                "nc_webdav_copy_resource",
                json!({ "source_path": folder, "destination_path": "away" }),
            ),
            (
                "nc_webdav_move_resource",
                json!({ "source_path": "plain.txt", "destination_path": folder, "overwrite": true }),
            ),
        ] {
            let text = app.call(tool, &arguments).await.error_text();
            assert!(
                text.starts_with("forbidden: ") && text.contains("hidden by a tag"),
                "{tool}: {text}"
            );
        }
    }
    let within = json!({ "source_path": "Open/plain.txt", "destination_path": "moved.txt" });
    app.call("nc_webdav_move_resource", &within).await.structured();
}

#[tokio::test]
async fn a_file_that_gets_the_tag_by_a_tool_is_hidden_at_once() {
    let app = boot().await;
    let read = json!({ "path": "plain.txt" });
    app.call("nc_webdav_read_file", &read).await.structured();
    let tag = json!({ "path": "plain.txt", "tag": "Private" });
    app.call("nc_webdav_tag_file", &tag).await.structured();
    let text = app.call("nc_webdav_read_file", &read).await.error_text();
    assert!(text.starts_with("not_found: "), "{text}");
}

#[tokio::test]
async fn without_the_setting_nothing_is_hidden_and_nothing_more_is_asked() {
    let app = TestApp::boot().await;
    Person(&app).furnish().await;
    app.recorder.take();
    let read = app.call("nc_webdav_read_file", &json!({ "path": HIDDEN[1] })).await;
    assert_eq!(read.structured()["content"], "veiled content!");
    let asked = app.recorder.take();
    assert!(asked.iter().all(|sent| !sent.path.contains("systemtags")));
}
