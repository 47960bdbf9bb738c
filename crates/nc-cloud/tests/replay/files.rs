use std::collections::BTreeMap;

use http::StatusCode;
use nc_auth::UserId;

use crate::{
    dav_shape,
    differences::{Absent, Difference},
    recording::{self, Exchange},
    report,
    wire::{Answer, Wire, unintended},
};

const ABSENT: &[Absent] = &[
    Absent {
        exchanges: &["get-preview-by-file-id"],
        reason: "no previews, and `nc:has-preview` says so",
    },
    Absent {
        exchanges: &["direct-download-link"],
        reason: "no direct links: no client of ours asks for them",
    },
];

const INTENDED: &[Difference] = &[
    Difference {
        exchanges: &["put-with-invalid-mtime"],
        begins: &["status 500"],
        reason: "a wrong header is the caller's mistake: 400",
    },
    Difference {
        exchanges: &["search-scope-other-user"],
        begins: &["status 500"],
        reason: "a foreign scope is not found, as every foreign path: 404",
    },
    Difference {
        exchanges: &["odd-name-put-newline"],
        begins: &["status 404"],
        reason: "the recording is a page of its proxy; here the name is refused as others are: 400",
    },
    Difference {
        exchanges: &["odd-name-put-invalid-utf8"],
        begins: &["status 201"],
        reason: "bytes that are no UTF-8 are refused, not taken for another alphabet: 400",
    },
    Difference {
        exchanges: &["lock-file", "unlock-file"],
        begins: &["status 501"],
        reason: "locks work here (RFC 4918 class 2)",
    },
    Difference {
        exchanges: &["put-after-refused-lock"],
        begins: &["status 204"],
        reason: "the lock before was taken here, so a write without its token is refused: 423",
    },
    Difference {
        exchanges: &["propfind-folder-depth-1"],
        begins: &["property {http://owncloud.org/ns}checksums of /remote.php/dav/files/carol/Docs/badsum.txt"],
        reason: "a wrong checksum is refused here, so no file has one",
    },
    Difference {
        exchanges: &["odd-names-propfind"],
        begins: &["entry /remote.php/dav/files/carol/Odd/\u{dc}bung-nfd.txt"],
        reason: "names are kept as they were sent, not composed",
    },
];

/// Searches without an order, or in folders with files of steps that are not in the recording: which entries are found is
/// open, their shape is not.
const ANY_ENTRY: &[&str] = &[
    "search-limit-and-orderby",
    "search-and-not",
    "search-depth-1",
    "search-size-greater-than",
    "search-lastmodified-with-iso-date",
    "search-is-collection",
];

/// Method, path below `/remote.php/dav/`, body.
type Steps = &'static [(&'static str, &'static str, &'static str)];

/// Steps that the recording does not list.
const STEPS: &[(&str, Steps)] = &[
    (
        "propfind-root-depth-1-empty",
        &[
            ("MKCOL", "files/carol/.Collectives", ""),
            ("MKCOL", "files/carol/.Collectives/New%20File", ""),
            (
                "PUT",
                "files/carol/.Collectives/New%20File/Readme.md",
                "more than twenty bytes",
            ),
        ],
    ),
    (
        "propfind-folder-depth-1",
        &[
            ("PUT", "files/carol/Docs/badsum.txt", "abc"),
            ("PUT", "files/carol/Docs/badtime.txt", "abc"),
            ("PUT", "files/carol/Docs/badtime2.txt", "abc"),
        ],
    ),
    (
        "move-to-new-name",
        &[
            ("PUT", "files/carol/a.txt", "a"),
            ("PUT", "files/carol/b.txt", "b"),
            ("PUT", "files/carol/c.txt", "c"),
            ("MKCOL", "files/carol/Dst", ""),
        ],
    ),
    ("odd-name-put-spaces", &[("MKCOL", "files/carol/Odd", "")]),
    (
        "odd-names-propfind",
        &[
            ("PUT", "files/carol/Odd/%3Cb%3E.txt", "x"),
            ("PUT", "files/carol/Odd/a%2520b.txt", "x"),
            ("PUT", "files/carol/Odd/U%CC%88bung-nfd.txt", "x"),
            ("PUT", "files/carol/Odd/dot.", "x"),
            ("PUT", "files/carol/Odd/a%C3%BFb.txt", "x"),
        ],
    ),
    (
        "odd-name-get-percent-twice-encoded",
        &[("PUT", "files/carol/Odd/a%2520b.txt", "percent-encoded-looking")],
    ),
    (
        "chunked-v2-move-with-missing-chunk-and-total-length",
        &[
            ("MKCOL", "uploads/carol/up-43f458b6ba9a", ""),
            ("PUT", "uploads/carol/up-43f458b6ba9a/00001", "64 bytes"),
        ],
    ),
];

/// What stands in the recording, and what stands for it here.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn learn(&mut self, exchange: &Exchange, answer: &Answer) {
        let ours = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
        if let (Some(theirs), Some(ours)) = (exchange.response.headers.get("ETag"), ours("etag")) {
            self.0.insert(theirs.clone(), ours.to_owned());
        }
        if let (Some(theirs), Some(ours)) = (exchange.response.headers.get("OC-FileId"), ours("oc-fileid")) {
            let number = |id: &str| id[..8].parse::<i64>().unwrap();
            let literal = |id: &str| format!("<d:literal>{}</d:literal>", number(id));
            self.0.insert(literal(theirs), literal(ours));
        }
    }

    fn translate(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (theirs, ours)| {
            text.replace(theirs.as_str(), ours)
        })
    }
}

async fn prepare(wire: &Wire, name: &str) {
    let authorization = wire.authorization("Basic carol");
    let headers = [("Authorization", authorization.as_str())];
    for (method, path, body) in STEPS
        .iter()
        .filter(|(exchange, _)| *exchange == name)
        .flat_map(|(_, steps)| *steps)
    {
        let answer = wire
            .send(
                method,
                &format!("/remote.php/dav/{path}"),
                &headers,
                body.as_bytes().to_vec(),
            )
            .await;
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.status);
    }
    if name == "quota-put-too-large" {
        set_quota(wire, 6 << 20).await;
    }
}

async fn set_quota(wire: &Wire, bytes: i64) {
    let mut tx = wire.cloud.db().write().await.unwrap();
    let update = sqlx::query("UPDATE accounts SET quota_bytes = ? WHERE id = 'carol'").bind(bytes);
    update.execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

async fn send(wire: &Wire, exchange: &Exchange, names: &Names) -> Answer {
    let mut headers = exchange.request.headers.clone();
    for value in headers.values_mut() {
        *value = names.translate(value);
    }
    if let Some(recorded) = headers.get_mut("Authorization") {
        *recorded = wire.authorization(recorded);
    }
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut body = exchange.request.body();
    if let Ok(text) = std::str::from_utf8(&body) {
        body = names.translate(text).into_bytes();
    }
    // Of these two the recording keeps the beginning only.
    if exchange.name == "quota-put-too-large" {
        body = vec![b'Z'; 2 << 20];
    }
    if exchange.name == "chunked-v2-put-chunk-1" {
        body = vec![b'A'; 5 << 20];
    }
    wire.send(&exchange.request.method, &exchange.request.path, &headers, body)
        .await
}

pub(crate) fn compare(exchange: &Exchange, answer: &Answer) -> Vec<String> {
    let recorded = &exchange.response;
    if recorded.status != answer.status.as_u16() {
        let body = String::from_utf8_lossy(&answer.body);
        return vec![format!(
            "status {} in the recording, {} here: {body}",
            recorded.status, answer.status
        )];
    }
    let mut found = Vec::new();
    for (name, value) in recorded.headers.iter().filter(|(name, _)| *name != "Set-Cookie") {
        match answer.headers.get(name.as_str()).and_then(|value| value.to_str().ok()) {
            None => found.push(format!("header {name} is missing")),
            // `charset="utf-8"` means the same.
            Some(ours) if name == "Content-Type" && !ours.eq_ignore_ascii_case(&value.replace('"', "")) => {
                found.push(format!("header {name} is {value} in the recording, {ours} here"));
            }
            Some(ours)
                if ["Content-Range", "X-OC-MTime", "WWW-Authenticate"].contains(&name.as_str()) && ours != value =>
            {
                found.push(format!("header {name} is {value} in the recording, {ours} here"));
            }
            Some(_) => {}
        }
    }
    let theirs = recorded.body();
    let any_entry = ANY_ENTRY.contains(&exchange.name.as_str());
    if recorded.status == 207 {
        found.extend(dav_shape::multistatus(&theirs, &answer.body, any_entry));
    } else if theirs.windows(8).any(|window| window == b"<d:error") {
        found.extend(dav_shape::error(&theirs, &answer.body));
    } else if answer.status.is_success() && recorded.is_whole() && theirs != answer.body {
        found.push(format!("body is {:?} here", String::from_utf8_lossy(&answer.body)));
    } else if theirs.is_empty() != answer.body.is_empty() {
        found.push("body is empty in one of both".to_owned());
    }
    found
}

#[tokio::test]
async fn the_recorded_requests_of_files_are_answered_alike() {
    let wire = Wire::boot().await;
    // Somebody else's files exist, and are still not to be seen.
    wire.cloud.content().home(&UserId::new("dave")).await.unwrap();
    let mut names = Names::default();
    let mut failures = Vec::new();
    let exchanges = recording::read("files");
    for exchange in &exchanges {
        let name = exchange.name.as_str();
        prepare(&wire, name).await;
        let answer = send(&wire, exchange, &names).await;
        if let Some(absent) = ABSENT.iter().find(|absent| absent.exchanges.contains(&name)) {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}: {}", absent.reason);
            report::is_absent("files", name, absent.reason);
            continue;
        }
        names.learn(exchange, &answer);
        let found = unintended("files", name, compare(exchange, &answer), INTENDED);
        if !found.is_empty() {
            failures.push(format!("{name}: {found:#?}"));
        }
    }
    assert_eq!(exchanges.len(), 150);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
