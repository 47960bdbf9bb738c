use http::StatusCode;
use nc_proto::dav::{Name, PropPatch, Propfind, props};
use time::Duration;

use crate::wire::{HOME, Wire};

const VERSIONS: &str = "/remote.php/dav/versions/alice/versions";
const RESTORE: [(&str, &str); 1] = [("destination", "/remote.php/dav/versions/alice/restore/target")];
const LABEL: Name = Name::nc("version-label");

impl Wire {
    /// Name and size of each state of a file, the earliest first.
    async fn versions(&self, file: &str) -> Vec<(String, String)> {
        let question = Propfind::Prop(vec![props::GETCONTENTLENGTH]).to_document();
        let address = format!("{VERSIONS}/{file}");
        let answer = self.send("PROPFIND", &address, &[("depth", "1")], question).await;
        let answer = answer.multistatus();
        let entries = answer.responses.iter().skip(1);
        entries
            .map(|entry| {
                let name = entry.href.rsplit('/').next().unwrap().to_owned();
                (name, entry.prop_text(&props::GETCONTENTLENGTH).unwrap())
            })
            .collect()
    }

    async fn version(&self, file: &str, name: &str) -> String {
        let answer = self.send("GET", &format!("{VERSIONS}/{file}/{name}"), &[], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        String::from_utf8(answer.body).unwrap()
    }

    async fn file_id(&self, path: &str) -> String {
        let question = Propfind::Prop(vec![props::FILEID]).to_document();
        let address = format!("{HOME}{path}");
        let answer = self.send("PROPFIND", &address, &[("depth", "0")], question).await;
        answer.multistatus().responses[0].prop_text(&props::FILEID).unwrap()
    }

    fn blobs(&self) -> usize {
        let folder = self.dir.path().join("data/alice/versions");
        std::fs::read_dir(folder).map_or(0, Iterator::count)
    }
}

#[tokio::test]
async fn every_state_can_be_read_and_restoring_keeps_the_present_one() {
    let wire = Wire::boot().await;
    for text in ["one", "two!", "three"] {
        wire.put("/a.txt", text).await;
        wire.clock.advance(Duration::HOUR);
    }
    let id = wire.file_id("/a.txt").await;
    let versions = wire.versions(&id).await;
    let sizes: Vec<&str> = versions.iter().map(|(_, size)| size.as_str()).collect();
    assert_eq!(sizes, ["3", "4", "5"]);
    let oldest = versions[0].0.clone();
    assert_eq!(wire.version(&id, &oldest).await, "one");
    let etag = wire.get("/a.txt").await.header("etag").to_owned();
    let address = format!("{VERSIONS}/{id}/{oldest}");
    assert_eq!(
        wire.send("MOVE", &address, &RESTORE, "").await.status,
        StatusCode::CREATED
    );
    assert_eq!(wire.text("/a.txt").await, "one");
    assert_ne!(wire.get("/a.txt").await.header("etag"), etag);
    assert_eq!(wire.versions(&id).await.len(), 3);
    assert_eq!(wire.version(&id, &versions[2].0).await, "three");
    // It is what the file has now, so there is nothing to restore or to delete.
    for method in ["MOVE", "DELETE"] {
        assert_eq!(
            wire.send(method, &address, &RESTORE, "").await.status,
            StatusCode::FORBIDDEN
        );
    }
    assert_eq!(wire.leftovers(), 0);
}

#[tokio::test]
async fn a_program_that_saves_all_the_time_keeps_the_state_from_before() {
    let wire = Wire::boot().await;
    wire.put("/a.txt", "before").await;
    wire.clock.advance(Duration::HOUR);
    for number in 0..50 {
        wire.put("/a.txt", &format!("draft {number}")).await;
    }
    let id = wire.file_id("/a.txt").await;
    let versions = wire.versions(&id).await;
    assert_eq!(versions.len(), 3, "{versions:?}");
    assert_eq!(wire.version(&id, &versions[0].0).await, "before");
    assert_eq!(wire.version(&id, &versions[2].0).await, "draft 49");
    let names: std::collections::BTreeSet<_> = versions.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 3, "no two states have one name");
    assert_eq!(wire.blobs(), 2);
}

#[tokio::test]
async fn a_label_stays_with_its_content_and_saves_it_from_thinning() {
    let wire = Wire::boot().await;
    wire.put("/a.txt", "first").await;
    let id = wire.file_id("/a.txt").await;
    let current = wire.versions(&id).await[0].0.clone();
    let patch = PropPatch::default().set(LABEL, "First <draft>").to_document();
    let address = format!("{VERSIONS}/{id}/{current}");
    wire.send("PROPPATCH", &address, &[], patch).await.multistatus();
    for _ in 0..40 {
        wire.clock.advance(Duration::seconds(2));
        wire.put("/a.txt", "later").await;
    }
    let question = Propfind::Prop(vec![LABEL]).to_document();
    let answer = wire.send("PROPFIND", &address, &[("depth", "0")], question).await;
    let answer = answer.multistatus();
    assert_eq!(answer.responses[0].prop_text(&LABEL).as_deref(), Some("First <draft>"));
    assert_eq!(wire.version(&id, &current).await, "first");
    let kept = wire.versions(&id).await.len();
    assert!((8..20).contains(&kept), "{kept} of 41 states are kept");
    assert_eq!(wire.blobs() + 1, kept);
}

#[tokio::test]
async fn versions_go_where_the_file_goes_and_end_with_it() {
    let wire = Wire::boot().await;
    wire.make_folder("/d").await;
    wire.put("/d/a.txt", "old").await;
    wire.clock.advance(Duration::HOUR);
    wire.put("/d/a.txt", "new!").await;
    let id = wire.file_id("/d/a.txt").await;
    let old = wire.versions(&id).await[0].0.clone();
    let to = [("destination", "/remote.php/dav/files/alice/e")];
    wire.send("MOVE", &format!("{HOME}/d"), &to, "").await;
    assert_eq!(wire.version(&id, &old).await, "old");
    wire.send("DELETE", &format!("{HOME}/e"), &[], "").await;
    let address = format!("{VERSIONS}/{id}/{old}");
    assert_eq!(wire.send("GET", &address, &[], "").await.status, StatusCode::NOT_FOUND);
    let trash = "/remote.php/dav/trashbin/alice";
    let back = [("destination", "/remote.php/dav/trashbin/alice/restore/e")];
    let deleted_at = wire.clock.now().unix_timestamp();
    wire.send("MOVE", &format!("{trash}/trash/e.d{deleted_at}"), &back, "")
        .await;
    assert_eq!(wire.version(&id, &old).await, "old");
    assert_eq!(wire.blobs(), 1);
    wire.send("DELETE", &format!("{HOME}/e"), &[], "").await;
    wire.send("DELETE", &format!("{trash}/trash"), &[], "").await;
    assert_eq!(wire.blobs(), 0);
}

#[tokio::test]
async fn versions_do_not_fill_the_disk_around_the_quota() {
    let wire = Wire::boot_with(|_, alice| alice.quota_bytes = Some(30)).await;
    for _ in 0..10 {
        wire.clock.advance(Duration::DAY);
        wire.put("/a.txt", "ten bytes!").await;
    }
    let id = wire.file_id("/a.txt").await;
    assert_eq!(wire.versions(&id).await.len(), 2);
    assert_eq!(wire.blobs(), 1);
}
