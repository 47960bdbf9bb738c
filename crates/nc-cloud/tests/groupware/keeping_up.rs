use std::collections::BTreeSet;

use http::StatusCode;

use crate::wire::{PERSONAL, Wire, event};

const THREE: &str = "<d:limit><d:nresults>3</d:nresults></d:limit>";

#[tokio::test]
async fn a_client_that_keeps_up_knows_what_is_there_whatever_happens_in_between() {
    let wire = Wire::boot().await;
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut token = String::new();
    for round in 0..6 {
        for number in 0..7 {
            let path = format!("{PERSONAL}{round}-{number}.ics");
            wire.put("alice", &path, event(&format!("{round}-{number}"), "x")).await;
        }
        // In pieces, with changes between the pieces.
        for piece in 0..4 {
            let (changes, next) = wire.changes("alice", PERSONAL, &token, THREE).await;
            for (name, is_there) in changes.into_iter().filter(|(name, _)| !name.is_empty()) {
                if is_there {
                    known.insert(name)
                } else {
                    known.remove(&name)
                };
            }
            token = next;
            let gone = format!("{PERSONAL}{round}-{piece}.ics");
            wire.send("alice", "DELETE", &gone, &[], "").await;
            if round > 0 {
                let again = format!("{PERSONAL}{}-{piece}.ics", round - 1);
                wire.put("alice", &again, event(&format!("{}-{piece}", round - 1), "again"))
                    .await;
            }
        }
    }
    loop {
        let (changes, next) = wire.changes("alice", PERSONAL, &token, "").await;
        token = next;
        if changes.is_empty() {
            break;
        }
        for (name, is_there) in changes {
            if is_there {
                known.insert(name)
            } else {
                known.remove(&name)
            };
        }
    }
    let listed = wire.list("alice", PERSONAL).await;
    let listed: BTreeSet<String> = listed
        .iter()
        .filter_map(|href| Some(href.strip_prefix(PERSONAL)?.to_owned()))
        .collect();
    let listed: BTreeSet<String> = listed.into_iter().filter(|name| !name.is_empty()).collect();
    assert_eq!(known, listed);
    assert_eq!(known.len(), 6 * 7 - 4);
}

#[tokio::test]
async fn a_first_sync_comes_in_pieces_and_says_so() {
    let wire = Wire::boot().await;
    for number in 0..5 {
        wire.put(
            "alice",
            &format!("{PERSONAL}{number}.ics"),
            event(&number.to_string(), "x"),
        )
        .await;
    }
    let body = format!(
        "<d:sync-collection xmlns:d='DAV:'><d:sync-token/><d:sync-level>1</d:sync-level>{THREE}<d:prop><d:getetag/></d:prop>\
         </d:sync-collection>"
    );
    let answer = wire.send("alice", "REPORT", PERSONAL, &[], body).await.multistatus();
    let cut = answer.responses.last().unwrap();
    assert_eq!(
        (answer.responses.len(), cut.status, cut.href.as_str()),
        (4, Some(507), PERSONAL)
    );
    let (rest, _) = wire.changes("alice", PERSONAL, &answer.sync_token.unwrap(), "").await;
    assert_eq!(rest.len(), 2);
}

#[tokio::test]
async fn a_token_that_was_never_given_is_refused() {
    let wire = Wire::boot().await;
    for token in [
        "http://sabre.io/ns/sync/999",
        "http://sabre.io/ns/sync/-1",
        "garbage",
        "1",
    ] {
        let body = format!(
            "<d:sync-collection xmlns:d='DAV:'><d:sync-token>{token}</d:sync-token><d:prop/></d:sync-collection>"
        );
        let answer = wire.send("alice", "REPORT", PERSONAL, &[], body).await;
        assert_eq!(
            (answer.status, answer.condition().as_str()),
            (StatusCode::FORBIDDEN, "valid-sync-token"),
            "{token}"
        );
    }
}

#[tokio::test]
async fn what_was_deleted_lies_in_the_trash_and_comes_back() {
    let wire = Wire::boot().await;
    let path = format!("{PERSONAL}a.ics");
    wire.put("alice", &path, event("a", "Kept")).await;
    wire.send("alice", "DELETE", &path, &[], "").await;
    let trash = "/remote.php/dav/calendars/alice/trashbin/objects/";
    let lying = wire.list("alice", trash).await;
    assert_eq!(lying.len(), 2);
    // The name and the UID are free meanwhile.
    wire.put("alice", &path, event("a", "Other")).await;
    let restore = [("destination", "/remote.php/dav/calendars/alice/trashbin/restore/file")];
    let taken = wire.send("alice", "MOVE", &lying[1], &restore, "").await;
    assert_eq!(taken.status, StatusCode::BAD_REQUEST);
    let gone = wire
        .send("alice", "DELETE", &path, &[("x-nc-caldav-no-trashbin", "1")], "")
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(
        wire.send("alice", "MOVE", &lying[1], &restore, "").await.status,
        StatusCode::CREATED
    );
    assert!(wire.get("alice", &path).await.text().contains("Kept"));
    assert_eq!(wire.list("alice", trash).await.len(), 1);
}

#[tokio::test]
async fn a_deleted_calendar_can_be_restored_and_its_name_used_again() {
    let wire = Wire::boot().await;
    let work = "/remote.php/dav/calendars/alice/work";
    assert_eq!(
        wire.send("alice", "MKCALENDAR", work, &[], "").await.status,
        StatusCode::CREATED
    );
    wire.put("alice", &format!("{work}/a.ics"), event("a", "x")).await;
    assert_eq!(
        wire.send("alice", "DELETE", work, &[], "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        wire.get("alice", &format!("{work}/a.ics")).await.status,
        StatusCode::NOT_FOUND
    );
    let restore = [("destination", "/remote.php/dav/calendars/alice/trashbin/restore/file")];
    assert_eq!(
        wire.send("alice", "MOVE", work, &restore, "").await.status,
        StatusCode::CREATED
    );
    assert_eq!(wire.get("alice", &format!("{work}/a.ics")).await.status, StatusCode::OK);
    wire.send("alice", "DELETE", work, &[], "").await;
    assert_eq!(
        wire.send("alice", "MKCALENDAR", work, &[], "").await.status,
        StatusCode::CREATED
    );
    assert_eq!(wire.list("alice", &format!("{work}/")).await.len(), 1);
}
