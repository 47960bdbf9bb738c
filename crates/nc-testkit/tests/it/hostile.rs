//! A Nextcloud that lies, is broken, or lacks an app.

use std::sync::Arc;

use http::{Request, Response};
use nc_client::{BaseUrl, Body, ClientConfig, Nextcloud, PendingAnswer, Transport};
use nc_mcp_kit::{Backend, Call, Failure, Handler};
use nc_proto::clock::Clock;
use nc_server::{
    app,
    config::{Config, Environment, Layers},
};
use rmcp::model::CallToolResponse;
use serde_json::{Value, json};

type Answer = (u16, &'static str, String);

/// It is asked for method and path.
type Script = dyn Fn(&str, &str) -> Answer + Send + Sync;

/// Answers whatever the script says.
struct Scripted(Box<Script>);

impl Transport for Scripted {
    fn send(&self, request: Request<Body>) -> PendingAnswer<'_> {
        let path = request.uri().path();
        let (status, kind, body) = match path {
            "/ocs/v2.php/cloud/user" => (200, "application/json", ocs(&json!({ "id": "alice" }))),
            path => (self.0)(request.method().as_str(), path),
        };
        let response = Response::builder().status(status).header("content-type", kind);
        Box::pin(std::future::ready(Ok(response.body(body.into()).expect("an answer"))))
    }
}

fn ocs(data: &Value) -> String {
    json!({ "ocs": { "meta": { "status": "ok", "statuscode": 200 }, "data": data } }).to_string()
}

struct Asked {
    handler: Handler,
    backend: Arc<dyn Backend>,
    caller: nc_auth::Caller,
}

fn over(script: impl Fn(&str, &str) -> Answer + Send + Sync + 'static) -> Asked {
    let environment: Environment = [
        ("NEXTCLOUD_HOST", "https://cloud.example.org"),
        ("NEXTCLOUD_USERNAME", "alice"),
        ("NEXTCLOUD_PASSWORD", "secret"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let layers = Layers::read(None, &environment, &[]).expect("settings");
    let config = Config::resolve(&layers).expect("settings");
    let base = BaseUrl::parse("https://cloud.example.org").expect("address");
    let cloud = Nextcloud::new(
        ClientConfig::new(base),
        Arc::new(Scripted(Box::new(script))),
        Clock::system(),
    );
    let backend: Arc<dyn Backend> = Arc::new(app::assistant(&config, cloud, Clock::system()));
    Asked {
        handler: Handler::new(Arc::clone(&backend)),
        backend,
        caller: app::configured_caller(&config).expect("a caller"),
    }
}

impl Asked {
    async fn call(&self, tool: &str, arguments: Value) -> Result<Value, String> {
        let Value::Object(arguments) = arguments else {
            panic!("an object")
        };
        match self
            .handler
            .run(tool, Call::local(self.caller.clone()), arguments)
            .await
        {
            Ok(CallToolResponse::Complete(result)) => Ok(result.structured_content.unwrap_or_default()),
            Ok(_) => panic!("not complete"),
            Err(Failure::Tool(error)) => Err(error.to_string()),
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn entry(href: &str, props: &str) -> String {
    format!(
        "<d:response><d:href>{href}</d:href><d:propstat><d:prop><d:getetag>\"e\"</d:getetag>{props}</d:prop>\
         <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
}

fn listing(entries: &[String]) -> Answer {
    let home = entry(
        "/remote.php/dav/files/alice/",
        "<d:resourcetype><d:collection/></d:resourcetype>",
    );
    let body = format!(
        "<d:multistatus xmlns:d=\"DAV:\" xmlns:oc=\"http://owncloud.org/ns\">{home}{}</d:multistatus>",
        entries.concat()
    );
    (207, "application/xml", body)
}

#[tokio::test]
async fn addresses_outside_of_the_users_files_are_not_shown_and_numbers_do_not_overflow() {
    let huge = format!("<oc:size>{}</oc:size>", i64::MAX);
    let asked = over(move |_, _| {
        listing(&[
            entry("/remote.php/dav/files/bob/secret.txt", ""),
            entry("/remote.php/dav/files/alice/%2e%2e/bob/secret.txt", ""),
            entry("/remote.php/dav/files/alice/a%2Fb", ""),
            entry("/remote.php/dav/files/alice/nul%00", ""),
            entry("/etc/passwd", ""),
            entry(
                "/remote.php/dav/files/alice/small",
                "<oc:size>-1</oc:size><oc:fileid>x</oc:fileid>",
            ),
            entry("/remote.php/dav/files/alice/one", &huge),
            entry("/remote.php/dav/files/alice/one", &huge),
            entry("/remote.php/dav/files/alice/two", &huge),
        ])
    });
    let list = asked.call("nc_webdav_list_directory", json!({})).await.expect("a list");
    let names: Vec<&str> = list["files"]
        .as_array()
        .expect("files")
        .iter()
        .map(|file| file["name"].as_str().expect("name"))
        .collect();
    assert_eq!(names, ["small", "one", "one", "two"]);
    assert_eq!(
        (&list["files"][0]["size"], &list["files"][0]["file_id"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(list["total_size"], u64::MAX);
}

#[tokio::test]
async fn answers_made_to_cost_time_are_given_up_soon() {
    let attributes = (0..300_000).map(|n| format!(" a{n}=''")).collect::<Vec<_>>().concat();
    let properties = (0..100_000).map(|n| format!("<d:p{n}/>")).collect::<Vec<_>>().concat();
    let asked = over(move |_, _| listing(&[format!("<d:response{attributes}/>")]));
    let error = asked
        .call("nc_webdav_list_directory", json!({}))
        .await
        .expect_err("too much");
    assert!(error.starts_with("bad_answer"), "{error}");
    let asked = over(move |_, _| listing(&[entry("/remote.php/dav/files/alice/a", &properties)]));
    let list = asked.call("nc_webdav_list_directory", json!({})).await.expect("a list");
    assert_eq!(list["files"][0]["name"], "a");
}

#[tokio::test]
async fn a_reason_with_control_characters_or_an_address_is_not_passed_on_as_it_is() {
    let asked = over(|_, _| {
        let body = json!({ "message": "no\u{1b}[2J\u{7} way" }).to_string();
        (403, "application/json", body)
    });
    let error = asked
        .call("nc_notes_get_note", json!({ "note_id": 1 }))
        .await
        .expect_err("refused");
    assert!(!error.chars().any(char::is_control), "{error:?}");
}

#[tokio::test]
async fn tools_of_an_app_that_the_cloud_lacks_are_hidden_and_nothing_is_when_it_cannot_be_asked() {
    let hidden = |status: u16, apps: Value| async move {
        let body = ocs(&json!({ "version": { "major": 32, "string": "32.0.1" }, "capabilities": apps }));
        let asked = over(move |_, _| (status, "application/json", body.clone()));
        asked
            .backend
            .missing_capabilities(&asked.caller)
            .await
            .iter()
            .copied()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        hidden(200, json!({ "core": {} })).await,
        ["cookbook", "deck", "notes", "tables"]
    );
    assert_eq!(
        hidden(
            200,
            json!({ "notes": { "api_version": ["1.3"] }, "cookbook": {}, "deck": {}, "tables": {} })
        )
        .await,
        [""; 0]
    );
    assert_eq!(hidden(500, json!({})).await, [""; 0]);
}
