use nc_client::{
    ETag, Error, FileId, FileKind, FileOrder, FilePath, FileQuery, ListOptions, Made, NamePattern, Overwrite,
    Permissions, ReadOptions, SortKey, WriteMode, WriteOptions,
};

use crate::replay::{Replay, exchange};

fn path(text: &str) -> FilePath {
    FilePath::parse(text).expect("path")
}

fn etag(text: &str) -> ETag {
    ETag::parse(text).expect("etag")
}

fn body_of(name: &str) -> String {
    exchange("files", name)["request"]["body"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn the_root_is_told_from_what_is_in_it() {
    let (replay, client) = Replay::start("files", &["propfind-root-depth-1-empty"]);
    let listing = client
        .files()
        .list(&FilePath::root(), &ListOptions::default())
        .await
        .expect("listing");
    replay.done();
    assert!(listing.folder.path.is_root());
    assert_eq!(listing.folder.file_id, Some(FileId(787)));
    assert_eq!(listing.folder.owner_display_name.as_deref(), Some("Carol"));
    assert_eq!(
        listing
            .entries
            .iter()
            .map(|entry| entry.name.as_str())
            .collect::<Vec<_>>(),
        [".Collectives"]
    );
    assert_eq!((listing.total, listing.next_offset), (1, None));
}

#[tokio::test]
async fn a_folder_is_listed_with_all_that_is_known() {
    let (replay, client) = Replay::start("files", &["propfind-folder-depth-1"]);
    let listing = client
        .files()
        .list(&path("/Docs"), &ListOptions::default())
        .await
        .expect("listing");
    replay.done();
    assert_eq!(listing.folder.path, path("/Docs"));
    let find = |name: &str| {
        listing
            .entries
            .iter()
            .find(|entry| entry.name == name)
            .unwrap_or_else(|| panic!("{name}"))
    };
    let hello = find("hello.txt");
    assert_eq!(hello.kind, FileKind::File);
    assert_eq!(hello.content_type.as_deref(), Some("text/plain"));
    assert_eq!(hello.etag, Some(etag("334d5c3fe84a757c7327bea94bc05ae1")));
    assert!(hello.permissions.expect("permissions").allows(Permissions::WRITE));
    assert_eq!(hello.favorite, Some(false));
    assert_eq!(find("pixel.png").has_preview, Some(true));
    assert_eq!(find("empty.txt").size, Some(0));
    let sub = find("Sub");
    assert!(sub.is_directory() && sub.content_type.is_none());
    assert!(
        listing
            .entries
            .iter()
            .all(|entry| entry.path.is_in(&path("/Docs")) && entry.file_id.is_some())
    );
}

#[tokio::test]
async fn a_part_of_a_folder_says_where_the_next_begins() {
    let (replay, client) = Replay::start("files", &["propfind-folder-depth-1", "propfind-folder-depth-1"]);
    let list = async |limit, offset| {
        client
            .files()
            .list(&path("/Docs"), &ListOptions { limit, offset })
            .await
            .expect("part")
    };
    let first = list(3, 0).await;
    assert_eq!((first.entries.len(), first.next_offset), (3, Some(3)));
    let rest = list(1_000, 3).await;
    assert_eq!((rest.entries.len(), rest.next_offset), (first.total - 3, None));
    assert!(first.entries.iter().all(|entry| !rest.entries.contains(entry)));
    replay.done();
}

#[tokio::test]
async fn odd_names_come_back_as_they_are() {
    let (replay, client) = Replay::start("files", &["with ids odd-names-propfind"]);
    let listing = client.files().list(&path("/Odd"), &ListOptions::default()).await;
    replay.done();
    let names: Vec<String> = match listing {
        Ok(listing) => listing.entries.into_iter().map(|entry| entry.name).collect(),
        Err(error) => panic!("{error}"),
    };
    for name in [
        "\"it's\".txt",
        "100% sure.txt",
        "a%20b.txt",
        "issue #1.txt",
        "why?.txt",
        "a & b.txt",
        "1+1=2.txt",
        "<b>.txt",
        "space ",
        ".hidden",
        "dot.",
        "a:b|c*d.txt",
        "~me@home$.txt",
        "[x]{y}(z).txt",
        "Übung-nfc.txt",
        "party 🎉👩‍👩‍👧.txt",
        "two words  and more.txt",
    ] {
        assert!(
            names.iter().any(|known| known == name),
            "{name} is missing in {names:?}"
        );
    }
}

#[tokio::test]
async fn a_file_is_looked_at_and_a_missing_one_is_not_found() {
    let (replay, client) = Replay::start("files", &["propfind-file-checksum-and-mtime", "propfind-missing"]);
    let entry = client.files().stat(&path("/Docs/sum.txt")).await.expect("entry");
    assert_eq!((entry.size, entry.file_id), (Some(3), Some(FileId(1221))));
    assert_eq!(entry.last_modified.expect("time").unix_timestamp(), 1_700_000_000);
    let error = client.files().stat(&path("/none")).await.expect_err("missing");
    assert_eq!(error.code(), "not_found");
    assert!(error.to_string().starts_with("\"/none\" was not found"), "{error}");
    replay.done();
}

#[tokio::test]
async fn files_are_read_in_parts() {
    let (replay, client) = Replay::start("files", &["get-range-first-bytes", "get-missing"]);
    let options = ReadOptions {
        offset: 0,
        max_bytes: 4,
        etag: None,
    };
    let slice = client
        .files()
        .read(&path("/Docs/readme.md"), &options)
        .await
        .expect("slice");
    assert_eq!(
        (slice.bytes.len(), slice.total_size, slice.next_offset),
        (4, 27, Some(4))
    );
    assert_eq!(slice.etag, Some(etag("ec9713cbdb1eb35622f0a79aeb3bf1d7")));
    assert_eq!(slice.content_type.as_deref(), Some("text/markdown;charset=UTF-8"));
    let error = client
        .files()
        .download(&path("/Docs/none.txt"))
        .await
        .expect_err("missing");
    assert!(
        error.to_string().starts_with("\"/Docs/none.txt\" was not found"),
        "{error}"
    );
    replay.done();
}

#[tokio::test]
async fn behind_the_end_of_a_file_is_nothing_to_read() {
    let (replay, client) = Replay::start("files", &["get-range-unsatisfiable", "stat /Docs/readme.md"]);
    let options = ReadOptions {
        offset: 5_000,
        max_bytes: 1_001,
        etag: None,
    };
    let error = client
        .files()
        .read(&path("/Docs/readme.md"), &options)
        .await
        .expect_err("behind");
    assert_eq!(error.to_string(), "offset: it is behind the end; the file has 27 bytes");
    replay.done();
}

#[tokio::test]
async fn a_server_that_ignores_the_range_is_understood() {
    for (name, file, length) in [
        ("get-file", "/Docs/hello.txt", 6),
        ("get-binary-file", "/Docs/pixel.png", 70),
    ] {
        let (replay, client) = Replay::start("files", &[name]);
        let slice = client
            .files()
            .read(&path(file), &ReadOptions::default())
            .await
            .expect("slice");
        assert_eq!(
            (slice.bytes.len(), slice.offset, slice.next_offset),
            (length, 0, None),
            "{name}"
        );
        replay.done();
    }
}

#[tokio::test]
async fn an_empty_file_is_empty_and_a_folder_is_not_one() {
    let (replay, client) = Replay::start("files", &["get-zero-bytes"]);
    let slice = client
        .files()
        .read(&path("/Docs/empty.txt"), &ReadOptions::default())
        .await
        .expect("slice");
    assert_eq!((slice.bytes.len(), slice.total_size, slice.next_offset), (0, 0, None));
    replay.done();
    for reading in [true, false] {
        let (replay, client) = Replay::start("files", &["get-folder", "stat /Docs"]);
        let docs = path("/Docs");
        let error = if reading {
            client
                .files()
                .read(&docs, &ReadOptions::default())
                .await
                .expect_err("folder")
        } else {
            client.files().download(&docs).await.expect_err("folder")
        };
        assert_eq!(error.to_string(), "path: \"/Docs\" is a folder, not a file");
        replay.done();
    }
}

#[tokio::test]
async fn a_download_comes_in_pieces_to_its_end() {
    let (replay, client) = Replay::start("files", &["get-binary-file"]);
    let mut download = client
        .files()
        .download(&path("/Docs/pixel.png"))
        .await
        .expect("download");
    assert_eq!(download.content_type.as_deref(), Some("image/png"));
    let mut bytes = Vec::new();
    while let Some(piece) = download.next().await.expect("piece") {
        bytes.extend_from_slice(&piece);
    }
    assert!(bytes.starts_with(b"\x89PNG") && bytes.len() == 70);
    replay.done();
}

#[tokio::test]
async fn writes_say_what_they_did() {
    let names = [
        "put-if-none-match-star-new",
        "put-if-match-ok",
        "put-overwrite",
        "put-zero-bytes",
    ];
    let (replay, client) = Replay::start("files", &names);
    let write = async |file: &str, content: &str, mode: WriteMode| {
        let options = WriteOptions {
            content_type: Some("text/plain".to_owned()),
            ..WriteOptions::default()
        };
        client
            .files()
            .write(&path(file), content.to_owned(), &mode, &options)
            .await
            .expect("written")
    };
    let fresh = write(
        "/Docs/fresh.txt",
        &body_of("put-if-none-match-star-new"),
        WriteMode::CreateNew,
    )
    .await;
    assert!(fresh.created);
    assert_eq!(
        (fresh.file_id, fresh.etag),
        (Some(FileId(1219)), Some(etag("faa8f7f1894fae86228847b9db0b8684")))
    );
    let old = etag("409c3d297740f556f717bd5f22026202");
    let replaced = write("/Docs/hello.txt", "x", WriteMode::Replace(old)).await;
    assert_eq!((replaced.created, replaced.size), (false, 1));
    assert!(!write("/Docs/hello.txt", "x", WriteMode::Overwrite).await.created);
    assert_eq!(write("/Docs/empty.txt", "", WriteMode::Overwrite).await.size, 0);
    replay.done();
}

#[tokio::test]
async fn a_large_file_goes_in_parts_and_the_time_of_change_is_taken() {
    let names = [
        "chunked-v2-mkcol",
        "chunked-v2-put-chunk-1",
        "chunked-v2-put-chunk-2",
        "chunked-v2-move",
    ];
    let (replay, client) = Replay::start("files", &names);
    let mut content = vec![b'A'; 5 * 1024 * 1024];
    content.extend_from_slice(b"tail of the file\n");
    let mtime = time::OffsetDateTime::from_unix_timestamp(1_700_000_000).expect("time");
    let options = WriteOptions {
        mtime: Some(mtime),
        ..WriteOptions::default()
    };
    let big = path("/Docs/big.bin");
    let written = client
        .files()
        .write(&big, content, &WriteMode::Overwrite, &options)
        .await
        .expect("written");
    replay.done();
    assert_eq!(
        (written.created, written.size, written.file_id),
        (true, 5_242_897, Some(FileId(1292)))
    );
    assert_eq!(written.mtime_accepted, Some(true));
    assert_eq!(written.etag, Some(etag("6f5886dce4784319289cfbac1c95b25e")));
}

#[tokio::test]
async fn a_refused_write_shows_the_version_that_is_there() {
    let names = [
        "put-if-match-stale",
        "stat /Docs/hello.txt",
        "put-if-none-match-star-existing",
        "stat /Docs/hello.txt",
    ];
    let (replay, client) = Replay::start("files", &names);
    let hello = path("/Docs/hello.txt");
    let stale = WriteMode::Replace(etag("b4b11ee73cd787af9b110c7c82f2529c"));
    let write = async |mode| {
        client
            .files()
            .write(&hello, "lost update".to_owned(), &mode, &WriteOptions::default())
            .await
            .expect_err("refused")
    };
    let error = write(stale).await;
    let Error::Conflict { current, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(current.etag, Some(etag("334d5c3fe84a757c7327bea94bc05ae1")));
    let error = write(WriteMode::CreateNew).await;
    let Error::AlreadyExists { current, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(current.etag.is_some());
    assert_eq!(
        error.to_string(),
        "\"/Docs/hello.txt\" exists already; choose another name or allow replacing it"
    );
    replay.done();
}

#[tokio::test]
async fn missing_folders_are_named_or_made() {
    let (replay, client) = Replay::start("files", &["put-into-missing-folder", "put-auto-mkcol-header"]);
    let write = async |file: &str, create_parents| {
        let options = WriteOptions {
            create_parents,
            ..WriteOptions::default()
        };
        client
            .files()
            .write(&path(file), "x".to_owned(), &WriteMode::Overwrite, &options)
            .await
    };
    let error = write("/Nowhere/a.txt", false).await.expect_err("missing");
    assert_eq!(error.to_string(), "the folder \"/Nowhere\" was not found");
    assert!(write("/Auto/Deep/a.txt", true).await.expect("written").created);
    replay.done();
}

#[tokio::test]
async fn names_that_the_server_refuses_come_with_its_reason() {
    let (replay, client) = Replay::start(
        "files",
        &["odd-name-put-backslash", "odd-name-put-htaccess", "put-on-a-folder"],
    );
    let write = async |file: &str| {
        let options = WriteOptions::default();
        client
            .files()
            .write(&path(file), "x".to_owned(), &WriteMode::Overwrite, &options)
            .await
            .expect_err("refused")
    };
    let error = write("/Odd/a\\b.txt").await.to_string();
    assert!(
        error.contains("\"\\\" is not allowed inside a file or folder name."),
        "{error}"
    );
    assert_eq!(write("/Odd/.htaccess").await.code(), "refused");
    assert!(write("/Docs").await.to_string().contains("is a folder"));
    replay.done();
}

#[tokio::test]
async fn a_full_account_is_its_own_error_with_the_free_bytes() {
    let (replay, client) = Replay::start("files", &["quota-put-too-large", "quota-propfind"]);
    let options = WriteOptions::default();
    let content = "Z".repeat(10);
    let large = path("/Docs/toolarge.bin");
    let error = client
        .files()
        .write(&large, content, &WriteMode::Overwrite, &options)
        .await
        .expect_err("full");
    // Recorded with a quota that had been lifted again: -3, no limit.
    assert!(matches!(error, Error::Quota { free_bytes: None, .. }), "{error:?}");
    replay.done();
}

#[tokio::test]
async fn folders_are_made_once() {
    let names = ["mkcol-new", "mkcol-existing", "stat /Docs", "mkcol-missing-parent"];
    let (replay, client) = Replay::start("files", &names);
    let make = async |folder: &str| client.files().create_directory(&path(folder), false).await;
    assert_eq!(make("/Docs").await.expect("new"), Made::New);
    assert_eq!(make("/Docs").await.expect("there"), Made::Existed);
    let error = make("/No/Such/Dir").await.expect_err("missing");
    assert_eq!(error.to_string(), "the folder \"/No/Such\" was not found");
    replay.done();
}

#[tokio::test]
async fn moves_and_copies_never_replace_unasked() {
    let names = [
        "move-to-new-name",
        "move-onto-existing-overwrite-f",
        "move-onto-existing-overwrite-t",
        "move-missing-source",
        "move-missing-target-parent",
        "copy-to-new",
        "copy-onto-existing-overwrite-f",
        "copy-missing-source",
        "odd-name-move-to-umlaut",
    ];
    let (replay, client) = Replay::start("files", &names);
    let files = client.files();
    let (a, b, c) = (path("/a2.txt"), path("/b.txt"), path("/c.txt"));
    let moved = files
        .move_to(&path("/a.txt"), &a, Overwrite::Never)
        .await
        .expect("moved");
    assert_eq!((moved.replaced, moved.file_id), (false, Some(FileId(1240))));
    let error = files.move_to(&a, &b, Overwrite::Never).await.expect_err("taken");
    assert_eq!(
        error.to_string(),
        "\"/b.txt\" exists already; choose another name or allow replacing it"
    );
    assert!(
        files
            .move_to(&a, &b, Overwrite::Replace)
            .await
            .expect("replaced")
            .replaced
    );
    let error = files
        .move_to(&a, &path("/zz.txt"), Overwrite::Never)
        .await
        .expect_err("gone");
    assert!(error.to_string().starts_with("\"/a2.txt\" was not found"), "{error}");
    let error = files
        .move_to(&b, &path("/no/dir/b.txt"), Overwrite::Never)
        .await
        .expect_err("no folder");
    assert_eq!(error.to_string(), "the folder \"/no/dir\" was not found");
    assert!(
        !files
            .copy_to(&b, &path("/b-copy.txt"), Overwrite::Never)
            .await
            .expect("copied")
            .replaced
    );
    assert_eq!(
        files.copy_to(&b, &c, Overwrite::Never).await.expect_err("taken").code(),
        "already_exists"
    );
    let missing = files
        .copy_to(&path("/nope.txt"), &path("/nope2.txt"), Overwrite::Never)
        .await;
    assert_eq!(missing.expect_err("missing").code(), "not_found");
    let odd = path("/Odd/größer #2 🎈.txt");
    files
        .move_to(&path("/Odd/issue #1.txt"), &odd, Overwrite::Never)
        .await
        .expect("moved");
    replay.done();
}

#[tokio::test]
async fn a_move_into_itself_is_refused_before_anything_is_sent() {
    let (replay, client) = Replay::start("files", &[]);
    let files = client.files();
    for (from, to) in [("/a", "/a"), ("/a", "/a/b"), ("/", "/b"), ("/a", "/")] {
        let error = files
            .move_to(&path(from), &path(to), Overwrite::Replace)
            .await
            .expect_err(to);
        assert_eq!(error.code(), "invalid_input", "{from} {to}");
    }
    assert_eq!(
        files.delete(&FilePath::root(), None).await.expect_err("root").code(),
        "invalid_input"
    );
    assert_eq!(replay.count(), 0);
}

#[tokio::test]
async fn deleting_twice_is_not_found() {
    let (replay, client) = Replay::start("files", &["delete-file", "delete-missing", "delete-folder-recursive"]);
    let fresh = path("/Docs/fresh.txt");
    client.files().delete(&fresh, None).await.expect("deleted");
    let error = client.files().delete(&fresh, None).await.expect_err("gone");
    assert!(
        error.to_string().starts_with("\"/Docs/fresh.txt\" was not found"),
        "{error}"
    );
    client
        .files()
        .delete(&path("/Dst"), None)
        .await
        .expect("folder deleted");
    replay.done();
}

#[tokio::test]
async fn favourites_are_set_listed_and_taken_back() {
    let names = [
        "proppatch-favorite-on",
        "report-filter-files-favorite",
        "proppatch-favorite-off",
        "proppatch-missing-file",
    ];
    let (replay, client) = Replay::start("files", &names);
    let hello = path("/Docs/hello.txt");
    client.files().set_favorite(&hello, true).await.expect("set");
    let found = client.files().favorites(10).await.expect("favourites");
    assert_eq!(
        found.entries.iter().map(|entry| &entry.path).collect::<Vec<_>>(),
        [&hello]
    );
    assert_eq!((found.entries[0].favorite, found.truncated), (Some(true), false));
    client.files().set_favorite(&hello, false).await.expect("taken back");
    assert_eq!(
        client
            .files()
            .set_favorite(&path("/none.txt"), true)
            .await
            .expect_err("missing")
            .code(),
        "not_found"
    );
    replay.done();
}

#[tokio::test]
async fn searches_find_what_was_recorded() {
    let names = [
        "search-name-like",
        "search-mime-like",
        "search-favorites",
        "search-size-greater-than",
        "search-limit-and-orderby",
        "search-in-subfolder",
        "search-no-hit",
        "search-lastmodified-with-iso-date",
    ];
    let (replay, client) = Replay::start("files", &names);
    let base = FileQuery::default;
    let find = async |query: FileQuery| client.files().search(&query).await.expect("found");
    let hits = find(FileQuery {
        name_like: Some("hello".into()),
        ..base()
    })
    .await;
    assert!(hits.entries.iter().all(|entry| entry.name.contains("hello")) && !hits.entries.is_empty());
    let hits = find(FileQuery {
        mime_like: Some("image/".into()),
        ..base()
    })
    .await;
    assert!(
        hits.entries
            .iter()
            .all(|entry| entry.content_type.as_deref() == Some("image/png"))
            && !hits.entries.is_empty()
    );
    let hits = find(FileQuery {
        favorite: Some(true),
        ..base()
    })
    .await;
    assert_eq!(hits.entries.len(), 1);
    assert!(
        !find(FileQuery {
            min_size: Some(21),
            ..base()
        })
        .await
        .entries
        .is_empty()
    );
    let order = FileOrder {
        key: SortKey::Modified,
        descending: true,
    };
    let pattern = Some(NamePattern::Like("%.txt".into()));
    let hits = find(FileQuery {
        name_like: pattern,
        limit: 2,
        order,
        ..base()
    })
    .await;
    assert_eq!((hits.entries.len(), hits.truncated), (2, true), "three were recorded");
    let hits = find(FileQuery {
        scope: path("/Docs"),
        name_like: Some(NamePattern::Like("%.md".into())),
        ..base()
    })
    .await;
    assert_eq!(hits.entries[0].path, path("/Docs/readme.md"));
    assert!(
        find(FileQuery {
            name_like: Some("zzzznothing".into()),
            ..base()
        })
        .await
        .entries
        .is_empty()
    );
    let until = time::OffsetDateTime::from_unix_timestamp(1_717_200_000).expect("time");
    assert!(
        !find(FileQuery {
            modified_until: Some(until),
            ..base()
        })
        .await
        .entries
        .is_empty()
    );
    replay.done();
}

#[tokio::test]
async fn a_search_in_a_missing_folder_is_not_found() {
    let (replay, client) = Replay::start("files", &["search-scope-missing-folder"]);
    let query = FileQuery {
        scope: path("/Nope"),
        ..FileQuery::default()
    };
    assert_eq!(
        client.files().search(&query).await.expect_err("missing").code(),
        "not_found"
    );
    replay.done();
}

#[tokio::test]
async fn a_refused_sign_in_is_not_an_empty_folder() {
    for name in ["propfind-anonymous", "propfind-wrong-password"] {
        let (replay, client) = Replay::start("files", &[name]);
        let error = client.files().stat(&FilePath::root()).await.expect_err("refused");
        assert!(matches!(error, Error::Unauthorized), "{name}");
        assert!(!error.to_string().contains("AppAPI"));
        assert_eq!(
            client
                .files()
                .stat(&FilePath::root())
                .await
                .expect_err("refused")
                .code(),
            "unauthorized"
        );
        replay.done();
    }
}
