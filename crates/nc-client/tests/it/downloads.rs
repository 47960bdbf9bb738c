//! Reading files: whole or not at all, compressed or not, of any size.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use nc_client::{Body, ETag, FilePath, ListOptions, PendingAnswer, ReadOptions, Transport};

use crate::scripted::{Reply, Server, credential, nextcloud};

const ETAG: (&str, &str) = ("etag", "\"v1\"");

fn path(text: &str) -> FilePath {
    FilePath::parse(text).expect("path")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("written");
    encoder.finish().expect("finished")
}

/// Answers with the part of `content` that is asked for.
fn ranged(content: &[u8], range: &str) -> Reply {
    let (start, end) = range
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
        .expect("range");
    let start: usize = start.parse().expect("start");
    if start >= content.len() {
        return Reply::xml(416, "");
    }
    let end = end.parse::<usize>().expect("end").min(content.len() - 1);
    let part = format!("bytes {start}-{end}/{}", content.len());
    Reply::new(206, &[ETAG, ("content-range", &part)], &content[start..=end])
}

#[tokio::test]
async fn parts_of_a_file_add_up_to_it_and_carry_its_version() {
    let content: Vec<u8> = (0..10_000_u32).flat_map(u32::to_be_bytes).collect();
    let expected = content.clone();
    let server = Server::start(move |seen, _| ranged(&content, seen.header("range").expect("range"))).await;
    let client = server.client();
    let mut read = Vec::new();
    let mut options = ReadOptions {
        offset: 0,
        max_bytes: 7_000,
        etag: None,
    };
    loop {
        let slice = client.files().read(&path("/a.bin"), &options).await.expect("slice");
        assert_eq!((slice.offset, slice.total_size), (options.offset, 40_000));
        read.extend_from_slice(&slice.bytes);
        let Some(next) = slice.next_offset else { break };
        options = ReadOptions {
            offset: next,
            etag: slice.etag,
            ..options
        };
    }
    assert_eq!(read, expected);
    let seen = server.seen();
    assert_eq!(seen.len(), 6);
    assert_eq!(seen[0].header("if-match"), None);
    assert!(seen[1..].iter().all(|seen| seen.header("if-match") == Some("\"v1\"")));
    assert!(
        seen.iter()
            .all(|seen| seen.header("accept-encoding") == Some("identity"))
    );
}

#[tokio::test]
async fn another_version_between_two_parts_is_a_conflict() {
    let server = Server::start(|_, _| Reply::new(412, &[("etag", "\"v2\"")], "")).await;
    let options = ReadOptions {
        offset: 10,
        max_bytes: 10,
        etag: ETag::parse("v1"),
    };
    let error = server
        .client()
        .files()
        .read(&path("/a"), &options)
        .await
        .expect_err("changed");
    assert_eq!(
        error.to_string(),
        "\"/a\" changed since it was read; read it again, then retry (its etag is now v2)"
    );
}

#[tokio::test]
async fn a_part_that_was_not_asked_for_is_an_error() {
    let server = Server::start(|_, _| Reply::new(206, &[ETAG, ("content-range", "bytes 5-9/10")], "56789")).await;
    let error = server
        .client()
        .files()
        .read(&path("/a"), &ReadOptions::default())
        .await
        .expect_err("wrong part");
    assert_eq!(error.code(), "bad_answer");
}

#[tokio::test]
async fn a_gigabyte_asked_for_as_text_costs_no_more_than_the_part() {
    // The server ignores the range, announces a gigabyte and sends until it is told to stop.
    let server = Server::start(|_, _| {
        let head = Reply::head(
            200,
            &[ETAG, ("content-length", "1073741824"), ("content-type", "text/plain")],
        );
        head.then(vec![b'x'; 4 << 20]).closing()
    })
    .await;
    let options = ReadOptions {
        offset: 1_000,
        max_bytes: 2_000,
        etag: None,
    };
    let slice = server
        .client()
        .files()
        .read(&path("/big.txt"), &options)
        .await
        .expect("slice");
    assert_eq!(
        (slice.bytes.len(), slice.total_size, slice.next_offset),
        (2_000, 1 << 30, Some(3_000))
    );
}

#[tokio::test]
async fn a_body_shorter_than_announced_is_tried_once_more_and_never_returned() {
    let short = || {
        Reply::head(
            206,
            &[ETAG, ("content-range", "bytes 0-9/10"), ("content-length", "10")],
        )
        .then("01234")
        .closing()
    };
    let server = Server::start(move |_, number| match number {
        0 => short(),
        _ => Reply::new(206, &[ETAG, ("content-range", "bytes 0-9/10")], "0123456789"),
    })
    .await;
    let slice = server
        .client()
        .files()
        .read(&path("/a"), &ReadOptions::default())
        .await
        .expect("the second try");
    assert_eq!(&slice.bytes[..], b"0123456789");
    let seen = server.seen();
    assert_ne!(seen[0].connection, seen[1].connection, "a fresh connection");

    let server = Server::start(move |_, _| short()).await;
    let client = server.client();
    let error = client
        .files()
        .read(&path("/a"), &ReadOptions::default())
        .await
        .expect_err("short");
    assert!(error.to_string().contains("it broke off before its end"), "{error}");
    assert_eq!(server.seen().len(), 2);

    let server = Server::start(|_, _| {
        Reply::head(200, &[ETAG, ("content-length", "10")])
            .then("01234")
            .closing()
    })
    .await;
    let mut download = server.client().files().download(&path("/a")).await.expect("head");
    let mut result = download.next().await;
    while let Ok(Some(_)) = result {
        result = download.next().await;
    }
    assert_eq!(result.expect_err("short").code(), "bad_answer");
}

#[tokio::test]
async fn compressed_answers_of_a_megabyte_are_whole_although_the_announced_length_is_another() {
    let text = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. ".repeat(16_000);
    assert!(text.len() > 1 << 20);
    let note = format!(r#"{{"id":1,"title":"T","content":"{text}","etag":"e"}}"#);
    let (zipped_note, zipped_text, plain) = (gzip(note.as_bytes()), gzip(text.as_bytes()), text.clone());
    let server = Server::start(move |seen, _| {
        let json = ("content-type", "application/json");
        match seen.target.as_str() {
            target if target.ends_with("/notes/1") => {
                let accepted = seen.header("accept-encoding").expect("asked for");
                assert!(accepted.contains("gzip") && accepted.contains("br"), "{accepted}");
                Reply::new(200, &[json, ("content-encoding", "gzip")], &zipped_note)
            }
            target if target.ends_with("/notes/2") => Reply::new(200, &[json], &note),
            // A proxy that compresses although it should not.
            target if target.ends_with("/zipped.txt") => {
                Reply::new(200, &[ETAG, ("content-encoding", "gzip")], &zipped_text)
            }
            _ => Reply::new(200, &[ETAG], &plain),
        }
    })
    .await;
    let client = server.client();
    for id in [1, 2] {
        assert!(client.notes().get(nc_client::NoteId(id)).await.expect("note").content == text);
    }
    for name in ["/plain.txt", "/zipped.txt"] {
        let mut download = client.files().download(&path(name)).await.expect("head");
        let mut bytes = Vec::new();
        while let Some(piece) = download.next().await.expect("piece") {
            bytes.extend_from_slice(&piece);
        }
        assert!(bytes == text.as_bytes(), "{name}: {} bytes", bytes.len());
    }
}

#[tokio::test]
async fn a_compressed_answer_that_breaks_off_is_an_error() {
    let zipped = gzip(&b"[1,2,3]".repeat(10_000));
    let server = Server::start(move |_, _| {
        let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
        Reply::new(200, &headers, &zipped[..zipped.len() / 2])
    })
    .await;
    let error = server.client().notes().settings().await.expect_err("cut");
    assert_eq!(error.code(), "bad_answer");
}

#[tokio::test]
async fn a_bomb_is_stopped_at_the_limit() {
    let bomb = gzip(&vec![b' '; 8 << 20]);
    assert!(bomb.len() < 64 * 1024);
    let server = Server::start(move |_, _| {
        Reply::new(
            200,
            &[("content-type", "application/json"), ("content-encoding", "gzip")],
            &bomb,
        )
    })
    .await;
    let mut config = server.config();
    config.limits.answer_bytes = 1 << 20;
    let error = nextcloud(config)
        .client(credential("carol"))
        .notes()
        .settings()
        .await
        .expect_err("bomb");
    assert!(error.to_string().contains("larger than"), "{error}");
}

/// A piece that counts itself while it is alive.
struct Piece(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.1.fetch_sub(self.0.len(), Ordering::SeqCst);
    }
}

/// Answers with pieces that are made when they are asked for, and remembers the most bytes that were alive at once.
struct Lazy {
    status: u16,
    pieces: usize,
    piece: fn(usize) -> Vec<u8>,
    alive: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Lazy {
    fn start(status: u16, pieces: usize, piece: fn(usize) -> Vec<u8>) -> Arc<Self> {
        let (alive, most) = (Arc::default(), Arc::default());
        Arc::new(Self {
            status,
            pieces,
            piece,
            alive,
            most,
        })
    }

    fn most_alive(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

impl Transport for Lazy {
    fn send(&self, request: http::Request<Body>) -> PendingAnswer<'_> {
        let mut response = http::Response::builder();
        let body = if request.uri().path().ends_with("/cloud/user") {
            response = response.header("content-type", "application/json");
            Body::from(r#"{"ocs":{"meta":{"status":"ok","statuscode":200},"data":{"id":"carol"}}}"#.to_owned())
        } else {
            response = response.status(self.status).header("etag", "\"v1\"");
            let (make, alive, most) = (self.piece, Arc::clone(&self.alive), Arc::clone(&self.most));
            let pieces = futures_util::stream::iter((0..self.pieces).map(move |number| {
                let bytes = make(number);
                let now = alive.fetch_add(bytes.len(), Ordering::SeqCst) + bytes.len();
                most.fetch_max(now, Ordering::SeqCst);
                Ok::<_, nc_client::BoxError>(Bytes::from_owner(Piece(bytes, Arc::clone(&alive))))
            }));
            Body::stream(pieces, None)
        };
        Box::pin(std::future::ready(Ok(response.body(body).expect("response"))))
    }
}

#[tokio::test]
async fn a_download_of_any_size_keeps_one_piece_in_memory() {
    const PIECE: usize = 256 * 1024;
    let lazy = Lazy::start(200, 4096, |_| vec![b'x'; PIECE]);
    let client = crate::trouble::client_over(Arc::clone(&lazy) as Arc<dyn Transport>);
    let mut download = client.files().download(&path("/big.bin")).await.expect("head");
    let mut bytes = 0;
    while let Some(piece) = download.next().await.expect("piece") {
        bytes += piece.len();
    }
    assert_eq!(bytes, 1 << 30);
    assert!(
        lazy.most_alive() <= 2 * PIECE,
        "{} bytes were alive at once",
        lazy.most_alive()
    );
}

fn entry(href: &str, kind: &str) -> String {
    format!(
        "<d:response><d:href>/remote.php/dav/files/carol/{href}</d:href><d:propstat><d:prop><oc:fileid>7</oc:fileid>\
         <d:resourcetype>{kind}</d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
}

#[tokio::test]
async fn a_folder_of_a_hundred_thousand_entries_is_paged_through_piece_by_piece() {
    // 1,000 pieces of 100 entries.
    let lazy = Lazy::start(207, 1_002, |number| {
        let head = r#"<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">"#;
        let text = match number {
            0 => head.to_owned() + &entry("big/", "<d:collection/>"),
            1_001 => "</d:multistatus>".to_owned(),
            _ => (0..100)
                .map(|n| entry(&format!("big/{}.txt", (number - 1) * 100 + n), ""))
                .collect(),
        };
        text.into_bytes()
    });
    let client = crate::trouble::client_over(Arc::clone(&lazy) as Arc<dyn Transport>);
    let options = ListOptions {
        limit: 10,
        offset: 50_000,
    };
    let listing = client.files().list(&path("/big"), &options).await.expect("listing");
    assert_eq!((listing.total, listing.next_offset), (100_000, Some(50_010)));
    let names: Vec<&str> = listing.entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!((names.len(), names[0], names[9]), (10, "50000.txt", "50009.txt"));
    assert!(
        lazy.most_alive() < 128 * 1024,
        "{} bytes were alive at once",
        lazy.most_alive()
    );
}
