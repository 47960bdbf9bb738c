//! Servers and networks that misbehave, over real sockets.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{Request, Response};
use nc_client::{
    BaseUrl, Body, Client, ClientConfig, Error, FilePath, ListOptions, NewNote, Nextcloud, NoteId, NotesFilter,
    PendingAnswer, Transport, TransportFailure,
};
use nc_proto::clock::Clock;

use crate::scripted::{Reply, Server, credential, nextcloud};

type Answer = (u16, Vec<(&'static str, String)>, String);

/// Answers without a network, so that time can be stopped.
pub(crate) struct Answers {
    script: Box<dyn Fn(usize) -> Answer + Send + Sync>,
    count: AtomicUsize,
    if_match: Mutex<Vec<String>>,
}

impl Answers {
    pub(crate) fn start(script: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            script: Box::new(script),
            count: AtomicUsize::new(0),
            if_match: Mutex::default(),
        })
    }

    pub(crate) fn client(self: &Arc<Self>) -> Client {
        client_over(Arc::clone(self) as Arc<dyn Transport>)
    }

    /// How many requests came, but for questions about the account.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    pub(crate) fn if_match(&self) -> Vec<String> {
        self.if_match.lock().expect("lock").clone()
    }
}

/// Carol's handle over any transport.
pub(crate) fn client_over(transport: Arc<dyn Transport>) -> Client {
    let mut config = ClientConfig::new(BaseUrl::parse("https://cloud.example.org").expect("base"));
    config.retry.jitter_seed = Some(1);
    Nextcloud::new(config, transport, Clock::system()).client(credential("carol"))
}

impl Transport for Answers {
    fn send(&self, request: Request<Body>) -> PendingAnswer<'_> {
        let (status, headers, body) = if request.uri().path().ends_with("/cloud/user") {
            let user = r#"{"ocs":{"meta":{"status":"ok","statuscode":200},"data":{"id":"carol"}}}"#;
            (200, Vec::new(), user.to_owned())
        } else {
            if let Some(etag) = request.headers().get("if-match") {
                self.if_match
                    .lock()
                    .expect("lock")
                    .push(etag.to_str().expect("text").to_owned());
            }
            (self.script)(self.count.fetch_add(1, Ordering::SeqCst))
        };
        let mut response = Response::builder().status(status);
        if headers.iter().all(|(name, _)| *name != "content-type") {
            response = response.header("content-type", "application/json");
        }
        for (name, value) in headers {
            response = response.header(name, value);
        }
        Box::pin(std::future::ready(Ok(response
            .body(Body::from(body))
            .expect("response"))))
    }
}

fn path(text: &str) -> FilePath {
    FilePath::parse(text).expect("path")
}

#[tokio::test]
async fn what_stands_where_json_is_due_is_named_and_not_shown() {
    let cases: [(Reply, &str); 6] = [
        (Reply::html(200), "HTML page instead of JSON"),
        (
            Reply::json(200, "  <!DOCTYPE html>secret page"),
            "HTML page instead of JSON",
        ),
        (Reply::xml(200, "<ocs><meta/></ocs>"), "XML instead of JSON"),
        (Reply::json(200, r#"{"notesPath":"No"#), "JSON that breaks off"),
        (Reply::json(200, ""), "it is empty where JSON is due"),
        (Reply::json(200, "[1,2]"), "JSON of another form than is due"),
    ];
    for (reply, expected) in cases {
        let server = Server::start(move |_, _| reply.clone()).await;
        let error = server.client().notes().settings().await.expect_err(expected);
        assert_eq!(error.code(), "bad_answer");
        let expected = format!("the answer for the settings of Notes could not be understood: {expected} (status 200)");
        assert_eq!(error.to_string(), expected);
        assert!(!error.to_string().contains("secret"));
        let list = server.client().notes().list(&NotesFilter::default()).await;
        if let Ok(notes) = list {
            panic!("{notes:?} instead of an error");
        }
    }
}

#[tokio::test]
async fn what_stands_where_a_listing_is_due_is_an_error_and_not_an_empty_folder() {
    let head = r#"<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">"#;
    let entry = r"<d:response><d:href>/remote.php/dav/files/carol/</d:href><d:propstat><d:prop><oc:fileid>1</oc:fileid>
        <d:resourcetype><d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>";
    let bad = [
        Reply::html(200),
        Reply::html(207),
        Reply::json(207, "{}"),
        Reply::xml(207, ""),
        Reply::xml(200, "<ok/>"),
        Reply::xml(207, format!("{head}{entry}")),
        Reply::xml(207, format!("{head}{}", &entry[..60])),
        Reply::xml(207, "<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x>&a;</x>"),
    ];
    for reply in bad {
        let text = format!("{reply:?}");
        let server = Server::start(move |_, _| reply.clone()).await;
        let error = server
            .client()
            .files()
            .list(&FilePath::root(), &ListOptions::default())
            .await
            .expect_err(&text);
        assert_eq!(error.code(), "bad_answer", "{error}");
    }
    let server = Server::start(move |_, _| Reply::xml(207, format!("{head}{entry}</d:multistatus>"))).await;
    let listing = server
        .client()
        .files()
        .list(&FilePath::root(), &ListOptions::default())
        .await
        .expect("listing");
    assert_eq!(listing.total, 0);
}

#[tokio::test]
async fn the_root_of_a_stranger_shows_nothing_and_is_no_access() {
    let body = r#"<d:multistatus xmlns:d="DAV:"><d:response><d:href>/remote.php/dav/files/carol/</d:href><d:propstat><d:prop>
        <d:resourcetype><d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
        </d:multistatus>"#;
    let server = Server::start(move |_, _| Reply::xml(207, body)).await;
    let files = server.client();
    assert_eq!(
        files
            .files()
            .stat(&FilePath::root())
            .await
            .expect_err("no access")
            .code(),
        "forbidden"
    );
    let listing = files.files().list(&FilePath::root(), &ListOptions::default()).await;
    assert_eq!(listing.expect_err("no access").code(), "forbidden");
}

#[tokio::test]
async fn an_unreachable_host_is_told_soon() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = listener.local_addr().expect("address");
    drop(listener);
    for base in [format!("http://{address}"), "http://no-such-host.invalid".to_owned()] {
        let mut config = ClientConfig::new(BaseUrl::parse(&base).expect("base"));
        config.proxy_from_environment = false;
        let client = nextcloud(config).client(credential("carol"));
        let error = client.user().await.expect_err("unreachable");
        assert!(
            matches!(
                error,
                Error::Unreachable {
                    kind: TransportFailure::Connect,
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!(error.to_string(), "Nextcloud cannot be reached: no connection");
        assert!(!client.is_rejected());
    }
}

#[tokio::test]
async fn a_connection_that_ends_without_answer_is_tried_once_more_for_reads_only() {
    let server = Server::start(|_, number| match number {
        0 => Reply::hang_up(),
        _ => Reply::json(200, r#"{"notesPath":"Notes"}"#),
    })
    .await;
    server.client().notes().settings().await.expect("the second try");
    assert_eq!(server.seen().len(), 2);

    let server = Server::start(|_, _| Reply::hang_up()).await;
    let client = server.client();
    let error = client.notes().create(&NewNote::default()).await.expect_err("open");
    assert_eq!(
        error.to_string(),
        "the answer got lost, so it is not known whether the new note was changed; check it before trying again"
    );
    assert_eq!(
        client.files().delete(&path("/a"), None).await.expect_err("open").code(),
        "outcome_unknown"
    );
    assert_eq!(server.seen().len(), 2, "no write is sent twice");
}

#[tokio::test]
async fn a_write_whose_report_is_garbage_is_not_called_a_failure() {
    for reply in [
        Reply::html(200),
        Reply::json(200, ""),
        Reply::head(200, &[("content-length", "99")]).then("{").closing(),
    ] {
        let server = Server::start(move |_, _| reply.clone()).await;
        let error = server
            .client()
            .notes()
            .create(&NewNote::default())
            .await
            .expect_err("open");
        assert_eq!(error.code(), "outcome_unknown");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn silence_ends_after_the_timeouts() {
    let server = Server::start(|seen, _| match seen.target.as_str() {
        target if target.contains("/notes/1") => Reply::head(200, &[("content-length", "99")]).then("{"),
        _ => Reply::silence(),
    })
    .await;
    let mut config = server.config();
    config.timeouts.response = Duration::from_millis(200);
    config.timeouts.idle = Duration::from_millis(200);
    let client = nextcloud(config).client(credential("carol"));
    let error = client.notes().settings().await.expect_err("no head");
    assert_eq!(
        error.to_string(),
        "Nextcloud did not answer in time for the settings of Notes"
    );
    let error = client.notes().get(NoteId(1)).await.expect_err("no body");
    assert_eq!(error.code(), "timeout");
    let error = client.notes().delete(NoteId(2)).await.expect_err("no answer");
    assert_eq!(error.code(), "outcome_unknown");
}

#[tokio::test]
async fn a_huge_answer_is_cut_off_before_it_fills_the_memory() {
    let server = Server::start(|_, _| Reply::json(200, format!("[{}1]", "1,".repeat(100_000)))).await;
    let mut config = server.config();
    config.limits.answer_bytes = 64 * 1024;
    let client = nextcloud(config).client(credential("carol"));
    let error = client.notes().settings().await.expect_err("too large");
    assert!(error.to_string().contains("larger than 65536 bytes"), "{error}");
}

#[tokio::test]
async fn redirects_on_the_same_host_are_followed_for_reads_up_to_three_times() {
    let server = Server::start(|_, number| match number {
        0..3 => Reply::new(301, &[("location", &format!("/hop{number}"))], ""),
        _ => Reply::json(200, r#"{"notesPath":"Notes"}"#),
    })
    .await;
    server.client().notes().settings().await.expect("the fourth place");
    assert_eq!(server.seen().len(), 4);
    let server = Server::start(|_, _| Reply::new(302, &[("location", "/again")], "")).await;
    assert_eq!(
        server.client().notes().settings().await.expect_err("endless").code(),
        "moved"
    );
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_redirect_to_another_host_is_an_error_and_the_credential_stays_here() {
    let other = Server::start_raw(|_, _| Reply::json(200, "{}")).await;
    let address = other.address;
    for place in [
        format!("http://{address}/index.php/apps/notes/api/v1/settings"),
        format!("//{address}/x"),
        "ftp://x/".to_owned(),
    ] {
        let server = Server::start(move |_, _| Reply::new(307, &[("location", &place)], "")).await;
        let client = server.client();
        let error = client.notes().settings().await.expect_err("moved");
        assert_eq!(error.code(), "moved");
        assert_eq!(
            client.files().stat(&path("/a")).await.expect_err("moved").code(),
            "moved"
        );
    }
    assert_eq!(other.all_seen().len(), 0, "nothing went there, so no credential did");
}

#[tokio::test]
async fn a_redirected_write_is_an_error_that_shows_the_right_address() {
    let server = Server::start(|seen, _| {
        let place = format!("https://cloud.example.org{}", seen.target);
        Reply::new(301, &[("location", &place)], "")
    })
    .await;
    let client = server.client();
    let errors = [
        client.notes().create(&NewNote::default()).await.map(drop),
        client.files().delete(&path("/a"), None).await,
        client
            .files()
            .list(&FilePath::root(), &ListOptions::default())
            .await
            .map(drop),
    ];
    for error in errors {
        let text = error.expect_err("moved").to_string();
        assert_eq!(
            text,
            "Nextcloud lives at another address, https://cloud.example.org; correct the configured one"
        );
    }
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn below_a_subpath_no_prefix_is_lost_or_doubled() {
    let server = Server::start_raw(|seen, _| {
        assert!(seen.target.starts_with("/cloud/") && !seen.target.starts_with("/cloud/cloud"), "{}", seen.target);
        if seen.target.contains("/cloud/user") {
            return crate::scripted::account("carol");
        }
        let entry = |href: &str, kind: &str| {
            format!(
                "<d:response><d:href>/cloud/remote.php/dav/files/carol/{href}</d:href><d:propstat><d:prop><oc:fileid>1</oc:fileid>\
                 <d:resourcetype>{kind}</d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
            )
        };
        let head = r#"<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">"#;
        // The folder comes last and without its slash: some servers do so.
        let listing = format!("{head}{}{}</d:multistatus>", entry("Docs/a.txt", ""), entry("Docs", "<d:collection/>"));
        match seen.method.as_str() {
            "PROPFIND" => Reply::xml(207, listing),
            _ => Reply::new(201, &[], ""),
        }
    })
    .await;
    let base = BaseUrl::parse(&format!("http://{}/cloud/index.php/", server.address)).expect("base");
    let mut config = ClientConfig::new(base);
    config.proxy_from_environment = false;
    let client = nextcloud(config).client(credential("carol"));
    let listing = client
        .files()
        .list(&path("/Docs"), &ListOptions::default())
        .await
        .expect("listing");
    assert_eq!(listing.folder.path, path("/Docs"));
    assert_eq!(listing.entries[0].path, path("/Docs/a.txt"));
    client
        .files()
        .copy_to(&path("/Docs/a.txt"), &path("/Docs/ü.txt"), nc_client::Overwrite::Never)
        .await
        .expect("copied");
    let copy = server.seen().pop().expect("copy");
    assert_eq!(copy.line(), "COPY /cloud/remote.php/dav/files/carol/Docs/a.txt");
    assert_eq!(
        copy.header("destination"),
        Some("/cloud/remote.php/dav/files/carol/Docs/%C3%BC.txt")
    );
    assert_eq!(copy.header("overwrite"), Some("F"));
    assert_eq!(
        client.web_url(nc_client::WebPage::Note(NoteId(7))).path(),
        "/cloud/index.php/apps/notes/note/7"
    );
    assert_eq!(
        client.web_url(nc_client::WebPage::File(nc_client::FileId(9))).path(),
        "/cloud/index.php/f/9"
    );
}
