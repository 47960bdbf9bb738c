use nc_auth::UserId;
use nc_proto::{clock::Clock, dav::DavPath};

use super::*;
use crate::{Cloud, CloudConfig, accounts::NewUser};

struct Store {
    dir: tempfile::TempDir,
    content: Content,
    alice: Home,
}

fn path(text: &str) -> DavPath {
    DavPath::plain(text).unwrap()
}

fn create_only() -> WriteOptions {
    WriteOptions {
        precondition: Precondition::CreateOnly,
        ..WriteOptions::default()
    }
}

fn if_match(entry: &Entry) -> WriteOptions {
    WriteOptions {
        precondition: Precondition::unchanged_since(&entry.etag),
        ..WriteOptions::default()
    }
}

impl Store {
    async fn boot() -> Self {
        Self::open(tempfile::tempdir().unwrap()).await
    }

    async fn open(dir: tempfile::TempDir) -> Self {
        let db = Db::open(&dir.path().join("cloud.db")).await.unwrap();
        let content = Content::open(db, dir.path(), Clock::system()).await.unwrap();
        let alice = content.home(&UserId::new("alice")).await.unwrap();
        Self { dir, content, alice }
    }

    /// Opens the same data again, as after a crash.
    async fn reopen(self) -> Self {
        self.content.0.db.close().await;
        let Self { dir, .. } = self;
        Self::open(dir).await
    }

    async fn write(&self, at: &str, text: &str) -> Entry {
        let written = self
            .alice
            .write(&path(at), text.as_bytes(), WriteOptions::default())
            .await;
        written.unwrap().entry
    }

    async fn text(&self, at: &str) -> String {
        String::from_utf8(self.alice.read(&path(at)).await.unwrap().1).unwrap()
    }

    fn on_disk(&self, at: &str) -> std::path::PathBuf {
        self.dir.path().join("data").join(at)
    }

    fn leftovers(&self) -> usize {
        std::fs::read_dir(self.on_disk(".tmp")).unwrap().count()
    }
}

#[tokio::test]
async fn a_file_is_a_plain_file_below_the_users_folder() {
    let store = Store::boot().await;
    store.alice.make_folders(&path("/Notes/Work")).await.unwrap();
    store.write("/Notes/Work/größer #1 100%.md", "hello").await;
    let bytes = std::fs::read(store.on_disk("alice/files/Notes/Work/größer #1 100%.md")).unwrap();
    assert_eq!(bytes, b"hello");
    assert_eq!(store.leftovers(), 0);
}

#[tokio::test]
async fn every_folder_above_a_change_gets_a_new_tag_and_the_right_size() {
    let store = Store::boot().await;
    store.alice.make_folders(&path("/a/b")).await.unwrap();
    store.alice.make_folder(&path("/other"), Vec::new()).await.unwrap();
    let before = |at: &'static str| async { store.alice.stat(&path(at)).await.unwrap() };
    let (root, a, b, other) = (
        before("/").await,
        before("/a").await,
        before("/a/b").await,
        before("/other").await,
    );
    store.write("/a/b/c.txt", "12345").await;
    for (at, old) in [("/", &root), ("/a", &a), ("/a/b", &b)] {
        let new = before(at).await;
        assert_ne!(new.etag, old.etag, "{at}");
        assert_eq!(new.size_bytes, 5, "{at}");
    }
    assert_eq!(before("/other").await, other);
    store.write("/a/b/c.txt", "12").await;
    assert_eq!(before("/").await.size_bytes, 2);
    store
        .alice
        .transfer(Transfer::new(path("/a/b"), path("/other/b")))
        .await
        .unwrap();
    assert_eq!(before("/a").await.size_bytes, 0);
    assert_eq!(before("/other").await.size_bytes, 2);
    store.alice.delete(&path("/other"), Vec::new()).await.unwrap();
    assert_eq!(before("/").await.size_bytes, 0);
}

#[tokio::test]
async fn of_many_writers_with_the_same_tag_exactly_one_wins() {
    let store = Store::boot().await;
    let first = store.write("/note.md", "first").await;
    let writers = (0..8).map(|number| {
        let (home, options) = (store.alice.clone(), if_match(&first));
        tokio::spawn(async move {
            home.write(&path("/note.md"), format!("by {number}").as_bytes(), options)
                .await
        })
    });
    let results = futures_util::future::join_all(writers.collect::<Vec<_>>()).await;
    let winners: Vec<usize> = (0..8)
        .filter(|number| results[*number].as_ref().unwrap().is_ok())
        .collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(store.text("/note.md").await, format!("by {}", winners[0]));
    let refused = results.into_iter().map(Result::unwrap).find_map(Result::err).unwrap();
    let ContentError::Precondition { current: Some(current) } = refused else {
        panic!("{refused}")
    };
    assert_eq!(current, store.alice.stat(&path("/note.md")).await.unwrap().etag);
    assert_eq!(store.leftovers(), 0);
}

#[tokio::test]
async fn many_writers_in_one_folder_lose_nothing() {
    let store = Store::boot().await;
    let writers = (0..20).map(|number| {
        let home = store.alice.clone();
        let at = path(&format!("/{number}.txt"));
        tokio::spawn(async move { home.write(&at, b"ten bytes!", create_only()).await })
    });
    for result in futures_util::future::join_all(writers.collect::<Vec<_>>()).await {
        assert!(result.unwrap().unwrap().created);
    }
    assert_eq!(store.alice.stat(&DavPath::root()).await.unwrap().size_bytes, 200);
    assert_eq!(store.alice.list(&DavPath::root()).await.unwrap().len(), 20);
}

#[tokio::test]
async fn two_spellings_of_a_letter_are_two_files() {
    let store = Store::boot().await;
    store.write("/u\u{308}.txt", "decomposed").await;
    store.write("/\u{fc}.txt", "composed").await;
    assert_eq!(store.text("/u\u{308}.txt").await, "decomposed");
    assert_eq!(store.text("/\u{fc}.txt").await, "composed");
    assert_eq!(store.alice.list(&DavPath::root()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_neighbour_with_a_similar_name_is_not_inside() {
    let store = Store::boot().await;
    for folder in ["/a", "/a-b", "/a0", "/a%"] {
        store.alice.make_folder(&path(folder), Vec::new()).await.unwrap();
        store.write(&format!("{folder}/x"), "x").await;
    }
    store
        .alice
        .transfer(Transfer::new(path("/a"), path("/z")))
        .await
        .unwrap();
    store
        .alice
        .copy(Transfer::new(path("/z"), path("/y")), true)
        .await
        .unwrap();
    for folder in ["/z", "/y", "/a-b", "/a0", "/a%"] {
        assert_eq!(store.text(&format!("{folder}/x")).await, "x");
    }
    store.alice.delete(&path("/a%"), Vec::new()).await.unwrap();
    assert!(store.alice.find(&path("/a0/x")).await.unwrap().is_some());
    assert!(store.alice.find(&path("/a%/x")).await.unwrap().is_none());
}

#[tokio::test]
async fn ids_and_favourites_move_along_and_a_copy_is_a_new_file() {
    let store = Store::boot().await;
    store.alice.make_folder(&path("/d"), Vec::new()).await.unwrap();
    let file = store.write("/d/f", "x").await;
    store.alice.set_favorite(&path("/d/f"), true).await.unwrap();
    store
        .alice
        .transfer(Transfer::new(path("/d"), path("/e")))
        .await
        .unwrap();
    let moved = store.alice.find_by_id(file.id).await.unwrap().unwrap();
    assert_eq!((moved.path.to_string().as_str(), moved.favorite), ("/e/f", true));
    assert_eq!(moved.etag, file.etag);
    store
        .alice
        .copy(Transfer::new(path("/e"), path("/f")), true)
        .await
        .unwrap();
    let copied = store.alice.stat(&path("/f/f")).await.unwrap();
    assert_ne!(copied.id, file.id);
    assert!(!copied.favorite);
}

#[tokio::test]
async fn nothing_goes_into_itself_or_over_what_holds_it() {
    let store = Store::boot().await;
    store.alice.make_folders(&path("/a/b")).await.unwrap();
    let over = |from: &str, to: &str| Transfer {
        overwrite: Overwrite::Allowed,
        ..Transfer::new(path(from), path(to))
    };
    for (from, to) in [("/a", "/a/b/c"), ("/a/b", "/a"), ("/a", "/a"), ("/", "/x"), ("/a", "/")] {
        let moved = store.alice.transfer(over(from, to)).await;
        assert!(matches!(moved, Err(ContentError::Impossible(_))), "move {from} {to}");
        let copied = store.alice.copy(over(from, to), true).await;
        assert!(matches!(copied, Err(ContentError::Impossible(_))), "copy {from} {to}");
    }
    assert!(matches!(
        store.alice.delete(&DavPath::root(), Vec::new()).await,
        Err(ContentError::Impossible(_))
    ));
    assert!(store.alice.find(&path("/a/b")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_folder_replaces_a_file_and_a_file_replaces_a_folder() {
    let store = Store::boot().await;
    store.alice.make_folder(&path("/folder"), Vec::new()).await.unwrap();
    store.write("/folder/x", "inside").await;
    store.write("/file", "plain").await;
    let over = |from: &str, to: &str| Transfer {
        overwrite: Overwrite::Allowed,
        ..Transfer::new(path(from), path(to))
    };
    let (_, free) = store.alice.copy(over("/folder", "/file"), true).await.unwrap();
    assert!(!free);
    assert_eq!(store.text("/file/x").await, "inside");
    store.write("/other", "plain").await;
    store.alice.transfer(over("/other", "/file")).await.unwrap();
    assert_eq!(store.text("/file").await, "plain");
    assert!(store.on_disk("alice/files/file").is_file());
    assert_eq!(store.alice.stat(&DavPath::root()).await.unwrap().size_bytes, 11);
    assert_eq!(store.leftovers(), 0);
}

#[tokio::test]
async fn what_was_never_committed_is_gone_after_a_start() {
    let store = Store::boot().await;
    store.write("/a.txt", "old").await;
    let mut staged = store.content.stage(None).await.unwrap();
    staged.write(b"half of the new con").await.unwrap();
    // The process dies here: no destructor runs.
    std::mem::forget(staged);
    assert_eq!(store.leftovers(), 1);
    let store = store.reopen().await;
    assert_eq!(store.leftovers(), 0);
    assert_eq!(store.text("/a.txt").await, "old");
}

/// Puts the database into the state right after a commit whose steps on disk were never done.
async fn promise_without_doing(store: &Store, action: &str, source: Option<&str>, target: &str) {
    let mut tx = store.content.0.db.write().await.unwrap();
    sqlx::query("INSERT INTO pending (action, source, target) VALUES (?, ?, ?)")
        .bind(action)
        .bind(source)
        .bind(target)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_was_committed_is_done_after_a_start() {
    let store = Store::boot().await;
    store.alice.make_folder(&path("/gone"), Vec::new()).await.unwrap();
    store.write("/a.txt", "old").await;
    std::fs::write(store.on_disk(".tmp/new"), "new").unwrap();
    promise_without_doing(&store, "folder", None, "alice/files/made").await;
    promise_without_doing(&store, "replace", Some(".tmp/new"), "alice/files/a.txt").await;
    promise_without_doing(&store, "remove", None, "alice/files/gone").await;
    let store = store.reopen().await;
    assert_eq!(store.text("/a.txt").await, "new");
    assert!(store.on_disk("alice/files/made").is_dir());
    assert!(!store.on_disk("alice/files/gone").exists());
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM pending")
        .fetch_one(store.content.0.db.reader())
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn steps_that_were_done_are_not_done_twice() {
    let store = Store::boot().await;
    store.write("/a.txt", "first").await;
    store
        .alice
        .transfer(Transfer::new(path("/a.txt"), path("/b.txt")))
        .await
        .unwrap();
    store.write("/a.txt", "second").await;
    // The last write is done, but still noted.
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM pending")
        .fetch_one(store.content.0.db.reader())
        .await
        .unwrap();
    assert_eq!(left, 1);
    let store = store.reopen().await;
    assert_eq!(store.text("/a.txt").await, "second");
    assert_eq!(store.text("/b.txt").await, "first");
}

/// Brings back the steps of the last change as they were promised, as if the process died before they were taken out.
async fn promise_again(store: &Store, steps: &[(&str, &str, &str)]) {
    for (action, source, target) in steps {
        promise_without_doing(store, action, Some(*source).filter(|source| !source.is_empty()), target).await;
    }
}

#[tokio::test]
async fn what_was_kept_aside_is_not_replaced_by_what_took_its_place() {
    let store = Store::boot().await;
    store.write("/from.txt", "new").await;
    let old = store.write("/to.txt", "old").await;
    store
        .alice
        .transfer(Transfer {
            overwrite: Overwrite::Allowed,
            ..Transfer::new(path("/from.txt"), path("/to.txt"))
        })
        .await
        .unwrap();
    let trashed = store.alice.list_trash().await.unwrap();
    assert_eq!(trashed[0].entry.id, old.id);
    let place = format!("alice/trash{}", trashed[0].entry.path);
    promise_again(
        &store,
        &[
            ("keep", "alice/files/to.txt", &place),
            ("replace", "alice/files/from.txt", "alice/files/to.txt"),
        ],
    )
    .await;
    let store = store.reopen().await;
    assert_eq!(store.text("/to.txt").await, "new");
    assert_eq!(std::fs::read(store.on_disk(&place)).unwrap(), b"old");
}

#[tokio::test]
async fn a_change_that_was_committed_but_not_begun_on_disk_keeps_both_files() {
    let store = Store::boot().await;
    std::fs::write(store.on_disk("alice/files/to.txt"), "old").unwrap();
    std::fs::write(store.on_disk("alice/files/from.txt"), "new").unwrap();
    promise_again(
        &store,
        &[
            ("keep", "alice/files/to.txt", "alice/trash/to.txt.d1"),
            ("replace", "alice/files/from.txt", "alice/files/to.txt"),
        ],
    )
    .await;
    let store = store.reopen().await;
    assert_eq!(std::fs::read(store.on_disk("alice/files/to.txt")).unwrap(), b"new");
    assert_eq!(std::fs::read(store.on_disk("alice/trash/to.txt.d1")).unwrap(), b"old");
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_a_whole_change_or_none() {
    let store = Store::boot().await;
    for number in 0..30 {
        let home = store.alice.clone();
        let at = path(&format!("/{number}"));
        let write = tokio::spawn(async move { home.write(&at, b"0123456789", WriteOptions::default()).await });
        for _ in 0..number {
            tokio::task::yield_now().await;
        }
        write.abort();
        let _ = write.await;
    }
    // Changes that began are finished before the next one of this home.
    store.write("/last", "x").await;
    let entries = store.alice.list(&DavPath::root()).await.unwrap();
    let on_disk = std::fs::read_dir(store.on_disk("alice/files")).unwrap().count();
    assert_eq!(entries.len(), on_disk);
    for entry in entries {
        let (_, bytes) = store.alice.read(&entry.path).await.unwrap();
        assert_eq!(bytes.len() as u64, entry.size_bytes);
    }
}

#[tokio::test]
async fn a_quota_holds_for_writes_copies_and_uploads() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::open(CloudConfig::new(dir.path())).await.unwrap();
    let mut bob = NewUser::new("bob", "Bob", "builder".into());
    bob.quota_bytes = Some(10);
    cloud.create_user(&bob).await.unwrap();
    let home = cloud.content().home(&UserId::new("bob")).await.unwrap();
    home.write(&path("/a"), b"123456", WriteOptions::default())
        .await
        .unwrap();
    let full = home.write(&path("/b"), b"12345", WriteOptions::default()).await;
    assert!(matches!(
        full,
        Err(ContentError::Quota {
            required: 5,
            available: 4
        })
    ));
    let full = home.copy(Transfer::new(path("/a"), path("/b")), true).await;
    assert!(matches!(
        full,
        Err(ContentError::Quota {
            required: 6,
            available: 4
        })
    ));
    home.write(&path("/a"), b"1234567890", WriteOptions::default())
        .await
        .unwrap();
    assert_eq!(home.available_bytes().await.unwrap(), Some(0));
}

#[tokio::test]
async fn a_folder_is_listed_in_pages_of_any_size() {
    let store = Store::boot().await;
    for name in ["f2", "f1", "F0"] {
        store.write(&format!("/{name}"), "x").await;
    }
    for name in ["d2", "d1"] {
        store.alice.make_folder(&path(name), Vec::new()).await.unwrap();
    }
    let root = store.alice.stat(&DavPath::root()).await.unwrap();
    let whole = store.alice.list(&DavPath::root()).await.unwrap();
    for limit in 1..7 {
        let mut pages: Vec<Entry> = Vec::new();
        loop {
            let page = store.alice.list_page(root.id, pages.last(), limit).await.unwrap();
            assert!(page.len() <= limit as usize);
            if page.is_empty() {
                break;
            }
            pages.extend(page);
        }
        assert_eq!(pages, whole, "pages of {limit}");
    }
    let names: Vec<&str> = whole.iter().map(Entry::name).collect();
    assert_eq!(names, ["d1", "d2", "F0", "f1", "f2"]);
}

#[tokio::test]
async fn a_path_that_the_file_system_cannot_hold_is_refused() {
    let store = Store::boot().await;
    let long = "n".repeat(240);
    let deep = DavPath::from_names(std::iter::repeat_n(long.clone(), 17));
    assert!(matches!(
        store.alice.make_folders(&deep).await,
        Err(ContentError::Name(BadName::TooLong))
    ));
    let fits = DavPath::from_names(std::iter::repeat_n(long.clone(), 15));
    store.alice.make_folders(&fits).await.unwrap();
    let parent = DavPath::from_names(std::iter::repeat_n("m".repeat(240), 4));
    store.alice.make_folders(&parent).await.unwrap();
    let moved = store
        .alice
        .transfer(Transfer::new(path(&long), parent.child("x")))
        .await;
    assert!(matches!(moved, Err(ContentError::Name(BadName::TooLong))));
}

#[tokio::test]
async fn only_an_empty_folder_is_tidied_away() {
    let store = Store::boot().await;
    store.write("top.txt", "x").await;
    store.alice.make_folders(&path("a/b")).await.unwrap();
    store.write("a/b/late.txt", "came in that moment").await;
    assert!(!store.alice.delete_empty_folder(&path("a/b")).await.unwrap());
    assert!(!store.alice.delete_empty_folder(&path("top.txt")).await.unwrap());
    assert_eq!(store.text("a/b/late.txt").await, "came in that moment");
    store.alice.delete(&path("a/b/late.txt"), Vec::new()).await.unwrap();
    assert!(store.alice.delete_empty_folder(&path("a/b")).await.unwrap());
    assert!(
        store.alice.delete_empty_folder(&path("a/b")).await.unwrap(),
        "gone is gone"
    );
    assert!(store.on_disk("alice/files/a").exists() && !store.on_disk("alice/files/a/b").exists());
}

#[tokio::test]
async fn a_target_that_changed_since_it_was_looked_at_is_not_replaced() {
    let store = Store::boot().await;
    let seen = store.write("/to.txt", "seen").await;
    store.write("/to.txt", "theirs").await;
    store.write("/from.txt", "mine").await;
    let transfer = || Transfer {
        overwrite: Overwrite::Allowed,
        target: Precondition::unchanged_since(&seen.etag),
        ..Transfer::new(path("/from.txt"), path("/to.txt"))
    };
    let moved = store.alice.transfer(transfer()).await;
    assert!(matches!(moved, Err(ContentError::Precondition { .. })));
    let copied = store.alice.copy(transfer(), true).await;
    assert!(matches!(copied, Err(ContentError::Precondition { .. })));
    assert_eq!(
        (store.text("/to.txt").await, store.text("/from.txt").await),
        ("theirs".into(), "mine".into())
    );
}
