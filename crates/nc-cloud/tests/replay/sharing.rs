use std::collections::BTreeMap;

use http::StatusCode;
use nc_proto::clock::Clock;
use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    dav_shape,
    differences::{Absent, Difference},
    recording::{self, Exchange},
    shape,
    wire::{Answer, Wire, unintended},
};

pub(crate) const ABSENT: &[Absent] = &[];

pub(crate) const INTENDED: &[Difference] = &[
    Difference {
        exchanges: &["share-create-link-password-expire-label", "shares-inherited"],
        begins: &["fact hide_download"],
        reason: "a link that is made with hideDownload is not downloadable from the first moment",
    },
    Difference {
        exchanges: &["shares-pending-list"],
        begins: &["fact permissions"],
        reason: "a pending share is shown with the permissions that it will have",
    },
    Difference {
        exchanges: &["owner-sees-share-types"],
        begins: &["5 entries", "entry /remote.php/dav/files/carol/.Collectives is missing"],
        reason: "a folder of an app that is not here",
    },
];

/// Requests that the recording does not show: before which exchange, who, what.
const STEPS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "shares-list-empty",
        "carol",
        "PUT",
        "/remote.php/dav/files/carol/doc.txt",
        "document",
    ),
    (
        "shares-list-empty",
        "carol",
        "MKCOL",
        "/remote.php/dav/files/carol/Team",
        "",
    ),
    (
        "shares-list-empty",
        "carol",
        "PUT",
        "/remote.php/dav/files/carol/Team/a.txt",
        "content",
    ),
    (
        "shares-list-empty",
        "carol",
        "PUT",
        "/remote.php/dav/files/carol/mit%20%C3%9Cmlaut%20%26%20%23.txt",
        "x",
    ),
    (
        "share-create-user-pending",
        "dave",
        "PUT",
        "/index.php/apps/files_sharing/settings/defaultAccept",
        r#"{"accept": false}"#,
    ),
    (
        "share-create-user-pending",
        "carol",
        "PUT",
        "/remote.php/dav/files/carol/later.txt",
        "later",
    ),
    (
        "shares-pending-list-empty",
        "dave",
        "POST",
        "/ocs/v2.php/apps/files_sharing/api/v1/shares/pending/86",
        "",
    ),
    (
        "public-page-html",
        "carol",
        "PUT",
        "/ocs/v2.php/apps/files_sharing/api/v1/shares/80",
        r#"{"expireDate": "2027-02-01", "label": "Public doc", "hideDownload": true}"#,
    ),
    (
        "public-dav-upload-only-list",
        "carol",
        "PUT",
        "/remote.php/dav/files/carol/Team/drop.txt",
        "drop",
    ),
    (
        "share-delete-again",
        "carol",
        "DELETE",
        "/ocs/v2.php/apps/files_sharing/api/v1/shares/74",
        "",
    ),
];

/// What stands in the recording, and what stands for it here: numbers of shares, tokens.
#[derive(Default)]
struct Names {
    ids: BTreeMap<String, String>,
    tokens: BTreeMap<String, String>,
}

impl Names {
    fn learn(&mut self, exchange: &Exchange, answer: &Answer) {
        let read = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap_or_default()["ocs"]["data"].clone();
        let (theirs, ours) = (read(&exchange.response.body()), read(&answer.body));
        for (name, known) in [("id", &mut self.ids), ("token", &mut self.tokens)] {
            if let (Some(theirs), Some(ours)) = (theirs[name].as_str(), ours[name].as_str()) {
                known.insert(theirs.to_owned(), ours.to_owned());
            }
        }
    }

    fn translate(&self, text: &str) -> String {
        let text = self.tokens.iter().fold(text.to_owned(), |text, (theirs, ours)| {
            text.replace(theirs.as_str(), ours)
        });
        let Some((before, id)) = text.rsplit_once('/') else {
            return text;
        };
        let (id, query) = id.split_once('?').map_or((id, ""), |(id, query)| (id, query));
        match self.ids.get(id) {
            Some(id) if query.is_empty() => format!("{before}/{id}"),
            Some(id) => format!("{before}/{id}?{query}"),
            None => text,
        }
    }
}

async fn prepare(wire: &Wire, name: &str, names: &Names) {
    for (_, who, method, path, body) in STEPS.iter().filter(|step| step.0 == name) {
        let authorization = wire.authorization(&format!("Basic {who}"));
        let headers = [
            ("Authorization", authorization.as_str()),
            ("OCS-APIRequest", "true"),
            ("Content-Type", "application/json"),
        ];
        let answer = wire
            .send(method, &names.translate(path), &headers, body.as_bytes().to_vec())
            .await;
        let body = String::from_utf8_lossy(&answer.body);
        assert!(answer.status.is_success(), "{method} {path}: {} {body}", answer.status);
    }
}

fn compare(exchange: &Exchange, answer: &Answer, names: &Names) -> Vec<String> {
    let recorded = &exchange.response;
    if recorded.status != answer.status.as_u16() {
        return vec![format!(
            "status {} in the recording, {} here: {}",
            recorded.status,
            answer.status,
            String::from_utf8_lossy(&answer.body)
        )];
    }
    let mut found = Vec::new();
    for (name, value) in recorded.headers.iter().filter(|(name, _)| *name != "Set-Cookie") {
        match answer.headers.get(name.as_str()).and_then(|value| value.to_str().ok()) {
            None => found.push(format!("header {name} is missing")),
            Some(ours) if name == "Content-Type" && !ours.eq_ignore_ascii_case(value) => {
                found.push(format!("header {name} is {value} in the recording, {ours} here"));
            }
            Some(ours) if name == "Location" && ours != names.translate(value) => {
                found.push(format!("header {name} is {value} in the recording, {ours} here"));
            }
            Some(_) => {}
        }
    }
    let kind = recorded.headers.get("Content-Type").map_or("", String::as_str);
    let theirs = recorded.body();
    if recorded.status == 207 {
        let theirs = names.translate(&String::from_utf8(theirs).unwrap());
        found.extend(dav_shape::multistatus(theirs.as_bytes(), &answer.body, false));
    } else if theirs.windows(8).any(|window| window == b"<d:error") {
        found.extend(dav_shape::error(&theirs, &answer.body));
    } else if kind.starts_with("application/json") {
        let theirs: Value = serde_json::from_slice(&theirs).unwrap();
        let ours: Value = serde_json::from_slice(&answer.body).unwrap();
        found.extend(shape::differences(&theirs, &ours));
        let code = |value: &Value| value["ocs"]["meta"]["statuscode"].clone();
        if code(&theirs) != code(&ours) {
            found.push(format!("code {} in the recording, {} here", code(&theirs), code(&ours)));
        }
        found.extend(facts(&theirs["ocs"]["data"], &ours["ocs"]["data"]));
    }
    found
}

/// Of shares, more than the shape is compared.
fn facts(theirs: &Value, ours: &Value) -> Vec<String> {
    let list = |value: &Value| match value {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    };
    let (theirs, ours) = (list(theirs), list(ours));
    let shares = |list: &[Value]| list.iter().filter(|one| one.get("share_type").is_some()).count();
    if shares(&theirs) != shares(&ours) {
        return vec![format!("{} shares in the recording, {} here", theirs.len(), ours.len())];
    }
    let mut found = Vec::new();
    for (theirs, ours) in theirs
        .iter()
        .zip(&ours)
        .filter(|(theirs, _)| theirs.get("share_type").is_some())
    {
        for name in [
            "share_type",
            "permissions",
            "item_permissions",
            "path",
            "file_target",
            "note",
            "label",
            "expiration",
            "uid_owner",
            "uid_file_owner",
            "share_with_displayname",
            "item_type",
            "is-mount-root",
            "mount-type",
            "can_edit",
            "can_delete",
            "hide_download",
            "attributes",
            "storage_id",
            "item_size",
            "via_path",
        ] {
            if theirs.get(name) != ours.get(name) {
                found.push(format!(
                    "fact {name} is {:?} in the recording, {:?} here",
                    theirs.get(name),
                    ours.get(name)
                ));
            }
        }
    }
    found
}

#[tokio::test]
async fn the_recorded_requests_of_sharing_are_answered_alike() {
    // The time of the recording: its dates lie behind it.
    let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_795_225_860).unwrap());
    let wire = Wire::boot_with(clock).await;
    let mut names = Names::default();
    let mut failures = Vec::new();
    let exchanges = recording::read("sharing");
    for exchange in &exchanges {
        let name = exchange.name.as_str();
        prepare(&wire, name, &names).await;
        let mut headers = exchange.request.headers.clone();
        if let Some(recorded) = headers.get_mut("Authorization") {
            *recorded = wire.authorization(recorded);
        }
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let path = names.translate(&exchange.request.path);
        let answer = wire
            .send(&exchange.request.method, &path, &headers, exchange.request.body())
            .await;
        if let Some(absent) = ABSENT.iter().find(|absent| absent.exchanges.contains(&name)) {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}: {}", absent.reason);
            continue;
        }
        names.learn(exchange, &answer);
        let found = unintended("sharing", name, compare(exchange, &answer, &names), INTENDED);
        if !found.is_empty() {
            failures.push(format!("{name}: {found:#?}"));
        }
    }
    assert_eq!(exchanges.len(), 82);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
