use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::Value;

use crate::{
    differences::{Absent, Difference},
    recording::{self, Exchange},
    report,
    wire::{Answer, Wire, unintended},
};

const ABSENT: &[Absent] = &[Absent {
    exchanges: &["notes-get-readonly-shared", "notes-update-readonly-forbidden"],
    reason: "notes are those in the own files, so a note that somebody shares for reading only is none",
}];

const INTENDED: &[Difference] = &[Difference {
    exchanges: &["notes-attachment-upload-without-file"],
    begins: &["status 500"],
    reason: "a missing file is the caller's mistake: 400",
}];

/// What stands in the recording, and what stands for it here: ids, tags, cursors, names of attachments.
#[derive(Default)]
struct Names {
    ids: BTreeMap<String, String>,
    texts: BTreeMap<String, String>,
}

impl Names {
    fn learn(&mut self, exchange: &Exchange, answer: &Answer) {
        for name in ["ETag", "X-Notes-Chunk-Cursor"] {
            let ours = answer.headers.get(name).and_then(|value| value.to_str().ok());
            if let (Some(theirs), Some(ours)) = (exchange.response.headers.get(name), ours) {
                self.texts.insert(theirs.clone(), ours.to_owned());
            }
        }
        let theirs = serde_json::from_slice(&exchange.response.body()).unwrap_or(Value::Null);
        let ours = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if let (Some(theirs), Some(ours)) = (theirs["id"].as_i64(), ours["id"].as_i64()) {
            self.ids.insert(theirs.to_string(), ours.to_string());
        }
        for field in ["etag", "filename"] {
            if let (Some(theirs), Some(ours)) = (theirs[field].as_str(), ours[field].as_str()) {
                self.texts.insert(theirs.to_owned(), ours.to_owned());
            }
        }
    }

    fn translate(&self, text: &str) -> String {
        let segments = text.split('/').map(|segment| {
            let (id, query) = segment.split_once('?').map_or((segment, ""), |(id, query)| (id, query));
            match self.ids.get(id) {
                Some(id) if query.is_empty() => id.clone(),
                Some(id) => format!("{id}?{query}"),
                None => segment.to_owned(),
            }
        });
        let text = segments.collect::<Vec<_>>().join("/");
        self.texts
            .iter()
            .fold(text, |text, (theirs, ours)| text.replace(theirs.as_str(), ours))
    }
}

#[tokio::test]
async fn the_recorded_requests_of_notes_are_answered_alike() {
    let wire = Wire::boot().await;
    let mut names = Names::default();
    let mut failures = Vec::new();
    for exchange in recording::read("notes") {
        let name = exchange.name.as_str();
        if name == "notes-attachment-upload" {
            // The recording went back to the usual folder without a listed step.
            let authorization = wire.authorization("Basic carol");
            let headers = [
                ("Authorization", authorization.as_str()),
                ("Content-Type", "application/json"),
            ];
            let body = br#"{"notesPath": "Notes"}"#.to_vec();
            let answer = wire
                .send("PUT", "/index.php/apps/notes/api/v1/settings", &headers, body)
                .await;
            assert_eq!(answer.status, StatusCode::OK);
        }
        let path = names.translate(&exchange.request.path);
        let headers = exchange
            .request
            .headers
            .iter()
            .filter(|(name, _)| name.starts_with("If-"));
        let replaced: Vec<_> = headers
            .map(|(name, value)| (name.as_str(), names.translate(value)))
            .collect();
        let (answer, found) = wire.replay(&exchange, &path, &replaced).await;
        if let Some(absent) = ABSENT.iter().find(|absent| absent.exchanges.contains(&name)) {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}: {}", absent.reason);
            report::is_absent("notes", name, absent.reason);
            continue;
        }
        names.learn(&exchange, &answer);
        let found = unintended("notes", name, found, INTENDED);
        if !found.is_empty() {
            failures.push(format!("{name}: {found:#?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
