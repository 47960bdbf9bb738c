//! Trash, versions, tags and comments against recorded traffic.

use nc_client::{Error, FileId, FileKind, FilePath};
use serde_json::Value;

use crate::replay::{Replay, exchange};

const AREA: &str = "trash-versions-tags-comments";
const TRASH: &str = "/remote.php/dav/trashbin/carol/trash";

fn path(text: &str) -> FilePath {
    FilePath::parse(text).expect("path")
}

/// A look at `/doc.md`, made from a recorded one with fewer properties.
fn look() -> Value {
    exchange(AREA, "systemtags-on-file-property")
}

/// An exchange with other texts in its answer.
fn with(name: &str, replaced: &[(&str, &str)]) -> Value {
    let mut exchange = exchange(AREA, name);
    for (old, new) in replaced {
        let body = exchange["response"]["body"].as_str().expect("body").replace(old, new);
        exchange["response"]["body"] = Value::String(body);
    }
    exchange
}

/// The trash with something in it that was called `one.txt`.
fn trash_with_one() -> Value {
    let mut exchange = trash_with("one.txt.d1795225460");
    let body = exchange["response"]["body"].as_str().expect("body");
    let body = body.replace("<nc:trashbin-filename>gone<", "<nc:trashbin-filename>one.txt<");
    exchange["response"]["body"] = Value::String(body);
    exchange
}

/// The trash with one deleted folder in it, made from a look into that folder.
fn trash_with(name: &str) -> Value {
    let mut exchange = with("trashbin-list-inside-deleted-folder", &[("gone.d1795225461", name)]);
    exchange["request"]["path"] = Value::String(TRASH.to_owned());
    exchange
}

fn named(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| exchange(AREA, name)).collect()
}

#[tokio::test]
async fn the_trash_is_listed_by_its_properties_not_by_its_names() {
    let (replay, client) = Replay::start_with(vec![
        exchange(AREA, "trashbin-list-empty"),
        trash_with("odd name"),
        exchange(AREA, "trashbin-list-after-empty"),
    ]);
    let files = client.files();
    assert_eq!(files.trash().await.expect("empty"), []);
    let listed = files.trash().await.expect("listed");
    let folder = listed.iter().find(|entry| entry.id == "odd name").expect("the folder");
    assert_eq!(folder.name.as_deref(), Some("gone"));
    assert_eq!(folder.original_location, Some(path("/gone")));
    assert_eq!(folder.deleted_at.expect("a time").unix_timestamp(), 1_795_225_461);
    assert_eq!(
        (folder.size, folder.file_id, folder.kind),
        (Some(5), Some(FileId(960)), FileKind::Directory)
    );
    assert_eq!(folder.deleted_by.as_deref(), Some("carol"));
    assert_eq!(files.trash().await.expect("empty again"), []);
    replay.done();
}

#[tokio::test]
async fn what_is_restored_is_found_again_by_its_number() {
    let mut found = exchange(AREA, "systemtags-search-by-name");
    found["response"] =
        with("systemtags-on-file-property", &[("<oc:fileid>968", "<oc:fileid>960")])["response"].clone();
    let (replay, client) = Replay::start_with(vec![
        trash_with_one(),
        exchange(AREA, "trashbin-restore"),
        found,
        trash_with_one(),
        exchange(AREA, "trashbin-restore-gone-item"),
    ]);
    let restored = client.files().restore("one.txt.d1795225460").await.expect("restored");
    assert_eq!(restored.entry.expect("found").path, path("/doc.md"));
    // Somebody else emptied the trash meanwhile.
    let gone = client.files().restore("one.txt.d1795225460").await.expect_err("gone");
    assert_eq!(gone.to_string(), "\"one.txt.d1795225460\" in the trash was not found");
    replay.done();
}

#[tokio::test]
async fn what_is_not_in_the_trash_is_not_asked_for() {
    let (replay, client) = Replay::start_with(vec![exchange(AREA, "trashbin-list-empty")]);
    let missing = client
        .files()
        .restore("../files/carol/a.txt")
        .await
        .expect_err("missing");
    assert!(matches!(missing, Error::NotFound { .. }), "{missing}");
    replay.done();
}

#[tokio::test]
async fn versions_are_listed_and_restored_by_their_names() {
    let (replay, client) = Replay::start_with(vec![
        look(),
        exchange(AREA, "versions-list-after-restore"),
        look(),
        exchange(AREA, "versions-list-after-restore"),
        exchange(AREA, "versions-restore"),
        look(),
    ]);
    let files = client.files();
    let (entry, versions) = files.versions(&path("/doc.md")).await.expect("versions");
    assert_eq!(entry.file_id, Some(FileId(968)));
    let told: Vec<_> = versions
        .iter()
        .map(|version| (version.id.as_str(), version.size, version.label.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("1720000000", Some(15), None),
            ("1710000000", Some(12), None),
            ("1700000000", Some(11), Some("First draft"))
        ]
    );
    files
        .restore_version(&path("/doc.md"), "1700000000")
        .await
        .expect("restored");
    replay.done();
}

#[tokio::test]
async fn a_version_that_is_not_listed_is_not_found() {
    let (replay, client) = Replay::start_with(vec![
        look(),
        exchange(AREA, "versions-list-after-restore"),
        with(
            "systemtags-on-file-property",
            &[("<oc:fileid>968", "<oc:fileid>99999999")],
        ),
        exchange(AREA, "versions-list-unknown-file-id"),
    ]);
    let files = client.files();
    let missing = files.restore_version(&path("/doc.md"), "1").await.expect_err("missing");
    assert_eq!(missing.to_string(), "version 1 of \"/doc.md\" was not found");
    let missing = files.versions(&path("/doc.md")).await.expect_err("missing");
    assert_eq!(missing.to_string(), "the versions of \"/doc.md\" was not found");
    let odd = files
        .restore_version(&path("/doc.md"), "../1")
        .await
        .expect_err("no name");
    assert!(matches!(odd, Error::InvalidInput { .. }), "{odd}");
    replay.done();
}

#[tokio::test]
async fn a_tag_that_the_file_has_already_is_a_success() {
    let (replay, client) = Replay::start_with(vec![
        look(),
        exchange(AREA, "systemtags-list-after-create"),
        exchange(AREA, "systemtags-assign-again"),
        look(),
        exchange(AREA, "systemtags-list-after-create"),
        exchange(AREA, "systemtags-assign-second"),
    ]);
    let files = client.files();
    let tagging = files
        .tag(&path("/doc.md"), "fx-project-e6e1", false)
        .await
        .expect("tagged");
    assert_eq!((tagging.tag.id, tagging.was_there, tagging.created), (2, true, false));
    let tagging = files
        .tag(&path("/doc.md"), "fx-Größe & mehr e6e1", true)
        .await
        .expect("tagged");
    assert_eq!((tagging.tag.id, tagging.was_there), (3, false));
    replay.done();
}

#[tokio::test]
async fn a_tag_is_made_only_on_request_and_somebody_else_may_be_faster() {
    let (replay, client) = Replay::start_with(vec![
        look(),
        exchange(AREA, "systemtags-list"),
        look(),
        exchange(AREA, "systemtags-list"),
        exchange(AREA, "systemtags-create"),
        exchange(AREA, "systemtags-list-after-create"),
        exchange(AREA, "systemtags-assign-again"),
        look(),
        exchange(AREA, "systemtags-list"),
        exchange(AREA, "systemtags-create-duplicate-name"),
        exchange(AREA, "systemtags-list-after-create"),
        exchange(AREA, "systemtags-assign-again"),
    ]);
    let files = client.files();
    let unknown = files
        .tag(&path("/doc.md"), "fx-project-e6e1", false)
        .await
        .expect_err("unknown");
    assert_eq!(unknown.to_string(), "the tag \"fx-project-e6e1\" was not found");
    for _ in 0..2 {
        let tagging = files
            .tag(&path("/doc.md"), "fx-project-e6e1", true)
            .await
            .expect("made");
        assert_eq!((tagging.tag.id, tagging.created), (2, true));
    }
    replay.done();
}

#[tokio::test]
async fn a_tag_that_is_gone_meanwhile_is_not_found() {
    let (replay, client) = Replay::start_with(vec![
        look(),
        with("systemtags-list-after-create", &[("<oc:id>2<", "<oc:id>99999999<")]),
        exchange(AREA, "systemtags-assign-unknown-tag"),
        look(),
        exchange(AREA, "systemtags-of-file"),
        exchange(AREA, "systemtags-unassign"),
        look(),
        exchange(AREA, "systemtags-of-file"),
        exchange(AREA, "systemtags-unassign-not-assigned"),
    ]);
    let files = client.files();
    let gone = files
        .tag(&path("/doc.md"), "fx-project-e6e1", false)
        .await
        .expect_err("gone");
    assert!(matches!(gone, Error::NotFound { .. }), "{gone}");
    let tag = files.untag(&path("/doc.md"), "fx-project-e6e1").await.expect("taken");
    assert_eq!(tag.id, 2);
    let again = files
        .untag(&path("/doc.md"), "fx-project-e6e1")
        .await
        .expect_err("not there");
    assert_eq!(
        again.to_string(),
        "the tag \"fx-project-e6e1\" of \"/doc.md\" was not found"
    );
    replay.done();
}

#[tokio::test]
async fn files_are_found_by_a_tag() {
    let (replay, client) = Replay::start_with(named(&[
        "systemtags-list-after-create",
        "systemtags-report-files-by-tag",
    ]));
    let files = client.files();
    let tag = files.tag_named("FX-Project-e6e1").await.expect("a tag");
    let found = files.tagged(&tag, 10).await.expect("found");
    let paths: Vec<_> = found.entries.iter().map(|entry| entry.path.to_string()).collect();
    assert_eq!((paths, found.truncated), (vec!["/doc.md".to_owned()], false));
    replay.done();
}

#[tokio::test]
async fn comments_come_in_parts_and_a_new_one_has_a_number() {
    let (replay, client) = Replay::start_with(vec![
        look(),
        with("comments-report-filter-limit-offset", &[]),
        look(),
        exchange(AREA, "comments-create"),
        exchange(AREA, "comments-report-filter-limit-offset"),
    ]);
    let files = client.files();
    let page = files.comments(&path("/doc.md"), 1, 0).await.expect("comments");
    let comment = &page.comments[0];
    assert_eq!(
        (comment.id, comment.message.as_str()),
        (39, "First! @\"dave\" please look")
    );
    assert_eq!(
        (comment.actor_id.as_str(), comment.actor_type.as_str()),
        ("carol", "users")
    );
    assert_eq!(comment.created.expect("a time").unix_timestamp(), 1_795_225_470);
    assert!(!comment.is_unread && !page.truncated && comment.parent_id.is_none());
    // The recording has no header that names the new comment, so it is looked for.
    let said = files.comment(&path("/doc.md"), "First! @\"dave\" please look").await;
    assert_eq!(said.expect("written").id, Some(39));
    replay.done();
}

#[tokio::test]
async fn a_comment_that_cannot_be_is_not_sent() {
    let (replay, client) = Replay::start_with(vec![
        with(
            "systemtags-on-file-property",
            &[("<oc:fileid>968", "<oc:fileid>99999999")],
        ),
        exchange(AREA, "comments-create-unknown-file"),
    ]);
    let files = client.files();
    for (text, told) in [
        (" \n", "message: it is empty"),
        (
            &"ü".repeat(1001),
            "message: it has 1001 characters, and a comment has at most 1000",
        ),
    ] {
        let refused = files.comment(&path("/doc.md"), text).await.expect_err("refused");
        assert_eq!(refused.to_string(), told);
    }
    let gone = files.comment(&path("/doc.md"), "x").await.expect_err("gone");
    assert!(
        matches!(gone, Error::NotFound { .. }) && !gone.to_string().contains("remote.php"),
        "{gone}"
    );
    replay.done();
}

#[tokio::test]
async fn when_the_tags_cannot_be_read_no_files_are_shown() {
    let mut broken = exchange(AREA, "systemtags-list");
    broken["response"] = exchange(AREA, "systemtags-get-unknown")["response"].clone();
    let (replay, client) = Replay::hiding(vec![broken.clone(), broken], &["probetag"]);
    let files = client.files();
    for _ in 0..2 {
        let refused = files.stat(&path("/doc.md")).await.expect_err("refused");
        assert_eq!(refused.code(), "forbidden");
        assert!(refused.to_string().contains("EXCLUDED_TAGS"), "{refused}");
    }
    replay.done();
}

#[tokio::test]
async fn a_tag_that_does_not_exist_hides_nothing() {
    let (replay, client) = Replay::hiding(
        vec![exchange(AREA, "systemtags-list"), look(), look()],
        &["no such tag"],
    );
    for _ in 0..2 {
        client.files().stat(&path("/doc.md")).await.expect("shown");
    }
    replay.done();
}

#[tokio::test]
async fn an_empty_report_for_a_moment_shows_nothing() {
    let report = exchange(AREA, "systemtags-report-files-by-tag");
    let mut empty = report.clone();
    empty["response"]["body"] = Value::String("<d:multistatus xmlns:d=\"DAV:\"/>".to_owned());
    let (replay, client) = Replay::hiding(
        vec![
            exchange(AREA, "systemtags-list-after-create"),
            empty.clone(),
            empty,
            report,
        ],
        &["FX-PROJECT-e6e1"],
    );
    let hidden = client.files().stat(&path("/doc.md")).await.expect_err("hidden");
    assert_eq!(hidden.to_string(), "\"/doc.md\" was not found");
    replay.done();
}

#[tokio::test]
async fn where_the_tags_of_deleted_files_are_not_told_the_trash_is_not_shown() {
    let (replay, client) = Replay::hiding(
        vec![
            exchange(AREA, "systemtags-list-after-create"),
            exchange(AREA, "systemtags-report-files-by-tag"),
            trash_with("x.d1"),
        ],
        &["fx-project-e6e1"],
    );
    let refused = client.files().trash().await.expect_err("refused");
    assert_eq!(refused.code(), "forbidden");
    replay.done();
}
