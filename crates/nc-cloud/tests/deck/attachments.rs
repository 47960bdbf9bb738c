use nc_auth::UserId;
use nc_proto::dav::DavPath;
use serde_json::{Value, json};

use crate::wire::{Sample, Wire, denied, ids};

/// The addresses of a card's attachments in version 1.0 and 1.1.
fn places(sample: &Sample) -> (String, String) {
    let path = format!("{}/attachments", sample.card);
    (path.clone(), path.replace("v1.0", "v1.1"))
}

async fn files(wire: &Wire, user: &str) -> Vec<String> {
    let home = wire.cloud.content().home(&UserId::new(user)).await.unwrap();
    let entries = home.list_tree(&DavPath::root()).await.unwrap();
    let files = entries.iter().filter(|entry| !entry.is_folder());
    files.map(|entry| entry.path.names().join("/")).collect()
}

#[tokio::test]
async fn a_file_lies_below_deck_and_a_deck_file_inside_the_card() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let (v1_0, v1_1) = places(&sample);
    let inside = wire
        .upload("alice", "POST", &v1_0, "deck_file", "note.txt", b"inside")
        .await
        .ok();
    assert_eq!(files(&wire, "alice").await, [""; 0]);
    let file = wire
        .upload("alice", "POST", &v1_1, "file", "note.txt", b"a file")
        .await
        .ok();
    assert_eq!(files(&wire, "alice").await, ["Deck/note.txt"]);
    assert_eq!(file["extendedData"]["path"], "/Deck/note.txt");
    assert_eq!(ids(&wire.get("alice", &v1_0).await.ok()), ids(&json!([inside])));
    assert_eq!(wire.get("alice", &v1_1).await.ok().as_array().unwrap().len(), 2);
    assert_eq!(wire.get("alice", &sample.card).await.ok()["attachmentCount"], 2);

    let answer = wire.get("alice", &format!("{v1_0}/{}", inside["id"])).await;
    assert_eq!(
        (answer.body.as_slice(), &answer.headers["content-disposition"]),
        (&b"inside"[..], &"attachment".parse().unwrap())
    );
    let answer = wire.get("alice", &format!("{v1_1}/file/{}", file["id"])).await;
    assert_eq!(answer.body, b"a file");
    // Type and id together are the key.
    for wrong in [
        format!("file/{}", inside["id"]),
        format!("deck_file/{}", file["id"]),
        "file/99999".to_owned(),
    ] {
        assert_eq!(
            wire.get("alice", &format!("{v1_1}/{wrong}")).await.refused().0,
            403,
            "{wrong}"
        );
    }
    for wrong in ["file/x", "other/1", "file/1e3"] {
        assert_eq!(
            wire.get("alice", &format!("{v1_1}/{wrong}")).await.refused().0,
            400,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn one_name_comes_once_a_card_and_finds_a_free_name_among_the_files() {
    let wire = Wire::boot().await;
    let (one, other) = (wire.sample().await, wire.sample().await);
    for kind in ["deck_file", "file"] {
        wire.upload("alice", "POST", &places(&one).1, kind, "a.txt", b"1")
            .await
            .ok();
    }
    let again = wire
        .upload("alice", "POST", &places(&one).1, "deck_file", "a.txt", b"2")
        .await;
    assert_eq!(again.refused(), (409, "File already exists.".to_owned()));
    let second = wire
        .upload("alice", "POST", &places(&other).1, "file", "a.txt", b"2")
        .await
        .ok();
    assert_eq!(second["data"], "a (2).txt");
    assert_eq!(files(&wire, "alice").await, ["Deck/a (2).txt", "Deck/a.txt"]);
    // Nor does a change or a restoration give a name twice.
    let taken = (409, "File already exists.".to_owned());
    let (v1_0, _) = places(&one);
    let b = wire
        .upload("alice", "POST", &v1_0, "deck_file", "b.txt", b"b")
        .await
        .ok();
    let path = format!("{v1_0}/{}", b["id"]);
    assert_eq!(
        wire.upload("alice", "PUT", &path, "deck_file", "a.txt", b"c")
            .await
            .refused(),
        taken
    );
    assert_eq!(wire.get("alice", &path).await.body, b"b");
    wire.delete("alice", &path).await.ok();
    wire.upload("alice", "POST", &v1_0, "deck_file", "b.txt", b"new")
        .await
        .ok();
    assert_eq!(
        wire.put("alice", &format!("{path}/restore"), Value::Null)
            .await
            .refused(),
        taken
    );
}

#[tokio::test]
async fn names_with_paths_stay_in_the_folder_and_bad_names_are_refused() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let (_, v1_1) = places(&sample);
    for name in [
        "../../../etc/passwd",
        "..\\..\\windows\\win.ini",
        "/etc/ssh/keys",
        "Deck/../../up.txt",
    ] {
        wire.upload("alice", "POST", &v1_1, "file", name, b"x").await.ok();
    }
    assert_eq!(
        files(&wire, "alice").await,
        ["Deck/keys", "Deck/passwd", "Deck/up.txt", "Deck/win.ini"]
    );
    for name in ["..", ".", "a/..", ".htaccess", "a.part", &"n".repeat(300)] {
        for kind in ["file", "deck_file"] {
            let answer = wire.upload("alice", "POST", &v1_1, kind, name, b"x").await;
            assert_eq!(answer.refused().0, 400, "{kind} {name}");
        }
    }
    assert_eq!(
        wire.upload("alice", "POST", &v1_1, "link", "a.txt", b"x")
            .await
            .refused()
            .0,
        400
    );
    assert_eq!(
        wire.post("alice", &v1_1, json!({"type": "file", "data": "/Deck/keys"}))
            .await
            .refused()
            .0,
        400
    );
    assert_eq!(files(&wire, "alice").await.len(), 4);
}

#[tokio::test]
async fn a_file_that_is_gone_takes_its_attachment_out_of_sight() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let (_, v1_1) = places(&sample);
    let file = wire.upload("alice", "POST", &v1_1, "file", "a.txt", b"x").await.ok();
    let path = format!("{v1_1}/file/{}", file["id"]);
    let home = wire.cloud.content().home(&UserId::new("alice")).await.unwrap();
    let place = DavPath::plain("Deck/a.txt").unwrap();
    // Where it lies and what it is called does not matter.
    let moved = DavPath::plain("moved.txt").unwrap();
    home.transfer(nc_cloud::content::Transfer::new(place, moved.clone()))
        .await
        .unwrap();
    let listed = wire.get("alice", &v1_1).await.ok();
    assert_eq!(
        (&listed[0]["data"], &listed[0]["extendedData"]["path"]),
        (&json!("moved.txt"), &json!("/moved.txt"))
    );
    home.delete(&moved, Vec::new()).await.unwrap();
    assert_eq!(wire.get("alice", &v1_1).await.ok(), json!([]));
    assert_eq!(wire.get("alice", &sample.card).await.ok()["attachmentCount"], 0);
    assert_eq!(wire.get("alice", &path).await.refused().0, 403);
    assert_eq!(wire.delete("alice", &path).await.refused().0, 403);
}

#[tokio::test]
async fn deleting_puts_a_file_into_its_creators_trash_and_a_deck_file_where_it_can_be_restored() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    wire.share(&sample.board, 0, "bob", &["edit"]).await;
    let (v1_0, v1_1) = places(&sample);
    let home = wire.cloud.content().home(&UserId::new("alice")).await.unwrap();

    let inside = wire
        .upload("alice", "POST", &v1_0, "deck_file", "a.txt", b"inside")
        .await
        .ok();
    let path = format!("{v1_0}/{}", inside["id"]);
    assert!(wire.delete("bob", &path).await.ok()["deletedAt"].as_i64() > Some(0));
    assert_eq!(wire.get("alice", &path).await.refused().0, 403);
    assert_eq!(
        wire.put("alice", &format!("{path}/restore"), Value::Null).await.ok()["deletedAt"],
        0
    );
    assert_eq!(wire.get("alice", &path).await.body, b"inside");

    let file = wire.upload("alice", "POST", &v1_1, "file", "b.txt", b"file").await.ok();
    let path = format!("{v1_1}/file/{}", file["id"]);
    wire.delete("alice", &path).await.ok();
    assert_eq!(files(&wire, "alice").await, [""; 0]);
    assert_eq!(home.list_trash().await.unwrap().len(), 1);
    assert_eq!(
        wire.put("alice", &format!("{path}/restore"), Value::Null)
            .await
            .refused()
            .0,
        403
    );

    // Somebody else only takes it off the card.
    let file = wire.upload("alice", "POST", &v1_1, "file", "c.txt", b"file").await.ok();
    wire.delete("bob", &format!("{v1_1}/file/{}", file["id"])).await.ok();
    assert_eq!(files(&wire, "alice").await, ["Deck/c.txt"]);
    assert_eq!(wire.get("alice", &sample.card).await.ok()["attachmentCount"], 1);
}

#[tokio::test]
async fn others_of_the_board_read_an_attached_file_and_nothing_else_of_its_creators() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let (_, v1_1) = places(&sample);
    let entry = wire.share(&sample.board, 0, "bob", &["edit"]).await;
    let file = wire
        .upload("alice", "POST", &v1_1, "file", "a.txt", b"shown")
        .await
        .ok();
    let path = format!("{v1_1}/file/{}", file["id"]);
    assert_eq!(wire.get("bob", &path).await.body, b"shown");
    let listed = wire.get("bob", &v1_1).await.ok();
    assert_eq!(listed[0]["extendedData"].get("path"), None);
    // Only the creator writes to it.
    assert_eq!(
        wire.upload("bob", "PUT", &path, "file", "a.txt", b"his")
            .await
            .refused()
            .0,
        403
    );
    wire.upload("alice", "PUT", &path, "file", "other.txt", b"hers")
        .await
        .ok();
    assert_eq!(wire.get("bob", &path).await.body, b"hers");
    assert_eq!(files(&wire, "alice").await, ["Deck/a.txt"]);
    wire.delete("alice", &entry).await.ok();
    assert_eq!(wire.get("bob", &path).await.refused(), denied());
}

#[tokio::test]
async fn what_lies_inside_a_card_is_replaced_whole_and_has_a_limit() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let (v1_0, v1_1) = places(&sample);
    let inside = wire
        .upload("alice", "POST", &v1_0, "deck_file", "a.txt", b"old")
        .await
        .ok();
    let path = format!("{v1_1}/deck_file/{}", inside["id"]);
    let changed = wire
        .upload("alice", "PUT", &path, "deck_file", "b.txt", b"newer")
        .await
        .ok();
    assert_eq!(
        (&changed["data"], &changed["extendedData"]["filesize"]),
        (&json!("b.txt"), &json!(5))
    );
    assert_eq!(wire.get("alice", &path).await.body, b"newer");
    let large = vec![0_u8; (16 << 20) + 1];
    assert_eq!(
        wire.upload("alice", "POST", &v1_0, "deck_file", "large", &large)
            .await
            .refused()
            .0,
        413
    );
    wire.upload("alice", "POST", &v1_1, "file", "large", &large).await.ok();
}

#[tokio::test]
async fn the_quota_of_the_sender_counts_for_both_types() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let (_, v1_1) = places(&sample);
    wire.share(&sample.board, 0, "bob", &["edit"]).await;
    let half = vec![0_u8; 600 << 10];
    wire.upload("bob", "POST", &v1_1, "deck_file", "one", &half).await.ok();
    assert_eq!(
        wire.upload("bob", "POST", &v1_1, "deck_file", "two", &half)
            .await
            .refused()
            .0,
        507
    );
    let one = wire.get("bob", &v1_1).await.ok()[0]["id"].clone();
    // In place of the former bytes it fits.
    wire.upload(
        "bob",
        "PUT",
        &format!("{v1_1}/deck_file/{one}"),
        "deck_file",
        "one",
        &half,
    )
    .await
    .ok();
    let too_large = vec![0_u8; 2 << 20];
    // Whoever writes: it lies with Bob.
    let path = format!("{v1_1}/deck_file/{one}");
    let answer = wire.upload("alice", "PUT", &path, "deck_file", "one", &too_large).await;
    assert_eq!(answer.refused().0, 507);
    assert_eq!(
        wire.upload("bob", "POST", &v1_1, "file", "three", &too_large)
            .await
            .refused()
            .0,
        507
    );
    assert_eq!(files(&wire, "bob").await, [""; 0]);
}

#[tokio::test]
async fn many_files_of_one_name_at_once_are_all_kept() {
    let wire = Wire::boot().await;
    let mut samples = Vec::new();
    for _ in 0..8 {
        samples.push(wire.sample().await);
    }
    let uploads = samples.iter().zip(0_u8..).map(|(sample, number)| {
        let (wire, (_, path)) = (&wire, places(sample));
        async move {
            let file = wire
                .upload("alice", "POST", &path, "file", "a.txt", &[number])
                .await
                .ok();
            let path = format!("{path}/file/{}", file["id"]);
            assert_eq!(wire.get("alice", &path).await.body, [number]);
            file["data"].as_str().unwrap().to_owned()
        }
    });
    let names: std::collections::BTreeSet<_> = futures_util::future::join_all(uploads).await.into_iter().collect();
    assert_eq!(names.len(), samples.len());
    assert_eq!(files(&wire, "alice").await.len(), samples.len());
}
