use nc_proto::clock::Clock;
use time::{Duration, OffsetDateTime};

use crate::{
    differences::Difference,
    files::compare,
    recording,
    wire::{Wire, unintended},
};

const INTENDED: &[Difference] = &[
    Difference {
        exchanges: &["comments-list-by-sharee"],
        begins: &["status 207"],
        reason: "the replay shares nothing, so somebody else's file is not there: 404",
    },
    Difference {
        exchanges: &[
            "comments-update-foreign-comment-forbidden",
            "comments-delete-foreign-comment-forbidden",
        ],
        begins: &["status 403"],
        reason: "the replay shares nothing, so somebody else's file is not there: 404",
    },
];

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// When the first thing of the recording was deleted.
const FIRST_DELETION: i64 = 1_795_225_460;

/// A step that the recording does not list.
#[derive(Clone, Copy)]
enum Step {
    /// Method, path below `/remote.php/dav/`, body.
    Send(&'static str, &'static str, &'static str),
    /// The same, with a header.
    SendWith(&'static str, &'static str, &'static str, (&'static str, &'static str)),
    /// So many seconds pass.
    Pass(i64),
    /// The next row of this table gets this number.
    Number(&'static str, i64),
}

use Step::{Number, Pass, Send, SendWith};

const STEPS: &[(&str, &[Step])] = &[
    (
        "trashbin-list-inside-deleted-folder",
        &[
            Send("PUT", "files/carol/one.txt", "content of /one.txt"),
            Send("PUT", "files/carol/two%20%232.txt", "content of /two #2.txt"),
            Send("PUT", "files/carol/three.txt", "content of /three.txt"),
            Number("files", 960),
            Send("MKCOL", "files/carol/gone", ""),
            Send("PUT", "files/carol/gone/inner.txt", "inner"),
            Send("DELETE", "files/carol/one.txt", ""),
            Send("DELETE", "files/carol/two%20%232.txt", ""),
            Pass(1),
            Send("DELETE", "files/carol/gone", ""),
            Pass(1),
            Send("DELETE", "files/carol/three.txt", ""),
        ],
    ),
    (
        "files-after-restore-with-taken-name",
        &[
            Send("PUT", "files/carol/two%20%232.txt", "a new one at that place"),
            SendWith(
                "MOVE",
                "trashbin/carol/trash/two%20%232.txt.d1795225460",
                "",
                ("Destination", "/remote.php/dav/trashbin/carol/restore/two%20%232.txt"),
            ),
            Send("PUT", "files/carol/three.txt", "content of /three.txt"),
        ],
    ),
    (
        "versions-get-content",
        &[
            Number("files", 968),
            SendWith("PUT", "files/carol/doc.md", "version one", ("X-OC-MTime", "1700000000")),
            SendWith(
                "PUT",
                "files/carol/doc.md",
                "version two!",
                ("X-OC-MTime", "1710000000"),
            ),
            SendWith(
                "PUT",
                "files/carol/doc.md",
                "version three!!",
                ("X-OC-MTime", "1720000000"),
            ),
        ],
    ),
    (
        "systemtags-list",
        &[SendWith("POST", "systemtags/", "{\"name\": \"probetag\"}", JSON)],
    ),
    (
        "systemtags-assign-again",
        &[Send("PUT", "systemtags-relations/files/968/2", "")],
    ),
    ("comments-create", &[Number("comments", 39)]),
    // In the recording all are of one second, and the first one comes first; here the latest does.
    ("comments-create-emoji-multiline", &[Pass(-1)]),
];

async fn prepare(wire: &Wire, clock: &Clock, name: &str) {
    let authorization = wire.authorization("Basic carol");
    let steps = STEPS.iter().filter(|(exchange, _)| *exchange == name);
    for step in steps.flat_map(|(_, steps)| *steps) {
        let mut headers = vec![("Authorization", authorization.as_str())];
        let (method, path, body) = match *step {
            Pass(seconds) => {
                clock.advance(Duration::seconds(seconds));
                continue;
            }
            Number(table, next) => {
                set_next(wire, table, next).await;
                continue;
            }
            Send(method, path, body) => (method, path, body),
            SendWith(method, path, body, header) => {
                headers.push(header);
                (method, path, body)
            }
        };
        let address = format!("/remote.php/dav/{path}");
        let answer = wire.send(method, &address, &headers, body.as_bytes().to_vec()).await;
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.status);
    }
}

/// The recording's numbers are those of a server that was used before.
async fn set_next(wire: &Wire, table: &str, next: i64) {
    let mut tx = wire.cloud.db().write().await.unwrap();
    for statement in [
        "DELETE FROM sqlite_sequence WHERE name = ?1 AND ?2 IS NOT NULL",
        "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2 - 1)",
    ] {
        let query = sqlx::query(statement).bind(table).bind(next);
        query.execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_recorded_requests_about_trash_versions_tags_and_comments_are_answered_alike() {
    let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(FIRST_DELETION).unwrap());
    let wire = Wire::boot_with(clock.clone()).await;
    let mut failures = Vec::new();
    let exchanges = recording::read("trash-versions-tags-comments");
    for exchange in &exchanges {
        let name = exchange.name.as_str();
        prepare(&wire, &clock, name).await;
        let mut headers = exchange.request.headers.clone();
        if let Some(recorded) = headers.get_mut("Authorization") {
            *recorded = wire.authorization(recorded);
        }
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let request = &exchange.request;
        let answer = wire
            .send(&request.method, &request.path, &headers, request.body())
            .await;
        let found = unintended(
            "trash-versions-tags-comments",
            name,
            compare(exchange, &answer),
            INTENDED,
        );
        if !found.is_empty() {
            failures.push(format!("{name}: {found:#?}"));
        }
    }
    assert_eq!(exchanges.len(), 63);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
