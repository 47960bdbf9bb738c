//! Two people at one server, over one pool of connections: no call ever acts as the other, and no answer holds anything of the
//! other's.

mod cookbook;
mod deck;
mod tables;

use std::{collections::BTreeSet, sync::Arc};

use nc_testkit::{
    app::{MODERN, Reply, TestUser, send},
    cloud_app::{CloudApp, Format},
    external_app::{Door, ExternalApp, every_scope, make_client},
    own_issuer_app::OwnIssuerApp,
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// Calls in each of the two modes.
const CALLS: usize = 5_000;
/// Connections, each of which serves both.
const AT_ONCE: usize = 4;

/// A server, and tokens of two people for it.
enum Server {
    Exchanging {
        cloud: CloudApp,
        mcp: ExternalApp,
        _data: TempDir,
    },
    Own(OwnIssuerApp),
}

impl Server {
    async fn exchanging() -> Self {
        let cloud = CloudApp::boot().await;
        let data = tempfile::tempdir().expect("a folder");
        let door = Door::new();
        let (id, secret) = make_client(&cloud, &door.mcp_url, &[&cloud.url]).await;
        let settings = [
            ("NEXTCLOUD_OIDC_CLIENT_ID", id.as_str()),
            ("NEXTCLOUD_OIDC_CLIENT_SECRET", &secret),
        ];
        let mcp = ExternalApp::open(door, &cloud, data.path(), &settings).await;
        Self::Exchanging {
            mcp: mcp.expect("a server"),
            cloud,
            _data: data,
        }
    }

    async fn own() -> Self {
        Self::Own(OwnIssuerApp::boot().await)
    }

    fn url(&self) -> &str {
        match self {
            Self::Exchanging { mcp, .. } => &mcp.url,
            Self::Own(app) => &app.url,
        }
    }

    fn people(&self) -> [&TestUser; 2] {
        match self {
            Self::Exchanging { cloud, .. } => [&cloud.alice, &cloud.bob],
            Self::Own(app) => [&app.alice, &app.bob],
        }
    }

    /// Several tokens of one person, of both formats where there are two.
    async fn tokens(&self, user: &TestUser) -> Vec<String> {
        let mut tokens = Vec::new();
        let scopes = every_scope();
        for format in [Format::Jwt, Format::Opaque] {
            tokens.push(match self {
                Self::Exchanging { cloud, mcp, .. } => {
                    let client = cloud.client(format).await;
                    let asked = [("scope", scopes.as_str()), ("resource", mcp.mcp_url.as_str())];
                    cloud.authorize(user, &client, &asked).await.access_token().to_owned()
                }
                Self::Own(app) => app.token(user, &scopes).await,
            });
        }
        tokens
    }

    async fn call(&self, token: &str, tool: &str, arguments: Value) -> Reply {
        match self {
            Self::Exchanging { mcp, .. } => mcp.call(token, tool, arguments).await,
            Self::Own(app) => app.call(token, tool, arguments).await,
        }
    }

    async fn list(&self, token: &str) -> BTreeSet<String> {
        let listed = match self {
            Self::Exchanging { mcp, .. } => mcp.list(token).await,
            Self::Own(app) => send(app.message(token, "tools/list", json!({}))).await,
        };
        let listed = listed.result();
        let tools = listed["tools"].as_array().expect("tools").iter();
        tools
            .map(|tool| tool["name"].as_str().expect("a name").to_owned())
            .collect()
    }

    /// A request of another program to the cloud.
    fn cloud(&self, method: &str, path: &str, user: &TestUser) -> RequestBuilder {
        let request = match self {
            Self::Exchanging { cloud, .. } => cloud.request(method, path),
            Self::Own(app) => app.request(method, &format!("{}{path}", app.cloud_url)),
        };
        request.header("authorization", user.basic())
    }
}

/// What one person has.
struct Home {
    user: TestUser,
    tokens: Vec<String>,
    /// In everything that is only this person's.
    marker: String,
    note: Value,
    /// Notes that get deleted or changed.
    spare: Vec<Value>,
    attachment: Value,
    /// Something in the trash.
    trashed: Value,
    /// Former content of `Here/same.txt`.
    version: Value,
    /// Uids of events and tasks: one to be read, one to be changed, one to be deleted.
    events: Vec<Value>,
    todos: Vec<Value>,
    recipes: Vec<Value>,
    /// Boards, and what is on them.
    deck: Value,
    /// Links: one to be read, one to be deleted.
    links: Vec<Value>,
    /// A table and its rows.
    table: Value,
}

impl Home {
    async fn make(server: &Server, user: &TestUser) -> Self {
        let marker = format!("only-{}-has-this", user.name);
        let mut home = Self {
            tokens: server.tokens(user).await,
            user: user.clone(),
            note: Value::Null,
            spare: Vec::new(),
            attachment: Value::Null,
            trashed: Value::Null,
            version: Value::Null,
            events: Vec::new(),
            todos: Vec::new(),
            recipes: Vec::new(),
            deck: Value::Null,
            links: Vec::new(),
            table: Value::Null,
            marker,
        };
        home.note = home.new_note(server).await;
        for _ in 0..2 {
            home.spare.push(home.new_note(server).await);
        }
        home.attachment = home.attach(server).await;
        for _ in 0..3 {
            let event = json!({ "calendar_name": "personal", "title": home.marker, "start_datetime": "2027-05-03" });
            let made = home.done(server, "nc_calendar_create_event", event).await;
            home.events.push(made["uid"].clone());
            let todo = json!({ "calendar_name": "personal", "summary": home.marker });
            let made = home.done(server, "nc_calendar_create_todo", todo).await;
            home.todos.push(made["uid"].clone());
        }
        home.done(server, "nc_webdav_create_directory", json!({ "path": "Here" }))
            .await;
        let named = format!("Here/{}.txt", home.marker);
        for path in ["Here/same.txt", "Here/spare.txt", "same.txt", &named] {
            let file = json!({ "path": path, "content": home.marker });
            home.done(server, "nc_webdav_write_file", file).await;
        }
        home.recipes = cookbook::cook(&home, server).await;
        for _ in 0..2 {
            let link = json!({ "path": named, "kind": "link", "label": home.marker, "confirm_outside": true });
            let made = home.done(server, "nc_share_create", link).await;
            home.links.push(made["share"]["id"].clone());
        }
        home.favour(server, &named).await;
        home.befriend(server).await;
        home.leave_traces(server).await;
        home.deck = home.furnish_boards(server).await;
        home.tabulate(server).await;
        home
    }

    /// Something in the trash, a comment, a former state, a tag.
    async fn leave_traces(&mut self, server: &Server) {
        // The id of an entry has its name in it, and errors say which id was asked for.
        let marked = format!("{}-gone.txt", self.marker);
        for gone in [marked.as_str(), "gone.txt"] {
            let file = json!({ "path": gone, "content": self.marker });
            self.done(server, "nc_webdav_write_file", file).await;
            self.done(server, "nc_webdav_delete_resource", json!({ "path": gone }))
                .await;
        }
        let trash = self.done(server, "nc_webdav_list_trash", json!({})).await;
        let items = trash["items"].as_array().expect("items");
        let plain = items.iter().find(|item| item["name"] == "gone.txt");
        self.trashed = plain.expect("the file without mark")["id"].clone();
        let same = json!({ "path": "Here/same.txt" });
        let comment = json!({ "path": "Here/same.txt", "message": self.marker });
        self.done(server, "nc_webdav_create_comment", comment).await;
        let again = json!({ "path": "Here/same.txt", "content": format!("{} again", self.marker), "if_match": "*" });
        self.done(server, "nc_webdav_write_file", again).await;
        let versions = self.done(server, "nc_webdav_list_versions", same.clone()).await;
        let versions = versions["versions"].as_array().expect("versions").clone();
        self.version = versions.last().expect("one")["version_id"].clone();
        let tag = json!({ "path": format!("Here/{}.txt", self.marker), "tag": "shared", "create_tag": true });
        self.done(server, "nc_webdav_tag_file", tag).await;
    }

    fn token(&self, number: usize) -> &str {
        &self.tokens[number % self.tokens.len()]
    }

    async fn done(&self, server: &Server, tool: &str, arguments: Value) -> Value {
        server.call(self.token(0), tool, arguments).await.structured()
    }

    async fn new_note(&self, server: &Server) -> Value {
        let note = json!({ "title": self.marker, "content": self.marker, "category": self.marker });
        self.done(server, "nc_notes_create_note", note).await
    }

    async fn attach(&self, server: &Server) -> Value {
        let part = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n{}\r\n--b--\r\n",
            self.marker
        );
        let path = format!("/index.php/apps/notes/api/v1.4/attachment/{}", self.note["id"]);
        let request = server.cloud("POST", &path, &self.user).body(part);
        let request = request.header("content-type", "multipart/form-data; boundary=b");
        send(request).await.message()["filename"].clone()
    }

    async fn favour(&self, server: &Server, path: &str) {
        let path = format!("/remote.php/dav/files/{}/{path}", self.user.name);
        let body = r#"<d:propertyupdate xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set></d:propertyupdate>"#;
        let reply = send(server.cloud("PROPPATCH", &path, &self.user).body(body)).await;
        assert_eq!(reply.status, 207, "{reply:?}");
    }

    /// The name of an address book of this person only; it does not hold the marker, as answers repeat what was asked for.
    fn book(&self) -> String {
        format!("book-{}", self.user.name)
    }

    /// Contacts, in an address book that only this person has and in one that everybody has.
    async fn befriend(&self, server: &Server) {
        for name in [self.book(), format!("spare-{}", self.book())] {
            let book = json!({ "name": name, "display_name": self.marker });
            self.done(server, "nc_contacts_create_addressbook", book).await;
        }
        for (book, uid) in [("contacts", "same"), (&*self.book(), "mine"), (&*self.book(), "spare")] {
            let data = json!({ "fn": self.marker, "note": self.marker });
            let contact = json!({ "addressbook": book, "uid": uid, "contact_data": data });
            self.done(server, "nc_contacts_create_contact", contact).await;
        }
    }

    /// What every tool is called with. Paths are the same for both people; ids are this person's.
    fn arguments(&self, tool: &str) -> Value {
        let id = &self.note["id"];
        match tool {
            "nc_notes_get_note" => json!({ "note_id": id }),
            "nc_notes_search_notes" => json!({ "query": "has" }),
            "nc_notes_create_note" => json!({ "title": "Another", "content": "text", "category": "" }),
            "nc_notes_update_note" => {
                json!({ "note_id": self.spare[0]["id"], "etag": self.spare[0]["etag"], "content": "changed" })
            }
            "nc_notes_append_content" => json!({ "note_id": id, "content": "more" }),
            "nc_notes_delete_note" => json!({ "note_id": self.spare[1]["id"] }),
            "nc_notes_get_attachment" => json!({ "note_id": id, "attachment_filename": self.attachment }),
            "nc_webdav_list_directory" => json!({ "path": "Here" }),
            "nc_webdav_read_file" => json!({ "path": "Here/same.txt" }),
            "nc_webdav_write_file" => json!({ "path": "Here/new.txt", "content": "text" }),
            "nc_webdav_create_directory" => json!({ "path": "Here/Inside" }),
            "nc_webdav_delete_resource" => json!({ "path": "Here/spare.txt" }),
            "nc_webdav_copy_resource" => json!({ "source_path": "same.txt", "destination_path": "copy.txt" }),
            "nc_webdav_move_resource" => json!({ "source_path": "same.txt", "destination_path": "moved.txt" }),
            "nc_webdav_search_files" => json!({ "name_pattern": "has-this" }),
            "nc_webdav_find_by_name" => json!({ "pattern": "has-this" }),
            "nc_webdav_find_by_type" => json!({ "mime_type": "text" }),
            "nc_contacts_list_contacts" => json!({ "addressbook": self.book(), "include_photos": true }),
            "nc_contacts_search_contacts" => json!({ "query": "only-" }),
            "nc_contacts_create_addressbook" => json!({ "name": "another", "display_name": "Another" }),
            "nc_contacts_delete_addressbook" => json!({ "name": format!("spare-{}", self.book()) }),
            "nc_contacts_create_contact" => {
                json!({ "addressbook": self.book(), "uid": "", "contact_data": { "fn": "New" } })
            }
            "nc_contacts_update_contact" => {
                json!({ "addressbook": self.book(), "uid": "mine", "contact_data": { "title": "changed" } })
            }
            "nc_contacts_delete_contact" => json!({ "addressbook": self.book(), "uid": "spare" }),
            "nc_webdav_find_by_tag_name" => json!({ "tag": "shared" }),
            "nc_webdav_restore_from_trash" => json!({ "entry_id": self.trashed }),
            "nc_webdav_restore_version" => json!({ "path": "Here/same.txt", "version_id": self.version }),
            "nc_webdav_create_comment" => json!({ "path": "Here/same.txt", "message": "mine" }),
            "nc_webdav_tag_file" | "nc_webdav_untag_file" => json!({ "path": "Here/same.txt", "tag": "shared" }),
            "nc_webdav_set_favorite" => json!({ "path": "Here/same.txt", "favorite": true }),
            "nc_webdav_list_comments" | "nc_webdav_list_versions" | "nc_webdav_get_file_tags" => {
                json!({ "path": "Here/same.txt" })
            }
            "nc_calendar_get_event" => json!({ "calendar_name": "personal", "event_uid": self.events[0] }),
            "nc_calendar_update_event" => {
                json!({ "calendar_name": "personal", "event_uid": self.events[1], "title": "changed" })
            }
            "nc_calendar_delete_event" => json!({ "calendar_name": "personal", "event_uid": self.events[2] }),
            "nc_calendar_list_events" => json!({ "start_date": "2027-05-01", "end_date": "2027-05-31" }),
            "nc_calendar_bulk_operations" => json!({
                "operation": "delete", "title_contains": "has-this", "start_date": "2027-05-01", "end_date": "2027-05-31",
            }),
            "nc_calendar_create_event" => {
                json!({ "calendar_name": "personal", "title": "Another", "start_datetime": "2027-05-04" })
            }
            "nc_calendar_create_meeting" => {
                json!({ "title": "Another", "date": "2027-05-04", "time": "10:00", "timezone": "Europe/Berlin" })
            }
            "nc_calendar_find_availability" => json!({ "duration_minutes": 30 }),
            "nc_calendar_manage_calendar" => json!({ "action": "create", "calendar_name": "more" }),
            "nc_calendar_list_todos" => json!({ "calendar_name": "personal" }),
            "nc_calendar_create_todo" => json!({ "calendar_name": "personal", "summary": "Another" }),
            "nc_calendar_update_todo" => {
                json!({ "calendar_name": "personal", "todo_uid": self.todos[1], "summary": "changed" })
            }
            "nc_calendar_complete_todo" => json!({ "calendar_name": "personal", "todo_uid": self.todos[0] }),
            "nc_calendar_delete_todo" => json!({ "calendar_name": "personal", "todo_uid": self.todos[2] }),
            tool if tool.starts_with("nc_cookbook_") => cookbook::arguments(tool, &self.recipes),
            "nc_share_get" => json!({ "share_id": self.links[0] }),
            "nc_share_update" => json!({ "share_id": self.links[0], "note": "changed" }),
            "nc_share_delete" => json!({ "share_id": self.links[1] }),
            "nc_share_answer" => json!({ "share_id": self.links[0], "accept": false }),
            "nc_share_accept_remote" | "nc_share_decline_remote" | "nc_share_remove_remote" => {
                json!({ "share_id": self.links[0] })
            }
            "nc_share_create" => json!({ "path": "Here/same.txt", "kind": "link", "confirm_outside": true }),
            "nc_share_create_public_link" => json!({ "path": "Here/same.txt" }),
            "nc_share_search_sharees" => json!({ "query": "nobody" }),
            _ if tool.starts_with("nc_tables_") => self.tables_arguments(tool),
            "nc_auth_update_scopes" => json!({ "add_scopes": ["notes:write"] }),
            deck if deck.starts_with("deck_") => self.deck_arguments(deck),
            _ => json!({}),
        }
    }
}

/// Tools whose answer shows something of the person's own.
const SHOWING: &[&str] = &[
    "nc_notes_get_note",
    "nc_notes_list_notes",
    "nc_notes_search_notes",
    "nc_notes_get_attachment",
    "nc_webdav_list_directory",
    "nc_webdav_read_file",
    "nc_webdav_search_files",
    "nc_webdav_find_by_name",
    "nc_webdav_find_by_type",
    "nc_webdav_list_favorites",
    "nc_contacts_list_addressbooks",
    "nc_contacts_list_contacts",
    "nc_contacts_search_contacts",
    "nc_contacts_update_contact",
    "nc_webdav_list_trash",
    "nc_webdav_list_comments",
    "nc_webdav_find_by_tag_name",
    "nc_calendar_get_event",
    "nc_calendar_list_events",
    "nc_calendar_bulk_operations",
    "nc_calendar_list_todos",
    "nc_calendar_search_todos",
    "nc_share_get",
    "nc_share_list",
];

/// Tools of calendars that name one event or task.
const OF_ONE: &[&str] = &[
    "nc_calendar_get_event",
    "nc_calendar_update_event",
    "nc_calendar_delete_event",
    "nc_calendar_update_todo",
    "nc_calendar_complete_todo",
    "nc_calendar_delete_todo",
    "nc_share_get",
    "nc_share_update",
    "nc_share_delete",
];

/// What an answer shows, also where it is encoded.
fn shown(reply: &Reply) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let mut text = reply.text.clone();
    let words = reply
        .text
        .split(|letter: char| !letter.is_ascii_alphanumeric() && !"+/=".contains(letter));
    for word in words.filter(|word| word.len() > 15) {
        if let Ok(bytes) = BASE64_STANDARD.decode(word) {
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    text
}

async fn no_tool_shows_anything_of_the_other(server: Server) {
    let [alice, bob] = server.people();
    let homes = [Home::make(&server, alice).await, Home::make(&server, bob).await];
    let mut tools: Vec<String> = server.list(homes[0].token(0)).await.into_iter().collect();
    let showing: Vec<&str> = [SHOWING, cookbook::SHOWING, deck::SHOWING, tables::SHOWING].concat();
    assert!(showing.iter().all(|tool| tools.iter().any(|listed| listed == tool)));
    // Whoever has taken back the access shows nothing any more.
    tools.sort_by_key(|tool| tool == "revoke_nextcloud_access");
    for tool in &tools {
        for (own, other) in [(&homes[0], &homes[1]), (&homes[1], &homes[0])] {
            // With what belongs to the other.
            let reply = server.call(own.token(1), tool, other.arguments(tool)).await;
            assert!(!shown(&reply).contains(&other.marker), "{tool}: {reply:?}");
            let is_of_one = tool.ends_with("_note") && tool != "nc_notes_create_note"
                || OF_ONE.iter().chain(cookbook::OF_ONE).any(|one| one == tool)
                || deck::is_of_one(tool);
            if is_of_one || matches!(tool.as_str(), "nc_notes_append_content" | "nc_notes_get_attachment") {
                assert_eq!(reply.result()["isError"], true, "{tool}: {reply:?}");
            }
        }
        let replies = tokio::join!(
            server.call(homes[0].token(0), tool, homes[0].arguments(tool)),
            server.call(homes[1].token(0), tool, homes[1].arguments(tool)),
        );
        for (reply, own, other) in [(replies.0, &homes[0], &homes[1]), (replies.1, &homes[1], &homes[0])] {
            let text = shown(&reply);
            assert!(!text.contains(&other.marker), "{tool}: {text}");
            assert!(!text.contains(&format!("\"{}\"", other.user.name)), "{tool}: {text}");
            if showing.contains(&tool.as_str()) {
                assert!(text.contains(&own.marker), "{tool} shows nothing: {text}");
            }
        }
    }
}

#[tokio::test]
async fn m21_no_tool_shows_two_people_anything_of_each_other_where_tokens_are_exchanged() {
    no_tool_shows_anything_of_the_other(Server::exchanging().await).await;
}

#[tokio::test]
async fn m21_no_tool_shows_two_people_anything_of_each_other_where_app_passwords_are_kept() {
    no_tool_shows_anything_of_the_other(Server::own().await).await;
}

/// One connection, as a proxy in front of the server has it: whoever comes next uses it.
struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    async fn open(server: &Server) -> Self {
        let address = server.url().trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(address).await.expect("a connection");
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// The text of the answer to a call.
    async fn call(&mut self, token: &str, tool: &str, arguments: &Value) -> String {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
        let request = format!(
            "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: application/json, \
             text/event-stream\r\nmcp-protocol-version: {MODERN}\r\nmcp-method: tools/call\r\nmcp-name: \
             {tool}\r\nauthorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.expect("sent");
        let (mut line, mut length, mut status) = (String::new(), 0, None);
        loop {
            line.clear();
            self.stream.read_line(&mut line).await.expect("a line");
            let text = line.trim_end().to_ascii_lowercase();
            if text.is_empty() {
                break;
            }
            if let Some(value) = text.strip_prefix("content-length: ") {
                length = value.parse().expect("a length");
            }
            status.get_or_insert(text);
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.expect("a body");
        let body = String::from_utf8(body).expect("text");
        assert_eq!(status.as_deref(), Some("http/1.1 200 ok"), "{tool}: {body}");
        body
    }
}

/// One call of one of the two, whose answer has to be this person's.
async fn one_call(connection: &mut Connection, own: &Home, other: &Home, number: usize) {
    let token = own.token(number / 3);
    let path = format!("Here/{}.txt", number / 16 % AT_ONCE);
    let (tool, arguments) = match number % 16 {
        0 => ("nc_webdav_read_file", json!({ "path": "Here/same.txt" })),
        1 => ("nc_webdav_list_directory", json!({ "path": "Here" })),
        2 => ("nc_webdav_write_file", json!({ "path": path, "content": own.marker })),
        3 | 4 => ("nc_auth_check_status", json!({})),
        5 | 6 => ("nc_notes_get_note", json!({ "note_id": other.note["id"] })),
        _ => ("nc_notes_get_note", json!({ "note_id": own.note["id"] })),
    };
    let text = connection.call(token, tool, &arguments).await;
    assert!(!text.contains(&other.marker), "{tool}: {text}");
    let expected = match number % 16 {
        // Written before, perhaps.
        2 => "result",
        3 | 4 => own.user.name,
        5 | 6 => "not_found",
        _ => &own.marker,
    };
    assert!(text.contains(expected), "{tool}: {text}");
}

async fn calls_never_act_as_the_other(server: Server) {
    let [alice, bob] = server.people();
    let homes = [Home::make(&server, alice).await, Home::make(&server, bob).await];
    let world = Arc::new((server, homes));
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..AT_ONCE {
        let world = Arc::clone(&world);
        tasks.spawn(async move {
            let (server, homes) = &*world;
            let mut connection = Connection::open(server).await;
            for number in 0..CALLS / AT_ONCE {
                // Now one after the other, now several of one.
                let who = (number / (1 + number % 3) + task) % 2;
                one_call(&mut connection, &homes[who], &homes[1 - who], number).await;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("every answer is the caller's own");
    }
    // What was written stands where its writer wanted it.
    let (server, homes) = &*world;
    for home in homes {
        for number in 0..AT_ONCE {
            let path = json!({ "path": format!("Here/{number}.txt") });
            let read = home.done(server, "nc_webdav_read_file", path).await;
            assert_eq!(read["content"], home.marker);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m21_thousands_of_interleaved_calls_never_act_as_the_other_where_tokens_are_exchanged() {
    calls_never_act_as_the_other(Server::exchanging().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m21_thousands_of_interleaved_calls_never_act_as_the_other_where_app_passwords_are_kept() {
    calls_never_act_as_the_other(Server::own().await).await;
}
