//! Every tool with real arguments, through the assembly that ships, and what the cloud is sent for it.

mod cookbook;
mod deck;
mod tables;

use std::collections::BTreeSet;

use nc_testkit::{
    app::{Reply, TestUser, send},
    cloud_app::{CloudApp, Format},
    external_app::{Door, ExternalApp, every_scope, make_client},
    own_issuer_app::OwnIssuerApp,
    recorder::Sent,
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

/// What the walk needs of an assembly.
trait Assembly {
    async fn call(&self, tool: &str, arguments: Value) -> Reply;

    fn cloud(&self, method: &str, path: &str) -> RequestBuilder;

    fn user(&self) -> &TestUser;
}

struct External<'a> {
    cloud: &'a CloudApp,
    mcp: &'a ExternalApp,
    token: String,
}

impl Assembly for External<'_> {
    async fn call(&self, tool: &str, arguments: Value) -> Reply {
        self.mcp.call(&self.token, tool, arguments).await
    }

    fn cloud(&self, method: &str, path: &str) -> RequestBuilder {
        self.cloud.request(method, path)
    }

    fn user(&self) -> &TestUser {
        &self.cloud.alice
    }
}

struct Own<'a> {
    app: &'a OwnIssuerApp,
    token: String,
}

impl Assembly for Own<'_> {
    async fn call(&self, tool: &str, arguments: Value) -> Reply {
        self.app.call(&self.token, tool, arguments).await
    }

    fn cloud(&self, method: &str, path: &str) -> RequestBuilder {
        self.app.request(method, &format!("{}{path}", self.app.cloud_url))
    }

    fn user(&self) -> &TestUser {
        &self.app.alice
    }
}

/// Calls tools, and notes which.
struct Walk<'a, A> {
    assembly: &'a A,
    called: BTreeSet<String>,
}

impl<A: Assembly> Walk<'_, A> {
    /// A call that succeeds.
    async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.called.insert(tool.to_owned());
        let reply = self.assembly.call(tool, arguments).await;
        assert_eq!(reply.status, 200, "{tool}: {reply:?}");
        assert_ne!(reply.result()["isError"], true, "{tool}: {reply:?}");
        reply.structured()
    }

    /// A call about the access to the cloud: what it says differs between assemblies.
    async fn ask(&mut self, tool: &str, arguments: Value) {
        self.called.insert(tool.to_owned());
        let reply = self.assembly.call(tool, arguments).await;
        assert_eq!(reply.status, 200, "{tool}: {reply:?}");
        reply.result();
    }

    async fn notes(&mut self) {
        let note = json!({ "title": "Plan", "content": "first", "category": "Work" });
        let made = self.call("nc_notes_create_note", note).await;
        let id = made["id"].clone();
        let attachment = json!({ "note_id": id, "attachment_filename": self.attach(&id).await });
        self.call("nc_notes_get_attachment", attachment).await;
        let read = self.call("nc_notes_get_note", json!({ "note_id": id })).await;
        assert_eq!(read["content"], "first");
        let change = json!({ "note_id": id, "etag": read["etag"], "content": "second" });
        self.call("nc_notes_update_note", change).await;
        let more = json!({ "note_id": id, "content": "third" });
        self.call("nc_notes_append_content", more).await;
        let listed = self.call("nc_notes_list_notes", json!({})).await;
        assert!(listed.to_string().contains("Plan"), "{listed}");
        let found = self.call("nc_notes_search_notes", json!({ "query": "third" })).await;
        assert!(found.to_string().contains("Plan"), "{found}");
        self.call("nc_notes_get_settings", json!({})).await;
        self.call("nc_notes_delete_note", json!({ "note_id": id })).await;
    }

    /// A file for a note, by another program. Its name.
    async fn attach(&self, id: &Value) -> Value {
        let part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\ntext\r\n--b--\r\n";
        let path = format!("/index.php/apps/notes/api/v1.4/attachment/{id}");
        let request = self.assembly.cloud("POST", &path).body(part);
        let request = request.header("content-type", "multipart/form-data; boundary=b");
        let request = request.header("authorization", self.assembly.user().basic());
        send(request).await.message()["filename"].clone()
    }

    async fn files(&mut self) {
        self.call("nc_webdav_create_directory", json!({ "path": "Walk" })).await;
        let file = json!({ "path": "Walk/a.txt", "content": "text" });
        self.call("nc_webdav_write_file", file).await;
        let read = self.call("nc_webdav_read_file", json!({ "path": "Walk/a.txt" })).await;
        assert_eq!(read["content"], "text");
        let listed = self.call("nc_webdav_list_directory", json!({ "path": "Walk" })).await;
        assert_eq!(listed["files_count"], 1);
        let found = self
            .call("nc_webdav_search_files", json!({ "name_pattern": "a.txt" }))
            .await;
        assert!(found.to_string().contains("Walk/a.txt"), "{found}");
        self.call("nc_webdav_find_by_name", json!({ "pattern": "a.txt" })).await;
        self.call("nc_webdav_find_by_type", json!({ "mime_type": "text/plain" }))
            .await;
        self.call("nc_webdav_list_favorites", json!({})).await;
        let places = json!({ "source_path": "Walk/a.txt", "destination_path": "Walk/b.txt" });
        self.call("nc_webdav_copy_resource", places).await;
        let places = json!({ "source_path": "Walk/b.txt", "destination_path": "Walk/c.txt" });
        self.call("nc_webdav_move_resource", places).await;
        self.tags_and_comments().await;
        self.trash_and_versions().await;
        self.call("nc_webdav_delete_resource", json!({ "path": "Walk" })).await;
    }

    async fn contacts(&mut self) {
        let book = json!({ "name": "walk", "display_name": "Walk" });
        self.call("nc_contacts_create_addressbook", book).await;
        let books = self.call("nc_contacts_list_addressbooks", json!({})).await;
        assert!(books.to_string().contains("walk"), "{books}");
        let ada = json!({ "addressbook": "walk", "uid": "ada", "contact_data": { "fn": "Ada", "tel": "1" } });
        self.call("nc_contacts_create_contact", ada).await;
        let change = json!({ "addressbook": "walk", "uid": "ada", "contact_data": { "note": "Countess" } });
        self.call("nc_contacts_update_contact", change).await;
        let listed = self
            .call("nc_contacts_list_contacts", json!({ "addressbook": "walk" }))
            .await;
        assert_eq!(listed["contacts"][0]["note"], "Countess");
        assert_eq!(listed["contacts"][0]["phones"][0]["value"], "1");
        let found = self
            .call("nc_contacts_search_contacts", json!({ "query": "countess" }))
            .await;
        assert_eq!(found["contacts"][0]["uid"], "ada");
        let ada = json!({ "addressbook": "walk", "uid": "ada" });
        self.call("nc_contacts_delete_contact", ada).await;
        self.call("nc_contacts_delete_addressbook", json!({ "name": "walk" }))
            .await;
    }

    async fn sharing(&mut self) {
        let file = json!({ "path": "shared.txt", "content": "text" });
        self.call("nc_webdav_write_file", file).await;
        let found = self.call("nc_share_search_sharees", json!({ "query": "bob" })).await;
        let with = found["sharees"][0]["share_with"].clone();
        let share = json!({ "path": "shared.txt", "share_with": with });
        let made = self.call("nc_share_create", share).await;
        let id = made["share"]["id"].clone();
        let listed = self.call("nc_share_list", json!({ "path": "shared.txt" })).await;
        assert_eq!(listed["shares"][0]["id"], id);
        self.call("nc_share_update", json!({ "share_id": id, "permissions": 3 }))
            .await;
        let read = self.call("nc_share_get", json!({ "share_id": id })).await;
        assert_eq!(read["share"]["permissions"], 3);
        self.call("nc_share_create_public_link", json!({ "path": "shared.txt" }))
            .await;
        self.call("nc_share_delete", json!({ "share_id": id })).await;
        // Nothing waits for an answer, and the tool says so.
        self.ask("nc_share_answer", json!({ "share_id": id, "accept": true }))
            .await;
        let listed = self.call("nc_share_list_remote", json!({ "pending": true })).await;
        assert_eq!(listed["total_count"], 0);
        for tool in ["accept", "decline", "remove"] {
            self.ask(&format!("nc_share_{tool}_remote"), json!({ "share_id": 99_999_999 }))
                .await;
        }
        self.call("nc_webdav_delete_resource", json!({ "path": "shared.txt" }))
            .await;
    }

    async fn tags_and_comments(&mut self) {
        let path = json!({ "path": "Walk/a.txt" });
        let tag = json!({ "path": "Walk/a.txt", "tag": "walked", "create_tag": true });
        self.call("nc_webdav_tag_file", tag).await;
        let tags = self.call("nc_webdav_list_tags", json!({})).await;
        assert!(tags.to_string().contains("walked"), "{tags}");
        let tags = self.call("nc_webdav_get_file_tags", path.clone()).await;
        assert_eq!(tags["tags"][0]["name"], "walked");
        let found = self
            .call("nc_webdav_find_by_tag_name", json!({ "tag": "walked" }))
            .await;
        assert_eq!(found["files"][0]["path"], "/Walk/a.txt");
        self.call("nc_webdav_untag_file", json!({ "path": "Walk/a.txt", "tag": "walked" }))
            .await;
        self.call(
            "nc_webdav_set_favorite",
            json!({ "path": "Walk/a.txt", "favorite": true }),
        )
        .await;
        let said = json!({ "path": "Walk/a.txt", "message": "Well walked" });
        self.call("nc_webdav_create_comment", said).await;
        let comments = self.call("nc_webdav_list_comments", path).await;
        assert_eq!(comments["results"][0]["message"], "Well walked");
    }

    async fn trash_and_versions(&mut self) {
        let change = json!({ "path": "Walk/a.txt", "content": "changed", "if_match": "*" });
        self.call("nc_webdav_write_file", change).await;
        let path = json!({ "path": "Walk/a.txt" });
        let versions = self.call("nc_webdav_list_versions", path.clone()).await;
        let former = versions["versions"].as_array().expect("versions").last().expect("one");
        let restore = json!({ "path": "Walk/a.txt", "version_id": former["version_id"] });
        self.call("nc_webdav_restore_version", restore).await;
        let read = self.call("nc_webdav_read_file", path.clone()).await;
        assert_eq!(read["content"], "text");
        self.call("nc_webdav_delete_resource", path).await;
        let trash = self.call("nc_webdav_list_trash", json!({})).await;
        let items = trash["items"].as_array().expect("items");
        let item = items.iter().find(|item| item["original_location"] == "/Walk/a.txt");
        let entry = json!({ "entry_id": item.expect("the file")["id"] });
        let restored = self.call("nc_webdav_restore_from_trash", entry).await;
        assert_eq!(restored["path"], "/Walk/a.txt");
    }

    async fn calendars(&mut self) {
        self.call("nc_calendar_list_calendars", json!({})).await;
        let new = json!({ "action": "create", "calendar_name": "walk" });
        self.call("nc_calendar_manage_calendar", new).await;
        let event = json!({
            "calendar_name": "walk", "title": "Plan", "start_datetime": "2027-05-03T10:00:00", "timezone": "Europe/Berlin",
        });
        let made = self.call("nc_calendar_create_event", event).await;
        let one = json!({ "calendar_name": "walk", "event_uid": made["uid"] });
        let read = self.call("nc_calendar_get_event", one.clone()).await;
        assert_eq!(read["title"], "Plan");
        let change =
            json!({ "calendar_name": "walk", "event_uid": made["uid"], "title": "Other", "etag": read["etag"] });
        self.call("nc_calendar_update_event", change).await;
        let meeting = json!({
            "title": "Talk", "date": "2027-05-04", "time": "10:00", "calendar_name": "walk", "timezone": "Europe/Berlin",
        });
        self.call("nc_calendar_create_meeting", meeting).await;
        let range = json!({ "calendar_name": "walk", "start_date": "2027-05-01", "end_date": "2027-05-31" });
        let listed = self.call("nc_calendar_list_events", range).await;
        assert_eq!(listed["total_found"], 2, "{listed}");
        self.call("nc_calendar_get_upcoming_events", json!({})).await;
        let free = json!({ "duration_minutes": 30, "timezone": "Europe/Berlin" });
        self.call("nc_calendar_find_availability", free).await;
        let many = json!({
            "operation": "delete", "calendar_name": "walk", "start_date": "2027-05-01", "end_date": "2027-05-31",
        });
        let shown = self.call("nc_calendar_bulk_operations", many).await;
        assert_eq!(shown["total_found"], 2, "{shown}");
        self.call("nc_calendar_delete_event", one).await;
        self.todos().await;
        let gone = json!({ "action": "delete", "calendar_name": "walk" });
        self.call("nc_calendar_manage_calendar", gone).await;
    }

    async fn todos(&mut self) {
        let todo = json!({ "calendar_name": "walk", "summary": "Buy milk", "due": "2027-05-03" });
        let made = self.call("nc_calendar_create_todo", todo).await;
        let one = json!({ "calendar_name": "walk", "todo_uid": made["uid"] });
        let change = json!({ "calendar_name": "walk", "todo_uid": made["uid"], "priority": 1 });
        self.call("nc_calendar_update_todo", change).await;
        let listed = self
            .call("nc_calendar_list_todos", json!({ "calendar_name": "walk" }))
            .await;
        assert_eq!(listed["todos"][0]["priority"], 1, "{listed}");
        self.call("nc_calendar_search_todos", json!({ "summary_contains": "milk" }))
            .await;
        self.call("nc_calendar_complete_todo", one.clone()).await;
        self.call("nc_calendar_delete_todo", one).await;
    }

    async fn access(&mut self) {
        for tool in ["check_logged_in", "check_provisioning_status", "nc_auth_check_status"] {
            self.ask(tool, json!({})).await;
        }
        for tool in ["nc_auth_provision_access", "provision_nextcloud_access"] {
            self.ask(tool, json!({})).await;
        }
        let scopes = json!({ "add_scopes": ["notes:write"] });
        self.ask("nc_auth_update_scopes", scopes).await;
        self.ask("revoke_nextcloud_access", json!({})).await;
    }
}

/// Walks over all tools; those that are listed and were not called fail the test.
async fn walk(assembly: &impl Assembly, listed: Vec<String>) {
    let called = BTreeSet::new();
    let mut walk = Walk { assembly, called };
    walk.call("nc_get_capabilities", json!({})).await;
    walk.notes().await;
    walk.files().await;
    walk.contacts().await;
    walk.recipes().await;
    walk.sharing().await;
    walk.calendars().await;
    walk.deck().await;
    walk.tables().await;
    walk.access().await;
    let listed: BTreeSet<String> = listed.into_iter().collect();
    assert_eq!(walk.called, listed, "the walk is not over all tools");
}

fn assert_rule(sent: &[Sent], expected: &[&str]) {
    let breaches: Vec<String> = sent.iter().filter_map(Sent::breach).collect();
    assert!(
        breaches.is_empty(),
        "requests without the header, or with a cookie: {breaches:?}"
    );
    for start in expected {
        let line = |sent: &Sent| format!("{} {}", sent.method, sent.path);
        assert!(
            sent.iter().any(|sent| line(sent).starts_with(start)),
            "nothing like {start} was sent"
        );
    }
}

#[tokio::test]
async fn c13_every_tool_works_with_tokens_at_a_stock_cloud_and_every_request_says_that_it_is_a_programs() {
    let cloud = CloudApp::boot_with(&[
        ("EMBEDDED_CLOUD_REGISTRATION", "open"),
        ("EMBEDDED_CLOUD_EMULATE_STOCK_CORS", "header"),
    ])
    .await;
    let data = tempfile::tempdir().expect("a folder");
    let door = Door::new();
    let (id, secret) = make_client(&cloud, &door.mcp_url, &[&cloud.url]).await;
    let settings = [
        ("NEXTCLOUD_OIDC_CLIENT_ID", id.as_str()),
        ("NEXTCLOUD_OIDC_CLIENT_SECRET", &secret),
    ];
    let mcp = ExternalApp::open(door, &cloud, data.path(), &settings)
        .await
        .expect("a server");
    let scopes = every_scope();
    for format in [Format::Jwt, Format::Opaque] {
        let client = cloud.client(format).await;
        let asked = [("scope", scopes.as_str()), ("resource", mcp.mcp_url.as_str())];
        let tokens = cloud.authorize(&cloud.alice, &client, &asked).await;
        let token = tokens.access_token().to_owned();
        let result = mcp.list(&token).await.result();
        let tools = result["tools"].as_array().expect("tools").iter();
        let listed = tools
            .map(|tool| tool["name"].as_str().expect("a name").to_owned())
            .collect();
        let (cloud, mcp) = (&cloud, &mcp);
        walk(&External { cloud, mcp, token }, listed).await;
    }
    let sent = mcp.recorder.take();
    assert_rule(
        &sent,
        &[
            "GET /status.php",
            "GET /ocs/v2.php/cloud/capabilities",
            "PROPFIND /remote.php/dav/",
        ],
    );
    let authorization = |sent: &Sent| sent.headers.get("authorization").cloned();
    let all_tokens = sent
        .iter()
        .filter_map(authorization)
        .all(|value| value.as_bytes().starts_with(b"Bearer "));
    assert!(all_tokens, "no app password is needed");
}

#[tokio::test]
async fn every_tool_works_with_app_passwords_and_so_does_the_rule_from_sign_in_to_the_end() {
    let app = OwnIssuerApp::boot().await;
    let token = app.token(&app.alice, &every_scope()).await;
    let listed = app.tools(&token).await;
    walk(&Own { app: &app, token }, listed).await;
    let expected = [
        "POST /index.php/login/v2",
        "POST /index.php/login/v2/poll",
        "GET /ocs/v2.php/cloud/user",
        "PROPFIND /remote.php/dav/",
        "DELETE /ocs/v2.php/core/apppassword",
    ];
    assert_rule(&app.recorder.take(), &expected);
}
