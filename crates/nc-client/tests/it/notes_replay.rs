use nc_client::{CategoryFilter, ETag, Error, NewNote, NoteId, NotePatch, NotesFilter, SettingsPatch};

use crate::replay::{Replay, exchange};

fn etag(text: &str) -> ETag {
    ETag::parse(text).expect("etag")
}

fn new_note(title: &str, content: &str) -> NewNote {
    NewNote {
        title: Some(title.to_owned()),
        content: Some(content.to_owned()),
        ..NewNote::default()
    }
}

#[tokio::test]
async fn an_empty_list_is_empty() {
    // Recorded without `exclude`.
    let (replay, client) = Replay::start("notes", &["notes-list-empty"]);
    let all = NotesFilter {
        with_content: true,
        category: None,
    };
    assert_eq!(client.notes().list(&all).await.expect("list"), []);
    replay.done();
}

#[tokio::test]
async fn lists_come_with_and_without_texts() {
    let (replay, client) = Replay::start("notes", &["notes-list", "notes-list-exclude-content"]);
    let with = client
        .notes()
        .list(&NotesFilter {
            with_content: true,
            category: None,
        })
        .await
        .expect("with");
    let without = client.notes().list(&NotesFilter::default()).await.expect("without");
    replay.done();
    assert_eq!(with.len(), without.len());
    assert_eq!(with[0].content.as_deref(), Some("- milk\n- bread"));
    assert_eq!(with[0].etag, Some(etag("5cf87a27e599e14f99755a8932a65da1")));
    assert!(without.iter().all(|note| note.content.is_none() && note.etag.is_some()));
    assert!(with.iter().any(|note| note.title == "🎉 Party"));
}

#[tokio::test]
async fn the_three_kinds_of_category_are_three_questions() {
    let names = [
        "notes-list-category",
        "notes-list-category-parent-only",
        "notes-list-category-empty",
        "notes-list-exclude-content",
    ];
    let (replay, client) = Replay::start("notes", &names);
    let list = async |category| {
        let filter = NotesFilter {
            category: Some(category),
            with_content: false,
        };
        client.notes().list(&filter).await.expect("list")
    };
    let forms = list(CategoryFilter::Exactly("Forms".into())).await;
    assert_eq!(forms.iter().map(|note| note.id).collect::<Vec<_>>(), [NoteId(1148)]);
    assert_eq!(list(CategoryFilter::Exactly("Work".into())).await, []);
    assert!(
        list(CategoryFilter::Uncategorized)
            .await
            .iter()
            .all(|note| note.category.is_empty())
    );
    let below = list(CategoryFilter::WithSubcategories("Work".into())).await;
    assert_eq!(
        below.iter().map(|note| note.category.as_str()).collect::<Vec<_>>(),
        ["Work/Projects/Ümlaut"]
    );
    replay.done();
}

#[tokio::test]
async fn a_list_in_chunks_is_one_list_without_gaps_or_doubles() {
    let names = [
        "notes-list-chunk-size-3",
        "notes-list-chunk-next",
        "notes-list-chunk-third",
    ];
    let (replay, client) = Replay::start("notes", &names);
    let notes = client.notes().list(&NotesFilter::default()).await.expect("list");
    replay.done();
    let whole = exchange("notes", "notes-list-exclude-content");
    let whole: Vec<serde_json::Value> =
        serde_json::from_str(whole["response"]["body"].as_str().expect("body")).expect("JSON");
    let mut expected: Vec<i64> = whole.iter().map(|note| note["id"].as_i64().expect("id")).collect();
    let mut listed: Vec<i64> = notes.iter().map(|note| note.id.0).collect();
    expected.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn a_note_is_read_and_an_unknown_or_foreign_one_is_not_found() {
    let names = [
        "notes-get",
        "notes-get-unknown-id",
        "notes-get-foreign-note",
        "notes-get-readonly-shared",
    ];
    let (replay, client) = Replay::start("notes", &names);
    let note = client.notes().get(NoteId(1133)).await.expect("note");
    assert_eq!(
        (note.title.as_str(), note.content.as_str()),
        ("Shopping", "- milk\n- bread")
    );
    assert_eq!(note.internal_path.as_deref(), Some("/Notes/Shopping.md"));
    let error = client.notes().get(NoteId(99_999_999)).await.expect_err("unknown");
    assert_eq!(error.to_string(), "note 99999999 was not found");
    assert_eq!(
        client.notes().get(NoteId(1133)).await.expect_err("foreign").code(),
        "not_found"
    );
    assert!(client.notes().get(NoteId(1167)).await.expect("shared").readonly);
    replay.done();
}

#[tokio::test]
async fn the_title_that_the_server_chose_is_the_one_that_is_given() {
    let names = [
        "notes-create",
        "notes-create-title-taken-from-content",
        "notes-create-duplicate-title",
        "notes-create-emoji-title",
        "notes-create-nested-category",
    ];
    let (replay, client) = Replay::start("notes", &names);
    let create = async |new| client.notes().create(&new).await.expect("created");
    let first = NewNote {
        category: Some(String::new()),
        favorite: Some(false),
        ..new_note("Shopping", "- milk\n- bread")
    };
    assert_eq!(create(first).await.title, "Shopping");
    let untitled = NewNote {
        content: Some("# First heading\n\nBody text".into()),
        ..NewNote::default()
    };
    assert_eq!(create(untitled).await.title, "New note");
    assert_eq!(create(new_note("Shopping", "another")).await.title, "Shopping (2)");
    assert_eq!(create(new_note("🎉 Party", "🎉")).await.title, "🎉 Party");
    let nested = NewNote {
        category: Some("Work/Projects/Ümlaut".into()),
        favorite: Some(true),
        modified: Some(1_700_000_000),
        ..new_note("Plan", "Deep")
    };
    let nested = create(nested).await;
    assert_eq!(
        (nested.category.as_str(), nested.favorite, nested.modified),
        ("Work/Projects/Ümlaut", true, 1_700_000_000)
    );
    replay.done();
}

#[tokio::test]
async fn an_update_sends_only_what_changes_and_the_version_that_it_is_for() {
    let names = [
        "notes-update-content-if-match-ok",
        "notes-update-title",
        "notes-update-category",
        "notes-update-favorite",
        "notes-update-modified",
    ];
    let (replay, client) = Replay::start("notes", &names);
    let tag = etag("5cf87a27e599e14f99755a8932a65da1");
    let update = async |patch: NotePatch| {
        client
            .notes()
            .update(NoteId(1133), &patch, &tag)
            .await
            .expect("updated")
    };
    let none = NotePatch::default;
    let updated = update(NotePatch {
        content: Some("- milk\n- bread\n- butter".into()),
        ..none()
    })
    .await;
    assert_eq!(updated.etag, Some(etag("ea528e4bf1381cd97887ea64f04d9bf2")));
    assert_eq!(
        update(NotePatch {
            title: Some("Groceries".into()),
            ..none()
        })
        .await
        .title,
        "Groceries"
    );
    assert_eq!(
        update(NotePatch {
            category: Some("Home".into()),
            ..none()
        })
        .await
        .category,
        "Home"
    );
    assert!(
        update(NotePatch {
            favorite: Some(true),
            ..none()
        })
        .await
        .favorite
    );
    assert_eq!(
        update(NotePatch {
            modified: Some(1_690_000_000),
            ..none()
        })
        .await
        .modified,
        1_690_000_000
    );
    replay.done();
}

#[tokio::test]
async fn a_stale_version_is_a_conflict_that_shows_the_note_as_it_is() {
    let (replay, client) = Replay::start("notes", &["notes-update-if-match-stale"]);
    let patch = NotePatch {
        content: Some("conflicting".into()),
        ..NotePatch::default()
    };
    let tag = etag("5cf87a27e599e14f99755a8932a65da1");
    let error = client
        .notes()
        .update(NoteId(1133), &patch, &tag)
        .await
        .expect_err("stale");
    let Error::Conflict { current, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(current.etag, Some(etag("ea528e4bf1381cd97887ea64f04d9bf2")));
    assert_eq!(current.content_head.as_deref(), Some("- milk\n- bread\n- butter"));
    assert_eq!(current.modified.expect("time").unix_timestamp(), 1_795_225_735);
    assert!(
        error.to_string().starts_with("note 1133 changed since it was read"),
        "{error}"
    );
    replay.done();
}

#[tokio::test]
async fn an_update_of_nothing_is_refused_before_anything_is_sent() {
    let (replay, client) = Replay::start("notes", &[]);
    let error = client
        .notes()
        .update(NoteId(1), &NotePatch::default(), &etag("x"))
        .await
        .expect_err("empty");
    assert_eq!(error.code(), "invalid_input");
    let bad = NewNote {
        category: Some("Work/../x".into()),
        ..NewNote::default()
    };
    assert_eq!(
        client.notes().create(&bad).await.expect_err("category").code(),
        "invalid_input"
    );
    assert_eq!(replay.count(), 0);
}

#[tokio::test]
async fn a_read_only_share_says_so() {
    let (replay, client) = Replay::start("notes", &["notes-update-readonly-forbidden"]);
    let patch = NotePatch {
        content: Some("try".into()),
        ..NotePatch::default()
    };
    let error = client
        .notes()
        .update(NoteId(1167), &patch, &etag("x"))
        .await
        .expect_err("read-only");
    assert_eq!(error.code(), "forbidden");
    assert!(error.to_string().contains("read-only share"), "{error}");
    replay.done();
}

#[tokio::test]
async fn an_append_reads_and_writes_with_the_version_that_it_read() {
    let (replay, client) = Replay::start("notes", &["notes-get", "notes-update-content-if-match-ok"]);
    let note = client.notes().append(NoteId(1133), "- butter").await.expect("appended");
    assert_eq!(note.content, "- milk\n- bread\n- butter");
    replay.done();
}

#[tokio::test]
async fn deleting_twice_is_not_found() {
    let (replay, client) = Replay::start("notes", &["notes-delete", "notes-delete-again"]);
    client.notes().delete(NoteId(1133)).await.expect("deleted");
    assert_eq!(
        client.notes().delete(NoteId(1133)).await.expect_err("gone").code(),
        "not_found"
    );
    replay.done();
}

#[tokio::test]
async fn settings_are_read_and_changed() {
    let (replay, client) = Replay::start("notes", &["notes-settings-get", "notes-settings-put-path"]);
    let settings = client.notes().settings().await.expect("settings");
    assert_eq!(
        (settings.notes_path.as_str(), settings.file_suffix.as_str()),
        ("Notes", ".md")
    );
    let patch = SettingsPatch {
        notes_path: Some("My Notes".into()),
        file_suffix: Some(".md".into()),
    };
    assert_eq!(
        client
            .notes()
            .change_settings(&patch)
            .await
            .expect("changed")
            .notes_path,
        "My Notes"
    );
    replay.done();
}

#[tokio::test]
async fn attachments_use_the_newest_version_of_the_interface() {
    let (replay, client) = Replay::start("notes", &["notes-attachment-get", "notes-attachment-get-missing"]);
    let name = "b8e25c7213d1872da05e59231d471bc0.png";
    let picture = client
        .notes()
        .attachment(NoteId(1133), name, 1_000)
        .await
        .expect("attachment");
    assert!(picture.bytes.starts_with(b"\x89PNG"));
    let error = client
        .notes()
        .attachment(NoteId(1133), "none.png", 1_000)
        .await
        .expect_err("missing");
    assert_eq!(error.to_string(), "attachment \"none.png\" of note 1133 was not found");
    replay.done();
}

#[tokio::test]
async fn an_attachment_larger_than_allowed_is_an_error() {
    let (replay, client) = Replay::start("notes", &["notes-attachment-get"]);
    let name = "b8e25c7213d1872da05e59231d471bc0.png";
    let error = client
        .notes()
        .attachment(NoteId(1133), name, 10)
        .await
        .expect_err("too large");
    assert_eq!(error.code(), "too_large");
    replay.done();
}

#[tokio::test]
async fn a_refused_sign_in_is_not_an_empty_list() {
    for name in ["notes-list-anonymous", "notes-list-wrong-password"] {
        let (replay, client) = Replay::start("notes", &[name]);
        let filter = NotesFilter {
            with_content: true,
            category: None,
        };
        assert!(matches!(client.notes().list(&filter).await, Err(Error::Unauthorized)));
        replay.done();
    }
}
