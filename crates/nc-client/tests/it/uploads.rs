//! Uploads in parts: each condition holds, and nothing is left behind.

use bytes::Bytes;
use futures_util::stream;
use nc_client::{Body, BoxError, Client, ETag, Error, FilePath, UploadPolicy, WriteMode, WriteOptions, Written};

use crate::scripted::{Reply, Seen, Server, credential, nextcloud};

const PART: usize = 5 * 1024 * 1024;

fn path() -> FilePath {
    FilePath::parse("/Docs/größer #1.bin").expect("path")
}

fn client(server: &Server) -> Client {
    let mut config = server.config();
    config.upload = UploadPolicy {
        whole_up_to_bytes: 1024,
        part_bytes: PART as u64,
    };
    nextcloud(config).client(credential("carol"))
}

fn entry(etag: &str) -> Reply {
    Reply::xml(
        207,
        format!(
            r#"<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:response>
            <d:href>/remote.php/dav/files/carol/Docs/gr%c3%b6%c3%9fer%20%231.bin</d:href><d:propstat><d:prop>
            <oc:fileid>5</oc:fileid><d:getetag>&quot;{etag}&quot;</d:getetag></d:prop>
            <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"#
        ),
    )
}

/// A server that takes uploads; `present` is the version of the file that is there.
fn takes(present: Option<&'static str>) -> impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static {
    move |seen, _| match (seen.method.as_str(), present) {
        ("PROPFIND", Some(etag)) => entry(etag),
        ("PROPFIND", None) => Reply::xml(404, ""),
        ("MOVE", _) => Reply::new(201, &[("oc-etag", "\"new\""), ("oc-fileid", "00000042oc123abc")], ""),
        ("DELETE", _) => Reply::new(204, &[], ""),
        ("GET", _) => Reply::json(404, ""),
        _ => Reply::new(201, &[], ""),
    }
}

async fn write(client: &Client, content: impl Into<Body>, mode: WriteMode) -> Result<Written, Error> {
    client
        .files()
        .write(&path(), content, &mode, &WriteOptions::default())
        .await
}

fn lines(server: &Server) -> Vec<String> {
    let short = |seen: &Seen| {
        let mut parts = seen.target.splitn(6, '/').skip(3);
        let (kind, last) = (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default());
        let last = last.split_once('/').map_or("", |(_, last)| last);
        format!("{} {kind} {last}", seen.method)
    };
    server
        .seen()
        .iter()
        .filter(|seen| seen.target.contains("/dav/"))
        .map(short)
        .collect()
}

#[tokio::test]
async fn a_stream_of_unknown_length_goes_in_parts_of_even_size() {
    let server = Server::start(takes(None)).await;
    let pieces = (0..11).map(|_| Ok::<_, BoxError>(Bytes::from(vec![b'x'; 1 << 20])));
    let content = Body::stream(stream::iter(pieces), None);
    let written = write(&client(&server), content, WriteMode::Overwrite)
        .await
        .expect("written");
    assert_eq!((written.size, written.created), (11 << 20, true));
    assert_eq!(written.file_id.expect("id").0, 42);
    let expected = [
        "MKCOL uploads ",
        "PUT uploads 00001",
        "PUT uploads 00002",
        "PUT uploads 00003",
        "MOVE uploads .file",
    ];
    assert_eq!(lines(&server), expected);
    let seen: Vec<Seen> = server
        .seen()
        .into_iter()
        .filter(|seen| seen.target.contains("/dav/"))
        .collect();
    assert_eq!(
        seen.iter().map(|seen| seen.body.len()).collect::<Vec<_>>(),
        [0, PART, PART, 1 << 20, 0]
    );
    let target = "/remote.php/dav/files/carol/Docs/gr%C3%B6%C3%9Fer%20%231.bin";
    assert!(seen.iter().all(|seen| seen.header("destination") == Some(target)));
    assert_eq!(seen[4].header("oc-total-length"), Some("11534336"));
    assert_eq!(seen[4].header("overwrite"), Some("T"));
}

#[tokio::test]
async fn a_file_that_is_there_is_found_out_before_anything_is_sent() {
    let server = Server::start(takes(Some("old"))).await;
    let client = client(&server);
    let error = write(&client, vec![0; 4096], WriteMode::CreateNew)
        .await
        .expect_err("there");
    assert_eq!(error.code(), "already_exists");
    let other = WriteMode::Replace(ETag::parse("other").expect("etag"));
    let error = write(&client, vec![0; 4096], other).await.expect_err("changed");
    let Error::Conflict { current, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(current.etag, ETag::parse("old"));
    assert!(
        lines(&server).iter().all(|line| line.starts_with("PROPFIND files")),
        "{:?}",
        lines(&server)
    );
}

#[tokio::test]
async fn the_condition_travels_with_the_last_step() {
    let server = Server::start(takes(Some("old"))).await;
    let mode = WriteMode::Replace(ETag::parse("old").expect("etag"));
    write(&client(&server), vec![0; 4096], mode).await.expect("written");
    let seen = server.seen().pop().expect("move");
    let target = "/remote.php/dav/files/carol/Docs/gr%C3%B6%C3%9Fer%20%231.bin";
    assert_eq!(seen.header("if"), Some(&*format!("<{target}> ([\"old\"])")));

    let server = Server::start(takes(None)).await;
    write(&client(&server), vec![0; 4096], WriteMode::CreateNew)
        .await
        .expect("written");
    assert_eq!(server.seen().pop().expect("move").header("overwrite"), Some("F"));
}

#[tokio::test]
async fn an_upload_that_fails_takes_its_parts_away() {
    let server = Server::start(|seen, _| match seen.method.as_str() {
        "PUT" => Reply::xml(507, ""),
        "PROPFIND" => Reply::xml(404, ""),
        "DELETE" => Reply::new(204, &[], ""),
        "GET" => Reply::json(404, ""),
        _ => Reply::new(201, &[], ""),
    })
    .await;
    let error = write(&client(&server), vec![0; 4096], WriteMode::Overwrite)
        .await
        .expect_err("full");
    assert_eq!(error.code(), "quota_exceeded");
    let lines = lines(&server);
    assert_eq!(
        lines[..3],
        ["MKCOL uploads ", "PUT uploads 00001", "DELETE uploads "],
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_source_that_breaks_off_stores_nothing() {
    let server = Server::start(takes(None)).await;
    let pieces = [Ok(Bytes::from_static(b"abc")), Err(BoxError::from("the disk is gone"))];
    let content = Body::stream(stream::iter(pieces), None);
    let error = write(&client(&server), content, WriteMode::Overwrite)
        .await
        .expect_err("broken");
    assert_eq!(error.to_string(), "content: it could not be read: the disk is gone");
    assert_eq!(lines(&server), ["MKCOL uploads ", "DELETE uploads "]);

    let server = Server::start(takes(None)).await;
    let content = Body::stream(
        stream::iter([Ok::<_, BoxError>(Bytes::from_static(b"abc"))]),
        Some(5_000),
    );
    let error = write(&client(&server), content, WriteMode::Overwrite)
        .await
        .expect_err("short");
    assert_eq!(error.to_string(), "content: it ended after 3 of 5000 bytes");
    assert_eq!(
        lines(&server),
        ["MKCOL uploads ", "PUT uploads 00001", "DELETE uploads "]
    );
}

#[tokio::test]
async fn missing_folders_are_made_from_the_outermost() {
    let made = std::sync::Mutex::new(vec!["/remote.php/dav/files/carol".to_owned()]);
    let server = Server::start(move |seen, _| match seen.method.as_str() {
        "MKCOL" => {
            let mut made = made.lock().expect("lock");
            let (parent, _) = seen.target.rsplit_once('/').expect("parent");
            if !made.contains(&parent.to_owned()) {
                return Reply::xml(409, "");
            }
            made.push(seen.target.clone());
            Reply::new(201, &[], "")
        }
        _ => Reply::xml(404, ""),
    })
    .await;
    let client = server.client();
    let deep = FilePath::parse("/a/b/c").expect("path");
    let error = client
        .files()
        .create_directory(&deep, false)
        .await
        .expect_err("missing");
    assert_eq!(error.to_string(), "the folder \"/a/b\" was not found");
    assert_eq!(
        client.files().create_directory(&deep, true).await.expect("made"),
        nc_client::Made::New
    );
}
