//! Names as people give them: sent once encoded, never decoded, and found in either Unicode form.

use nc_client::{FilePath, ReadOptions, WriteMode, WriteOptions};

use crate::scripted::{Reply, Server};

const TAG: (&str, &str) = ("etag", "\"v\"");

#[tokio::test]
async fn odd_names_are_sent_encoded_exactly_once() {
    let cases = [
        ("100% sure.txt", "100%25%20sure.txt"),
        ("a%20b.txt", "a%2520b.txt"),
        ("issue #1.txt", "issue%20%231.txt"),
        ("why?.txt", "why%3F.txt"),
        ("a & b.txt", "a%20%26%20b.txt"),
        ("1+1=2.txt", "1%2B1%3D2.txt"),
        ("Übung.txt", "%C3%9Cbung.txt"),
        ("U\u{308}bung.txt", "U%CC%88bung.txt"),
        ("party 🎉.txt", "party%20%F0%9F%8E%89.txt"),
        ("\"it's\".txt", "%22it%27s%22.txt"),
        ("space ", "space%20"),
        ("a;b,c:d|e*f", "a%3Bb%2Cc%3Ad%7Ce%2Af"),
        ("~me@home$", "~me%40home%24"),
        ("%2e%2e", "%252e%252e"),
        ("\\", "%5C"),
    ];
    let server = Server::start(|_, _| Reply::new(201, &[TAG, ("oc-fileid", "00000001oc")], "")).await;
    let client = server.client();
    for (name, _) in cases {
        let path = FilePath::root().join(name).expect(name);
        let options = WriteOptions::default();
        client
            .files()
            .write(&path, "x".to_owned(), &WriteMode::CreateNew, &options)
            .await
            .expect(name);
    }
    for (seen, (name, encoded)) in server.seen().iter().zip(cases) {
        assert_eq!(
            seen.line(),
            format!("PUT /remote.php/dav/files/carol/{encoded}"),
            "{name}"
        );
        assert_eq!(seen.header("if-none-match"), Some("*"));
        assert_eq!(seen.body, b"x");
    }
}

#[tokio::test]
async fn names_that_cannot_exist_never_leave_this_program() {
    let server = Server::start(|_, _| Reply::new(201, &[], "")).await;
    for name in ["..", "a/../../dave/x", ".", "a\0b", "a\nb", "a\u{7f}", &"ü".repeat(126)] {
        let error = FilePath::parse(name).expect_err(name);
        assert_eq!(error.code(), "invalid_input");
    }
    assert_eq!(server.all_seen().len(), 0);
}

#[tokio::test]
async fn a_name_that_is_not_found_is_looked_for_in_its_other_unicode_form_once() {
    for (asked, stored) in [
        ("/Übung.txt", "U%CC%88bung.txt"),
        ("/U\u{308}bung.txt", "%C3%9Cbung.txt"),
    ] {
        let server = Server::start(move |seen, _| {
            if seen.target.ends_with(stored) {
                Reply::new(200, &[TAG], "found")
            } else {
                Reply::xml(404, "")
            }
        })
        .await;
        let path = FilePath::parse(asked).expect(asked);
        let slice = server
            .client()
            .files()
            .read(&path, &ReadOptions::default())
            .await
            .expect(asked);
        assert_eq!(&slice.bytes[..], b"found");
        assert_ne!(slice.path, path, "the stored name is reported");
        assert_eq!(server.seen().len(), 2);
    }
    let server = Server::start(|_, _| Reply::xml(404, "")).await;
    let path = FilePath::parse("/Übung.txt").expect("path");
    let error = server.client().files().delete(&path, None).await.expect_err("missing");
    assert_eq!(
        error.to_string(),
        "\"/Übung.txt\" was not found",
        "the name that was asked for"
    );
    assert_eq!(server.seen().len(), 2);
}
