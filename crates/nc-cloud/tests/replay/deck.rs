use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    differences::Difference,
    recording::{self, Exchange},
    wire::{Answer, Wire, unintended},
};

pub(crate) const INTENDED: &[Difference] = &[
    Difference {
        exchanges: &["board-get-non-numeric", "card-create-bad-duedate"],
        begins: &["status 500"],
        reason: "an id that is no number and a date that is none are the caller's mistake: 400 with what would be right",
    },
    Difference {
        exchanges: &["boards-list-if-modified-since-future"],
        begins: &["status 500"],
        reason: "nothing changed since a time that is yet to come: 200 with an empty list",
    },
    Difference {
        exchanges: &["card-update"],
        begins: &["/lastEditor is null"],
        reason: "who changed a card is told in the answer to the change, not only in the next one",
    },
];

/// What stands in the recording, and what stands for it here: ids and tags.
#[derive(Default)]
struct Names {
    ids: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
}

impl Names {
    fn learn(&mut self, exchange: &Exchange, answer: &Answer) {
        let ours = answer.headers.get("ETag").and_then(|value| value.to_str().ok());
        if let (Some(theirs), Some(ours)) = (exchange.response.headers.get("ETag"), ours) {
            self.tags.insert(theirs.clone(), ours.to_owned());
        }
        let theirs = serde_json::from_slice(&exchange.response.body()).unwrap_or(Value::Null);
        let ours = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        for place in ["/id", "/ocs/data/id"] {
            let (theirs, ours) = (theirs.pointer(place), ours.pointer(place));
            if let (Some(theirs), Some(ours)) = (theirs, ours) {
                self.ids.insert(theirs.to_string(), ours.to_string());
            }
        }
    }

    fn path(&self, path: &str) -> String {
        let (path, query) = path
            .split_once('?')
            .map_or((path, None), |(path, query)| (path, Some(query)));
        let segments = path
            .split('/')
            .map(|segment| self.ids.get(segment).map_or(segment, String::as_str));
        let path = segments.collect::<Vec<_>>().join("/");
        query.map_or(path.clone(), |query| format!("{path}?{query}"))
    }

    /// The body with the ids of here.
    fn body(&self, body: &[u8]) -> Option<String> {
        let mut body: Value = serde_json::from_slice(body).ok()?;
        for name in ["stackId", "labelId", "parentId"] {
            if let Some(id) = body.get(name).and_then(|id| self.ids.get(&id.to_string())) {
                body[name] = id.parse::<i64>().unwrap().into();
            }
        }
        Some(body.to_string())
    }
}

const BOARDS: &str = "/index.php/apps/deck/api/v1.0/boards";

/// Steps that the recording left out.
async fn prepare(wire: &Wire, names: &Names, next: &str) {
    let send = async |method: &str, path: &str, kind: &str, body: String| {
        let authorization = wire.authorization("Basic carol");
        let headers = [("Authorization", authorization.as_str()), ("Content-Type", kind)];
        let answer = wire.send(method, &names.path(path), &headers, body.into_bytes()).await;
        assert_eq!(
            answer.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        serde_json::from_slice::<Value>(&answer.body).unwrap()
    };
    let json_type = "application/json";
    match next {
        // A board that was deleted is still in the list.
        "boards-list" => {
            let board = json!({"title": "Welcome to Nextcloud Deck!", "color": "bf678b"});
            let board = send("POST", BOARDS, json_type, board.to_string()).await;
            for (title, order) in [("To Do", 1), ("Done", 2)] {
                let stack = json!({"title": title, "order": order}).to_string();
                send("POST", &format!("{BOARDS}/{}/stacks", board["id"]), json_type, stack).await;
            }
            send("DELETE", &format!("{BOARDS}/{}", board["id"]), json_type, String::new()).await;
        }
        "attachments-list-v1-1" => {
            let form = "--bnd\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\ndeck_file\r\n--bnd\r\n\
                        Content-Disposition: form-data; name=\"file\"; filename=\"note.txt\"\r\n\
                        Content-Type: text/plain\r\n\r\nattached text\r\n--bnd--\r\n";
            let kind = "multipart/form-data; boundary=bnd";
            let path = format!("{BOARDS}/79/stacks/71/cards/82/attachments");
            send("POST", &path, kind, form.to_owned()).await;
        }
        "board-get-as-member" => {
            let acl = json!({"type": 0, "participant": "nobody-here", "permissionEdit": true});
            let acl = send("POST", &format!("{BOARDS}/79/acl"), json_type, acl.to_string()).await;
            assert_eq!(acl["participant"], "nobody-here");
        }
        "stack-delete" => {
            let card = json!({"title": "late", "description": "changed", "order": 3}).to_string();
            send("POST", &format!("{BOARDS}/79/stacks/72/cards"), json_type, card).await;
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_recorded_requests_of_deck_are_answered_alike() {
    let wire = Wire::boot().await;
    let mut names = Names::default();
    let mut failures = Vec::new();
    for mut exchange in recording::read("deck") {
        prepare(&wire, &names, &exchange.name).await;
        if let Some(body) = names.body(&exchange.request.body()) {
            exchange.request.set_body(body);
        }
        let path = names.path(&exchange.request.path);
        let tag = exchange.request.headers.get("If-None-Match");
        let replaced: Vec<_> = tag
            .map(|tag| ("If-None-Match", names.tags.get(tag).unwrap_or(tag).clone()))
            .into_iter()
            .collect();
        let (answer, found) = wire.replay(&exchange, &path, &replaced).await;
        names.learn(&exchange, &answer);
        let found = unintended("deck", &exchange.name, found, INTENDED);
        if !found.is_empty() {
            failures.push(format!("{}: {found:#?}", exchange.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
