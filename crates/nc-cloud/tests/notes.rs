//! The Notes interface through the wire.

#![cfg(test)]

use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use nc_auth::{UserId, basic};
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser};
use nc_proto::{clock::Clock, dav::DavPath};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use tower::ServiceExt;

const NOTES: &str = "/index.php/apps/notes/api/v1/notes";

struct Wire {
    cloud: Cloud,
    router: Router,
    clock: Clock,
    alice: String,
    bob: String,
    _dir: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }
}

impl Wire {
    async fn boot() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap());
        let mut config = CloudConfig::new(dir.path());
        config.clock = clock.clone();
        let cloud = Cloud::open(config).await.unwrap();
        let mut credentials = Vec::new();
        for id in ["alice", "bob"] {
            cloud
                .create_user(&NewUser::new(id, id, "an account password".into()))
                .await
                .unwrap();
            let password = cloud.create_app_password(&UserId::new(id), "test").await.unwrap();
            credentials.push(basic::header_value(id, password.expose_secret()));
        }
        let bob = credentials.pop().unwrap();
        let alice = credentials.pop().unwrap();
        Self {
            router: cloud.router(),
            cloud,
            clock,
            alice,
            bob,
            _dir: dir,
        }
    }

    async fn send(&self, who: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("authorization", who);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(&self.alice, "GET", path, &[], Vec::new()).await
    }

    async fn create(&self, note: Value) -> Value {
        self.send(&self.alice, "POST", NOTES, &[], note.to_string().into_bytes())
            .await
            .ok()
    }

    async fn update(&self, id: &Value, headers: &[(&str, &str)], patch: Value) -> Answer {
        self.send(
            &self.alice,
            "PUT",
            &format!("{NOTES}/{id}"),
            headers,
            patch.to_string().into_bytes(),
        )
        .await
    }

    async fn files(&self) -> Vec<String> {
        let home = self.cloud.content().home(&UserId::new("alice")).await.unwrap();
        let entries = home.list_tree(&DavPath::root()).await.unwrap();
        entries
            .iter()
            .filter(|entry| !entry.is_folder())
            .map(|entry| entry.path.names().join("/"))
            .collect()
    }
}

fn quoted(note: &Value) -> String {
    format!("\"{}\"", note["etag"].as_str().unwrap())
}

#[tokio::test]
async fn of_many_updates_with_one_tag_one_wins_and_the_others_see_it() {
    let wire = Wire::boot().await;
    let note = wire.create(json!({"title": "Race", "content": "start"})).await;
    let tag = quoted(&note);
    let headers = [("if-match", tag.as_str())];
    let updates =
        (0..16).map(|number| wire.update(&note["id"], &headers, json!({"content": format!("writer {number}")})));
    let answers = futures_util::future::join_all(updates).await;
    let won: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK)
        .collect();
    assert_eq!(won.len(), 1);
    for lost in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
        assert_eq!(lost.status, StatusCode::PRECONDITION_FAILED);
        assert_eq!(lost.json(), won[0].json());
    }
    assert_eq!(wire.get(&format!("{NOTES}/{}", note["id"])).await.ok(), won[0].json());
}

#[tokio::test]
async fn many_new_notes_of_one_title_are_all_kept() {
    let wire = Wire::boot().await;
    let notes = (0..12).map(|number| wire.create(json!({"title": "Same", "content": format!("{number}")})));
    let notes = futures_util::future::join_all(notes).await;
    let mut titles: Vec<_> = notes
        .iter()
        .map(|note| note["title"].as_str().unwrap().to_owned())
        .collect();
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), 12);
    assert_eq!(wire.files().await.len(), 12);
}

#[tokio::test]
async fn another_persons_note_cannot_be_read_changed_or_deleted() {
    let wire = Wire::boot().await;
    let note = wire.create(json!({"title": "Secret", "content": "mine"})).await;
    let path = format!("{NOTES}/{}", note["id"]);
    for (method, body) in [("GET", ""), ("PUT", r#"{"content":"yours"}"#), ("DELETE", "")] {
        let answer = wire.send(&wire.bob, method, &path, &[], body.into()).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method}");
    }
    assert_eq!(
        wire.send(&wire.bob, "GET", NOTES, &[], Vec::new()).await.ok(),
        json!([])
    );
    assert_eq!(wire.get(&path).await.ok()["content"], "mine");
}

#[tokio::test]
async fn no_title_category_or_path_leads_out_of_the_notes_folder() {
    let wire = Wire::boot().await;
    for (title, category) in [
        ("../../etc/passwd", "../../.."),
        ("..", "."),
        ("a\u{0}b\n", "/x/../y"),
        ("\\..\\", "C:\\"),
        (".hidden", ".git"),
    ] {
        let note = wire
            .create(json!({"title": title, "category": category, "content": "x"}))
            .await;
        assert!(note["internalPath"].as_str().unwrap().starts_with("/Notes/"), "{note}");
    }
    let files = wire.files().await;
    assert_eq!(files.len(), 5);
    assert!(
        files
            .iter()
            .all(|file| file.starts_with("Notes/") && !file.contains("/.")),
        "{files:?}"
    );
    let settings = json!({"notesPath": "../../elsewhere"}).to_string().into_bytes();
    let path = "/index.php/apps/notes/api/v1/settings";
    assert_eq!(
        wire.send(&wire.alice, "PUT", path, &[], settings).await.ok()["notesPath"],
        "elsewhere"
    );
}

#[tokio::test]
async fn a_partial_update_touches_nothing_else() {
    let wire = Wire::boot().await;
    let note =
        json!({"title": "Plan", "content": "text", "category": "Work", "favorite": true, "modified": 1_700_000_000});
    let note = wire.create(note).await;
    for (field, value) in [
        ("title", json!("New plan")),
        ("category", json!("Home/Now")),
        ("favorite", json!(false)),
        ("modified", json!(1_690_000_000)),
    ] {
        let before = wire.get(&format!("{NOTES}/{}", note["id"])).await.ok();
        let after = wire.update(&note["id"], &[], json!({field: value})).await.ok();
        for (name, unchanged) in before.as_object().unwrap() {
            match name.as_str() {
                name if name == field => assert_eq!(after[name], value),
                "etag" => assert_ne!(after["etag"], *unchanged, "{field}"),
                "internalPath" => {}
                name => assert_eq!(after[name], *unchanged, "{name} after a change of {field}"),
            }
        }
    }
    // The old category went with its last note.
    assert_eq!(wire.files().await, ["Notes/Home/Now/New plan.md"]);
    let home = wire.cloud.content().home(&UserId::new("alice")).await.unwrap();
    assert!(
        home.find(&DavPath::plain("Notes/Work").unwrap())
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_stale_tag_changes_nothing_also_not_the_title() {
    let wire = Wire::boot().await;
    let note = wire.create(json!({"title": "One", "content": "1"})).await;
    let stale = quoted(&note);
    wire.update(&note["id"], &[], json!({"favorite": true})).await.ok();
    let answer = wire
        .update(
            &note["id"],
            &[("if-match", &stale)],
            json!({"title": "Two", "content": "2"}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(
        (&answer.json()["title"], &answer.json()["content"]),
        (&json!("One"), &json!("1"))
    );
    let current = quoted(&answer.json());
    let answer = wire
        .update(&note["id"], &[("if-match", &current)], json!({"title": "Two"}))
        .await;
    assert_eq!(answer.ok()["title"], "Two");
}

#[tokio::test]
async fn clients_are_told_what_changed_since_they_asked() {
    let wire = Wire::boot().await;
    let one = wire.create(json!({"title": "One", "modified": 1_600_000_000})).await;
    let two = wire.create(json!({"title": "Two"})).await;
    let asked = wire.clock.now().unix_timestamp();
    assert_eq!(wire.get(NOTES).await.json().as_array().unwrap().len(), 2);
    wire.clock.advance(Duration::minutes(1));
    // A mark moves no file's time.
    wire.update(&one["id"], &[], json!({"favorite": true})).await.ok();
    let changed = wire.get(&format!("{NOTES}?pruneBefore={}", asked + 1)).await.ok();
    assert_eq!((&changed[0]["id"], &changed[0]["favorite"]), (&one["id"], &json!(true)));
    assert_eq!(changed[1], json!({"id": two["id"]}));
    wire.send(
        &wire.alice,
        "DELETE",
        &format!("{NOTES}/{}", two["id"]),
        &[],
        Vec::new(),
    )
    .await
    .ok();
    let changed = wire.get(&format!("{NOTES}?pruneBefore={}", asked + 3600)).await.ok();
    assert_eq!(changed, json!([{"id": one["id"]}]));
}

#[tokio::test]
async fn chunks_together_hold_every_note_once_and_every_id() {
    let wire = Wire::boot().await;
    for number in 0..7 {
        wire.create(json!({"title": format!("Note {number}")})).await;
    }
    let (mut full, mut ids, mut cursor) = (Vec::new(), Vec::new(), String::new());
    for turn in 0.. {
        let answer = wire
            .get(&format!("{NOTES}?chunkSize=3&exclude=content&chunkCursor={cursor}"))
            .await;
        for item in answer.json().as_array().unwrap() {
            ids.push(item["id"].as_i64().unwrap());
            full.extend(item.get("title").map(|title| title.as_str().unwrap().to_owned()));
        }
        let Some(next) = answer.headers.get("x-notes-chunk-cursor") else {
            assert_eq!(turn, 2);
            break;
        };
        cursor = next.to_str().unwrap().to_owned();
        // A note that comes in between is not lost either.
        if turn == 0 {
            wire.clock.advance(Duration::seconds(1));
            wire.create(json!({"title": "Late"})).await;
        }
    }
    full.sort_unstable();
    assert_eq!(full.len(), 8);
    full.dedup();
    assert_eq!(full.len(), 8);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 8);
    assert_eq!(
        wire.get(&format!("{NOTES}?chunkCursor=nonsense")).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn files_by_other_ways_are_notes_and_binary_ones_are_not_spoilt() {
    let wire = Wire::boot().await;
    let home = wire.cloud.content().home(&UserId::new("alice")).await.unwrap();
    let write = |path: &'static str, content: &'static [u8]| {
        let home = &home;
        async move {
            let options = nc_cloud::content::WriteOptions {
                create_parents: true,
                ..Default::default()
            };
            home.write(&DavPath::plain(path).unwrap(), content, options)
                .await
                .unwrap();
        }
    };
    write("Notes/Work/by dav.txt", b"hello").await;
    write("Notes/binary.md", b"\xff\xfe\x00").await;
    write("Notes/picture.png", b"png").await;
    write("Notes/.trash/old.md", b"hidden").await;
    write("elsewhere.md", b"no note").await;
    let list = wire.get(NOTES).await.ok();
    let titles: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["by dav", "binary"]);
    assert_eq!(
        (&list[0]["content"], &list[0]["category"]),
        (&json!("hello"), &json!("Work"))
    );
    assert_eq!((&list[1]["error"], &list[1]["readonly"]), (&json!(true), &json!(true)));
    let answer = wire.update(&list[1]["id"], &[], json!({"content": "replaced"})).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let (_, bytes) = home.read(&DavPath::plain("Notes/binary.md").unwrap()).await.unwrap();
    assert_eq!(bytes, b"\xff\xfe\x00");
}

#[tokio::test]
async fn attachments_follow_their_note_and_outlive_it() {
    let wire = Wire::boot().await;
    let note = wire.create(json!({"title": "Trip", "content": "x"})).await;
    let path = format!("/index.php/apps/notes/api/v1.4/attachment/{}", note["id"]);
    let body =
        b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../evil.html\"\r\n\r\n<b>\r\n--b--\r\n";
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    let stored = wire
        .send(&wire.alice, "POST", &path, &headers, body.to_vec())
        .await
        .ok();
    let name = stored["filename"].as_str().unwrap().to_owned();
    let random = name.strip_suffix(".html").unwrap();
    assert!(
        random.len() == 32 && random.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{name}"
    );
    wire.update(&note["id"], &[], json!({"category": "Far/Away"}))
        .await
        .ok();
    for wanted in [name.clone(), format!(".attachments.{}/{name}", note["id"])] {
        let answer = wire.get(&format!("{path}?path={wanted}")).await;
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (StatusCode::OK, b"<b>".as_slice()),
            "{wanted}"
        );
        assert_eq!(answer.headers["content-disposition"], "attachment");
    }
    for wanted in [
        "",
        ".",
        "..",
        "../Trip.md",
        "/etc/passwd",
        "none.png",
        "%2e%2e/x",
        ".attachments",
    ] {
        assert_eq!(
            wire.get(&format!("{path}?path={wanted}")).await.status,
            StatusCode::NOT_FOUND,
            "{wanted}"
        );
    }
    let answer = wire
        .send(&wire.bob, "GET", &format!("{path}?path={name}"), &[], Vec::new())
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    wire.send(
        &wire.alice,
        "DELETE",
        &format!("{NOTES}/{}", note["id"]),
        &[],
        Vec::new(),
    )
    .await
    .ok();
    assert_eq!(
        wire.files().await,
        [format!("Notes/Far/Away/.attachments.{}/{name}", note["id"])]
    );
}

#[tokio::test]
async fn bad_bodies_make_no_notes() {
    let wire = Wire::boot().await;
    for body in [
        "{",
        "[]",
        "\"text\"",
        r#"{"title": ["x"]}"#,
        r#"{"content": {"a": 1}}"#,
        "\u{0}",
    ] {
        let answer = wire.send(&wire.alice, "POST", NOTES, &[], body.into()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let huge = json!({"content": "x".repeat(17 << 20)}).to_string().into_bytes();
    assert_eq!(
        wire.send(&wire.alice, "POST", NOTES, &[], huge).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    for id in ["-1", "+1", "1e3", "99999999999999999999", "1%2F..", "%00"] {
        let answer = wire.get(&format!("{NOTES}/{id}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{id}");
    }
    assert!(wire.files().await.is_empty());
}
