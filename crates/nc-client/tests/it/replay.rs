//! A Nextcloud made of recorded exchanges, as `fixtures/README.md` says to match them: method, path, query as a set and
//! the listed headers, of `Authorization` only the scheme.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use nc_client::{
    BaseUrl, Body, Client, ClientConfig, Credential, Nextcloud, PendingAnswer, Transport, TransportError,
    TransportFailure, UploadPolicy,
};
use nc_proto::clock::Clock;
use percent_encoding::percent_decode_str;
use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/nextcloud-32");

/// All exchanges of an area.
pub(crate) fn area(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(format!("{ROOT}/{name}.json")).expect("fixture");
    serde_json::from_str(&text).expect("fixture is JSON")
}

/// One exchange of an area. `stat /Docs/x` is made from the recorded listing of `/Docs`: a look at one
/// entry of it; `with ids x` is `x` with the property that proves access.
pub(crate) fn exchange(name_of_area: &str, name: &str) -> Value {
    if let Some(path) = name.strip_prefix("stat ") {
        return look_at(path);
    }
    if let Some(name) = name.strip_prefix("with ids ") {
        return with_ids(exchange(name_of_area, name));
    }
    let found = area(name_of_area).into_iter().find(|exchange| exchange["name"] == name);
    found.unwrap_or_else(|| panic!("{name_of_area} has no exchange {name}"))
}

/// A listing that was recorded with fewer properties than the client asks for, with those that
/// prove access and tell the folder.
fn with_ids(mut exchange: Value) -> Value {
    let body = exchange["response"]["body"].as_str().expect("body");
    let body = body.replace("<d:propstat><d:prop>", "<d:propstat><d:prop><oc:fileid>1</oc:fileid>");
    let folder = "<d:prop><d:resourcetype><d:collection/></d:resourcetype>";
    let body = body.replacen("<d:prop>", folder, 1);
    exchange["response"]["body"] = Value::String(body);
    exchange
}

fn look_at(path: &str) -> Value {
    let mut exchange = exchange("files", "propfind-folder-depth-1");
    let address = format!("/remote.php/dav/files/carol{path}");
    let body = exchange["response"]["body"].as_str().expect("body");
    let (head, rest) = body.split_at(body.find("<d:response>").expect("entries"));
    let entry = rest
        .split_inclusive("</d:response>")
        .find(|entry| {
            entry.contains(&format!("<d:href>{address}</d:href>"))
                || entry.contains(&format!("<d:href>{address}/</d:href>"))
        })
        .unwrap_or_else(|| panic!("{path} was not recorded"));
    exchange["response"]["body"] = Value::String(format!("{head}{entry}</d:multistatus>"));
    exchange["request"]["path"] = Value::String(address);
    exchange["request"]["headers"]["Depth"] = Value::String("0".to_owned());
    exchange["name"] = Value::String(format!("stat {path}"));
    exchange
}

/// Gives the recorded answers in the order that a test names them.
pub(crate) struct Replay {
    expected: Mutex<VecDeque<Value>>,
    requests: Mutex<Vec<String>>,
}

impl Replay {
    /// Expects exactly these exchanges. Questions about account, capabilities and principal are answered for the test, unless
    /// they are expected.
    pub(crate) fn start(name_of_area: &str, names: &[&str]) -> (Arc<Self>, Client) {
        Self::start_with(names.iter().map(|name| exchange(name_of_area, name)).collect())
    }

    /// The same with exchanges that a test has changed.
    pub(crate) fn start_with(expected: Vec<Value>) -> (Arc<Self>, Client) {
        Self::hiding(expected, &[])
    }

    /// The same for a client that hides files with one of these tags.
    pub(crate) fn hiding(expected: Vec<Value>, excluded_tags: &[&str]) -> (Arc<Self>, Client) {
        let expected = expected.into();
        let replay = Arc::new(Self {
            expected: Mutex::new(expected),
            requests: Mutex::default(),
        });
        let mut config = ClientConfig::new(BaseUrl::parse("https://cloud.example.org").expect("address"));
        config.retry.jitter_seed = Some(1);
        config.excluded_tags = excluded_tags.iter().map(ToString::to_string).collect();
        config.upload = UploadPolicy {
            whole_up_to_bytes: 1024 * 1024,
            part_bytes: 5 * 1024 * 1024,
        };
        let nextcloud = Nextcloud::new(config, Arc::clone(&replay) as Arc<dyn Transport>, Clock::system());
        let credential = Credential::Basic {
            login: "carol".to_owned(),
            password: "secret".into(),
        };
        let client = nextcloud.client(credential);
        (replay, client)
    }

    /// The test is over: everything that was expected was asked for.
    pub(crate) fn done(&self) {
        let left = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        let names: Vec<_> = left.iter().map(|exchange| exchange["name"].to_string()).collect();
        assert!(names.is_empty(), "never asked for: {names:?}");
    }

    /// Puts another exchange into the place of one that is still expected.
    pub(crate) fn replace(&self, place: usize, exchange: Value) {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)[place] = exchange;
    }

    /// How many requests came, those answered for the test included.
    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn answer(&self, request: &Request<Bytes>) -> Response<Body> {
        let line = format!("{} {}", request.method(), request.uri().path());
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line.clone());
        assert_eq!(request.headers()["ocs-apirequest"], "true", "{line}");
        assert!(!request.headers().contains_key("cookie"), "{line}");
        let mut expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        let is_next = expected
            .front()
            .is_some_and(|next| place(next) == line_of(request.uri().path()));
        let exchange = match request.uri().path() {
            "/ocs/v2.php/cloud/user" if !is_next => exchange("core", "cloud-user-by-accept-header"),
            "/ocs/v2.php/cloud/capabilities" if !is_next => exchange("core", "capabilities-user-json"),
            "/remote.php/dav/" if !is_next => exchange("caldav", "principal-discovery-at-dav-root"),
            "/remote.php/dav/principals/users/carol/" if !is_next => exchange("caldav", "principal-properties"),
            _ => {
                let exchange = expected
                    .pop_front()
                    .unwrap_or_else(|| panic!("nothing more is expected: {line}"));
                check(&exchange, request);
                exchange
            }
        };
        respond(&exchange["response"])
    }
}

/// The path of an exchange, decoded, without what varies in writing.
fn place(exchange: &Value) -> Vec<String> {
    let path = exchange["request"]["path"].as_str().expect("path");
    line_of(path.split('?').next().unwrap_or_default())
}

fn line_of(path: &str) -> Vec<String> {
    let names = path.split('/').filter(|name| !name.is_empty() && *name != "index.php");
    let mut names: Vec<String> = names
        .map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned())
        .collect();
    // The name of an upload is up to the client.
    if names.get(2).is_some_and(|name| name == "uploads")
        && let Some(upload) = names.get_mut(4)
    {
        "UPLOAD".clone_into(upload);
    }
    // So is the name of a new object of a calendar.
    if let Some(object) = names.get_mut(5)
        && object.len() == 36
        && object.bytes().take(32).all(|digit| digit.is_ascii_hexdigit())
    {
        "NEW".clone_into(object);
    }
    names
}

fn query(text: &str) -> BTreeSet<(String, String)> {
    let pairs = url::form_urlencoded::parse(text.as_bytes()).into_owned();
    // How many are asked for at once, and the form of an OCS answer that a header can ask for too, are up to the client.
    pairs
        .filter(|(name, _)| name != "chunkSize" && name != "format")
        .collect()
}

fn check(exchange: &Value, request: &Request<Bytes>) {
    let recorded = &exchange["request"];
    let name = &exchange["name"];
    assert_eq!(request.method().as_str(), recorded["method"], "{name}");
    assert_eq!(line_of(request.uri().path()), place(exchange), "{name}");
    let recorded_query = recorded["path"]
        .as_str()
        .and_then(|path| path.split_once('?'))
        .map_or("", |(_, query)| query);
    assert_eq!(
        query(request.uri().query().unwrap_or_default()),
        query(recorded_query),
        "{name}"
    );
    for (header, value) in recorded["headers"].as_object().expect("headers") {
        let value = value.as_str().expect("text");
        let sent = request
            .headers()
            .get(header)
            .unwrap_or_else(|| panic!("{name}: no header {header}"));
        let sent = sent.to_str().expect("text");
        match header.to_ascii_lowercase().as_str() {
            "authorization" => assert_eq!(sent.split(' ').next(), value.split(' ').next(), "{name}"),
            "destination" => assert_eq!(line_of(sent), line_of(value), "{name}"),
            "content-type" => assert_eq!(sent.split(';').next(), value.split(';').next(), "{name}"),
            _ => assert_eq!(sent, value, "{name}: {header}"),
        }
    }
    let sent_json = request
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind == "application/json");
    if let (true, Some(body)) = (sent_json, recorded["body"].as_str()) {
        let sent: Value = serde_json::from_slice(request.body()).expect("JSON");
        assert_eq!(sent, serde_json::from_str::<Value>(body).expect("JSON"), "{name}");
    }
    let sent_form = request.headers().get("content-type");
    if let (true, Some(body)) = (
        sent_form.is_some_and(|kind| kind == "application/x-www-form-urlencoded"),
        recorded["body"].as_str(),
    ) {
        let sent: BTreeSet<_> = url::form_urlencoded::parse(request.body()).into_owned().collect();
        for field in url::form_urlencoded::parse(body.as_bytes()).into_owned() {
            assert!(sent.contains(&field), "{name}: {field:?} is not in {sent:?}");
        }
    }
}

fn respond(recorded: &Value) -> Response<Body> {
    let status = u16::try_from(recorded["status"].as_u64().expect("status")).expect("status");
    let mut response = Response::builder().status(status);
    for (name, value) in recorded["headers"].as_object().expect("headers") {
        response = response.header(name, value.as_str().expect("text"));
    }
    let body = match (recorded["body"].as_str(), recorded["body_base64"].as_str()) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (_, Some(text)) => base64::Engine::decode(&base64::prelude::BASE64_STANDARD, text).expect("base64"),
        _ => Vec::new(),
    };
    response.body(Body::from(body)).expect("response")
}

impl Transport for Replay {
    fn send(&self, request: Request<Body>) -> PendingAnswer<'_> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(|source| TransportError {
                kind: TransportFailure::Interrupted,
                source,
            })?;
            Ok(self.answer(&Request::from_parts(parts, body.to_bytes())))
        })
    }
}
