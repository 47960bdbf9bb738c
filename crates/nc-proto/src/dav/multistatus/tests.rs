use proptest::prelude::*;

use super::*;
use crate::dav::DavPath;

fn entry(name: &str, size: u64) -> Response {
    let href = DavPath::from_names(["remote.php", "dav", "files", "carol", name]).encode();
    let found = vec![
        Element::text(props::DISPLAYNAME, name),
        Element::text(props::SIZE, size.to_string()),
        Element::new(props::RESOURCETYPE),
    ];
    let missing = vec![Element::new(props::NOTE), Element::new(Name::new("http://x/", "odd"))];
    Response::of_props(href, vec![PropStat::new(200, found), PropStat::new(404, missing)])
}

#[test]
fn a_recorded_answer_is_understood() {
    let body = br#"<?xml version="1.0"?>
<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:response><d:href>/remote.php/dav/files/carol/Docs/</d:href>
<d:propstat><d:prop><d:getlastmodified>Sat, 21 Nov 2026 01:53:01 GMT</d:getlastmodified><d:getetag>&quot;6b00f97d1f541&quot;</d:getetag>
<d:resourcetype><d:collection/></d:resourcetype><oc:fileid>1213</oc:fileid><oc:size>-1</oc:size></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
<d:propstat><d:prop><d:getcontentlength/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response></d:multistatus>
"#;
    let answer = Multistatus::parse(body).unwrap();
    let [folder] = answer.responses.as_slice() else {
        panic!("one entry")
    };
    assert!(folder.is_collection());
    assert_eq!(folder.prop_number::<i64>(&props::SIZE), Some(-1));
    assert_eq!(folder.prop_text(&props::GETETAG).as_deref(), Some("\"6b00f97d1f541\""));
    assert_eq!(folder.prop(&props::GETCONTENTLENGTH), None);
    assert_eq!(folder.last_modified().unwrap().unix_timestamp(), 1_795_225_981);
    assert_eq!(DavPath::decode(&folder.href).unwrap().name(), Some("Docs"));
}

#[test]
fn an_empty_answer_is_whole_but_a_cut_one_is_not() {
    let empty = b"<d:multistatus xmlns:d=\"DAV:\"/>";
    assert_eq!(Multistatus::parse(empty), Ok(Multistatus::default()));
    let whole = Multistatus {
        responses: vec![entry("a", 1)],
        sync_token: Some("t".to_owned()),
    }
    .to_document();
    for cut in 0..whole.len() {
        assert!(Multistatus::parse(&whole[..cut]).is_err(), "cut at {cut}");
    }
    assert!(Multistatus::parse(&whole).is_ok());
}

#[test]
fn what_is_no_multistatus_is_an_error() {
    for body in [
        "<html><body>Log in</body></html>",
        "{\"a\":1}",
        "",
        "<!DOCTYPE html><html/>",
        "<d:error xmlns:d='DAV:'/>",
        "<d:multistatus xmlns:d='DAV:'>text</d:multistatus>",
        "<d:multistatus xmlns:d='DAV:'><d:response/></d:multistatus>",
        "<d:multistatus xmlns:d='DAV:'/><d:multistatus xmlns:d='DAV:'/>",
        "<d:multistatus xmlns:d='DAV:'/>x",
    ] {
        assert!(Multistatus::parse(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn a_hundred_thousand_entries_are_read_in_pieces() {
    let mut writer = MultistatusWriter::default();
    let mut reader = MultistatusReader::default();
    let mut read = 0u64;
    for number in 0..100_000 {
        writer.response(&entry("näme", number));
        if writer.pending_bytes() > 10_000 {
            reader.feed(&writer.take());
            while let Some(response) = reader.next_response().unwrap() {
                assert_eq!(response.prop_number(&props::SIZE), Some(read));
                read += 1;
            }
            assert!(reader.pending_bytes() < 10_000);
        }
    }
    reader.feed(&writer.finish(None));
    while reader.next_response().unwrap().is_some() {
        read += 1;
    }
    assert_eq!(reader.finish(), Ok(None));
    assert_eq!(read, 100_000);
}

proptest! {
    #[test]
    fn an_answer_survives_any_cutting(
        names in proptest::collection::vec("[^/\\p{Cc}\u{fffe}\u{ffff}]{1,20}", 0..6),
        piece in 1usize..40,
        token in proptest::option::of("[a-z]{1,9}"),
    ) {
        let responses: Vec<Response> = names.iter().map(|name| entry(name, 7)).collect();
        let answer = Multistatus { responses, sync_token: token };
        let mut reader = MultistatusReader::default();
        let mut read = Vec::new();
        for bytes in answer.to_document().chunks(piece) {
            reader.feed(bytes);
            while let Some(response) = reader.next_response().unwrap() {
                read.push(response);
            }
        }
        prop_assert_eq!(reader.finish().unwrap(), answer.sync_token);
        prop_assert_eq!(read, answer.responses);
    }
}
