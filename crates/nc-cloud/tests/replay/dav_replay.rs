//! Replay of recordings in which objects get names and tags that later requests repeat.

use std::collections::BTreeMap;

use crate::{
    dav_shape,
    differences::Difference,
    recording::{self, Exchange},
    wire::{Answer, Wire, unintended},
};

/// Requests that come before an exchange: what the recording does not show.
pub(crate) struct Step {
    pub(crate) before: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) body: &'static str,
}

/// What stands in the recording, and what stands for it here.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn learn(&mut self, exchange: &Exchange, answer: &Answer) {
        let ours = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
        if let (Some(theirs), Some(ours)) = (exchange.response.headers.get("ETag"), ours("etag")) {
            self.0.insert(theirs.clone(), ours.to_owned());
        }
        let (theirs, ours) = (exchange.response.body(), &answer.body);
        let (theirs, ours) = (String::from_utf8_lossy(&theirs), String::from_utf8_lossy(ours));
        // Names that the server gives: copies of invitations, entries of the trash.
        for (begin, end) in [("sabredav-", ".ics"), ("trashbin/objects/", ".ics")] {
            let (theirs, ours) = (find(&theirs, begin, end), find(&ours, begin, end));
            for (theirs, ours) in theirs.into_iter().zip(ours) {
                self.0.entry(theirs).or_insert(ours);
            }
        }
    }

    fn translate(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (theirs, ours)| {
            text.replace(theirs.as_str(), ours)
        })
    }
}

fn find(text: &str, begin: &str, end: &str) -> Vec<String> {
    let starts = text.match_indices(begin).map(|(start, _)| &text[start..]);
    let names = starts.filter_map(|rest| rest.find(end).map(|length| rest[..length + end.len()].to_owned()));
    let mut found: Vec<String> = Vec::new();
    for name in names.filter(|name| name.len() < 80 && !name.contains('<')) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// Replays the recording of an area and panics with the list of unintended differences.
pub(crate) async fn replay(area: &str, count: usize, steps: &[Step], intended: &[Difference]) {
    let wire = Wire::boot().await;
    let mut names = Names::default();
    let mut failures = Vec::new();
    let exchanges = recording::read(area);
    for exchange in &exchanges {
        let name = exchange.name.as_str();
        for step in steps.iter().filter(|step| step.before == name) {
            let authorization = wire.authorization("Basic carol");
            let headers = [("Authorization", authorization.as_str())];
            let body = step.body.as_bytes().to_vec();
            let answer = wire.send(step.method, step.path, &headers, body).await;
            assert!(
                answer.status.is_success(),
                "{} {}: {}",
                step.method,
                step.path,
                answer.status
            );
        }
        let answer = send(&wire, exchange, &names).await;
        names.learn(exchange, &answer);
        let found = unintended(area, name, compare(exchange, &answer, &names), intended);
        if !found.is_empty() {
            failures.push(format!("{name}: {found:#?}"));
        }
    }
    assert_eq!(exchanges.len(), count);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
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
    let path = names.translate(&exchange.request.path);
    wire.send(&exchange.request.method, &path, &headers, body).await
}

fn compare(exchange: &Exchange, answer: &Answer, names: &Names) -> Vec<String> {
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
            Some(ours) if name == "Content-Type" && !ours.eq_ignore_ascii_case(&value.replace('"', "")) => {
                found.push(format!("header {name} is {value} in the recording, {ours} here"));
            }
            Some(ours) if name == "WWW-Authenticate" && ours != value => {
                found.push(format!("header {name} is {value} in the recording, {ours} here"));
            }
            Some(_) => {}
        }
    }
    let theirs = recorded.body();
    let kind = recorded.headers.get("Content-Type").map_or("", String::as_str);
    if recorded.status == 207 {
        let theirs = names.translate(&String::from_utf8(theirs).unwrap());
        found.extend(dav_shape::multistatus(theirs.as_bytes(), &answer.body, false));
    } else if theirs.windows(8).any(|window| window == b"<d:error") {
        found.extend(dav_shape::error(&theirs, &answer.body));
    } else if kind.starts_with("text/") && answer.status.is_success() {
        found.extend(lines(&theirs, &answer.body));
    } else if theirs.is_empty() != answer.body.is_empty() {
        found.push("body is empty in one of both".to_owned());
    }
    found
}

/// The lines that stand in one of both texts only; their order is the server's.
fn lines(theirs: &[u8], ours: &[u8]) -> Vec<String> {
    let read = |text: &[u8]| {
        let text = String::from_utf8_lossy(text).replace("\r\n", "\n").replace("\n ", "");
        let lines = text.lines().filter(|line| {
            let made = ["DTSTAMP", "PRODID", "UID:sabre-vobject"];
            !made.iter().any(|name| line.starts_with(name))
        });
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let (theirs, ours) = (read(theirs), read(ours));
    let missing = theirs.iter().filter(|line| !ours.contains(line));
    let extra = ours.iter().filter(|line| !theirs.contains(line));
    let missing = missing.map(|line| format!("line {line} is missing"));
    missing
        .chain(extra.map(|line| format!("line {line} is here only")))
        .collect()
}
