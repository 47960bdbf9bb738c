use time::Duration;

use http::StatusCode;
use nc_proto::dav::{Multistatus, Name, Propfind, props};

use crate::wire::{Answer, HOME, Wire};

const TRASH: &str = "/remote.php/dav/trashbin/alice/trash";
const RESTORE: &str = "/remote.php/dav/trashbin/alice/restore/any";
/// The time at which the clock of these tests stands.
const NOW: i64 = 1_795_225_978;

impl Wire {
    async fn delete(&self, path: &str) {
        let answer = self.send("DELETE", &format!("{HOME}{path}"), &[], "").await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "DELETE {path}");
    }

    async fn trash(&self) -> Multistatus {
        let question = Propfind::Prop(vec![Name::nc("trashbin-original-location"), props::FILEID, props::SIZE]);
        let answer = self
            .send("PROPFIND", TRASH, &[("depth", "1")], question.to_document())
            .await;
        answer.multistatus()
    }

    async fn restore(&self, name: &str) -> Answer {
        self.send("MOVE", &format!("{TRASH}/{name}"), &[("destination", RESTORE)], "")
            .await
    }

    async fn id(&self, path: &str) -> String {
        let question = Propfind::Prop(vec![props::FILEID]).to_document();
        let answer = self
            .send("PROPFIND", &format!("{HOME}{path}"), &[("depth", "0")], question)
            .await;
        answer.multistatus().responses[0].prop_text(&props::FILEID).unwrap()
    }

    async fn exists(&self, path: &str) -> bool {
        self.get(path).await.status == StatusCode::OK
    }
}

fn locations(trash: &Multistatus) -> Vec<String> {
    let entries = trash.responses.iter().skip(1);
    entries
        .map(|entry| entry.prop_text(&Name::nc("trashbin-original-location")).unwrap())
        .collect()
}

#[tokio::test]
async fn what_is_restored_has_its_id_its_favourite_mark_and_its_properties() {
    let wire = Wire::boot().await;
    wire.make_folder("/Docs").await;
    wire.put("/Docs/a.txt", "kept").await;
    let id = wire.id("/Docs/a.txt").await;
    let colour = Name::constant("http://example.org/ns", "colour");
    let patch = nc_proto::dav::PropPatch::default()
        .set(props::FAVORITE, "1")
        .set(colour.clone(), "red");
    let address = format!("{HOME}/Docs/a.txt");
    wire.send("PROPPATCH", &address, &[], patch.to_document())
        .await
        .multistatus();
    wire.delete("/Docs/a.txt").await;
    assert!(!wire.exists("/Docs/a.txt").await);
    let trash = wire.trash().await;
    assert_eq!(locations(&trash), ["Docs/a.txt"]);
    assert_eq!(
        trash.responses[1].prop_text(&props::FILEID).as_deref(),
        Some(id.as_str())
    );
    assert_eq!(wire.restore(&format!("a.txt.d{NOW}")).await.status, StatusCode::CREATED);
    assert_eq!(wire.text("/Docs/a.txt").await, "kept");
    assert_eq!(wire.id("/Docs/a.txt").await, id);
    let question = Propfind::Prop(vec![props::FAVORITE, colour.clone()]).to_document();
    let answer = wire
        .send("PROPFIND", &address, &[("depth", "0")], question)
        .await
        .multistatus();
    assert_eq!(answer.responses[0].prop_text(&props::FAVORITE).as_deref(), Some("1"));
    assert_eq!(answer.responses[0].prop_text(&colour).as_deref(), Some("red"));
    assert!(locations(&wire.trash().await).is_empty());
}

#[tokio::test]
async fn a_folder_goes_and_comes_back_with_everything_in_it() {
    let wire = Wire::boot().await;
    wire.make_folder("/a").await;
    wire.make_folder("/a/b").await;
    wire.put("/a/b/deep.txt", "12345").await;
    wire.put("/a/top.txt", "123").await;
    wire.delete("/a").await;
    let trash = wire.trash().await;
    assert_eq!(trash.responses[1].prop_text(&props::SIZE).as_deref(), Some("8"));
    let inside = format!("{TRASH}/a.d{NOW}/b/deep.txt");
    let answer = wire.send("GET", &inside, &[("range", "bytes=1-2")], "").await;
    assert_eq!(
        (answer.status, answer.body),
        (StatusCode::PARTIAL_CONTENT, b"23".to_vec())
    );
    // One file of it is deleted for good, another comes back alone, into the root.
    assert_eq!(
        wire.send("DELETE", &inside, &[], "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        wire.trash().await.responses[1].prop_text(&props::SIZE).as_deref(),
        Some("3")
    );
    assert_eq!(
        wire.restore(&format!("a.d{NOW}/top.txt")).await.status,
        StatusCode::CREATED
    );
    assert_eq!(wire.text("/top.txt").await, "123");
    assert_eq!(wire.restore(&format!("a.d{NOW}")).await.status, StatusCode::CREATED);
    assert!(wire.exists("/a/b").await && !wire.exists("/a/top.txt").await);
}

#[tokio::test]
async fn what_has_no_folder_any_more_comes_back_into_the_root_and_nothing_is_replaced() {
    let wire = Wire::boot().await;
    wire.make_folder("/gone").await;
    for round in 0..3 {
        wire.put("/gone/a.txt", &format!("round {round}")).await;
        wire.delete("/gone/a.txt").await;
    }
    wire.delete("/gone").await;
    // Deleted in one second, kept as three.
    for seconds in 0..3 {
        let restored = wire.restore(&format!("a.txt.d{}", NOW + seconds)).await;
        assert_eq!(restored.status, StatusCode::CREATED);
    }
    assert_eq!(wire.text("/a.txt").await, "round 0");
    assert_eq!(wire.text("/a%20(restored).txt").await, "round 1");
    assert_eq!(wire.text("/a%20(restored%202).txt").await, "round 2");
}

#[tokio::test]
async fn what_a_move_or_copy_replaces_is_in_the_trash() {
    let wire = Wire::boot().await;
    for method in ["MOVE", "COPY"] {
        wire.put("/from.txt", "new").await;
        wire.put("/to.txt", method).await;
        let headers = [
            ("destination", "/remote.php/dav/files/alice/to.txt"),
            ("overwrite", "T"),
        ];
        let answer = wire.send(method, &format!("{HOME}/from.txt"), &headers, "").await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert_eq!(wire.text("/to.txt").await, "new");
    }
    assert_eq!(locations(&wire.trash().await), ["to.txt", "to.txt"]);
    let old = wire.send("GET", &format!("{TRASH}/to.txt.d{NOW}"), &[], "").await;
    assert_eq!(old.body, b"MOVE");
    assert_eq!(wire.leftovers(), 0);
}

#[tokio::test]
async fn the_trash_is_emptied_by_age_and_by_wish() {
    let wire = Wire::boot().await;
    wire.put("/old.txt", "x").await;
    wire.delete("/old.txt").await;
    wire.clock.advance(Duration::days(29));
    wire.put("/young.txt", "x").await;
    wire.delete("/young.txt").await;
    wire.cloud.upkeep().await.unwrap();
    assert_eq!(wire.trash().await.responses.len(), 3);
    wire.clock.advance(Duration::seconds(24 * 60 * 60 + 1));
    wire.cloud.upkeep().await.unwrap();
    assert_eq!(locations(&wire.trash().await), ["young.txt"]);
    let on_disk = || {
        std::fs::read_dir(wire.dir.path().join("data/alice/trash"))
            .unwrap()
            .count()
    };
    assert_eq!(on_disk(), 1);
    assert_eq!(wire.send("DELETE", TRASH, &[], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!((wire.trash().await.responses.len(), on_disk()), (1, 0));
}

#[tokio::test]
async fn deleting_is_no_way_around_the_quota() {
    let wire = Wire::boot_with(|_, alice| alice.quota_bytes = Some(10)).await;
    for name in ["/1.txt", "/2.txt", "/3.txt"] {
        wire.put(name, "1234").await;
        wire.delete(name).await;
    }
    // What is free holds two of them; the oldest went.
    let mut left = locations(&wire.trash().await);
    left.sort();
    assert_eq!(left, ["2.txt", "3.txt"]);
    wire.put("/kept.txt", "123456").await;
    wire.put("/4.txt", "1234").await;
    wire.delete("/4.txt").await;
    assert_eq!(locations(&wire.trash().await), ["4.txt"]);
    wire.put("/full.txt", "4321").await;
    let restored = wire.restore(&format!("4.txt.d{NOW}")).await;
    assert_eq!(restored.status, StatusCode::INSUFFICIENT_STORAGE);
    // Too large for what is free: gone at once, whatever takes its place.
    let headers = [
        ("destination", "/remote.php/dav/files/alice/kept.txt"),
        ("overwrite", "T"),
    ];
    wire.send("MOVE", &format!("{HOME}/full.txt"), &headers, "").await;
    assert_eq!(wire.text("/kept.txt").await, "4321");
}

#[tokio::test]
async fn only_restoring_and_deleting_change_the_trash() {
    let wire = Wire::boot().await;
    wire.put("/a.txt", "x").await;
    wire.delete("/a.txt").await;
    let item = format!("{TRASH}/a.txt.d{NOW}");
    let into_files = [("destination", "/remote.php/dav/files/alice/b.txt")];
    for (method, address) in [
        ("MOVE", item.as_str()),
        ("COPY", item.as_str()),
        ("PUT", item.as_str()),
        ("PROPPATCH", item.as_str()),
        ("LOCK", item.as_str()),
        ("MKCOL", TRASH),
        ("DELETE", "/remote.php/dav/trashbin/alice"),
        ("DELETE", "/remote.php/dav/trashbin/alice/restore"),
    ] {
        let answer = wire.send(method, address, &into_files, "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {address}");
    }
    let files = format!("{HOME}/c.txt");
    wire.put("/c.txt", "x").await;
    let into_trash = [("destination", item.as_str())];
    assert_eq!(
        wire.send("MOVE", &files, &into_trash, "").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(locations(&wire.trash().await), ["a.txt"]);
    assert!(!wire.exists("/b.txt").await && wire.exists("/c.txt").await);
    for (method, address) in [
        ("PROPFIND", format!("{TRASH}/none.d1")),
        ("GET", format!("{TRASH}/none.d1")),
        ("PROPFIND", "/remote.php/dav/trashbin/alice/other".to_owned()),
    ] {
        let answer = wire.send(method, &address, &[], "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {address}");
    }
}

#[tokio::test]
async fn a_name_of_the_longest_kind_can_be_deleted_and_restored() {
    let wire = Wire::boot().await;
    let name = format!("/{}.txt", "ü".repeat(123));
    let address = nc_proto::dav::DavPath::plain(&name).unwrap().encode();
    wire.put(&address, "long").await;
    wire.delete(&address).await;
    let href = wire.trash().await.responses[1].href.clone();
    let moved = wire.send("MOVE", &href, &[("destination", RESTORE)], "").await;
    assert_eq!(moved.status, StatusCode::CREATED);
    assert_eq!(wire.text(&address).await, "long");
}
