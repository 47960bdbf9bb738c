use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    differences::{Absent, Difference},
    recording::{self, Exchange},
    wire::{Answer, Wire, unintended},
};

pub(crate) const ABSENT: &[Absent] = &[];

pub(crate) const INTENDED: &[Difference] = &[
    Difference {
        exchanges: &["v1-column-create-missing-title", "v2-table-create-missing-title"],
        begins: &["status 500"],
        reason: "a missing title is the caller's mistake: 400, and the answer says so",
    },
    Difference {
        exchanges: &["v1-row-create-unknown-column"],
        begins: &["status 500"],
        reason: "a column of another table is the caller's mistake: 400 with the same words",
    },
    Difference {
        exchanges: &["v1-row-update-unknown", "v1-row-delete-again"],
        begins: &["status 500"],
        reason: "a row that is not there is 404, as it is when it is read",
    },
    Difference {
        exchanges: &["v2-table-scheme"],
        begins: &["status 500"],
        reason: "the scheme is told in version 2 too",
    },
    Difference {
        exchanges: &["v1-column-update", "v1-column-delete"],
        begins: &[
            "/numberDecimals",
            "/textUnique",
            "/usergroupMultipleItems",
            "/usergroupSelectUsers",
            "/usergroupSelectGroups",
            "/usergroupSelectTeams",
            "/showUserStatus",
            "/datetimeDefault",
        ],
        reason: "a change of a column leaves the settings that it does not name",
    },
];

/// The numbers of the recording, by what they count, and those that stand for them here.
#[derive(Default)]
struct Names(BTreeMap<(&'static str, i64), i64>);

impl Names {
    fn learn(&mut self, kind: &'static str, theirs: i64, ours: &Value) {
        self.0.insert((kind, theirs), ours.as_i64().expect("a number"));
    }

    fn learn_from(&mut self, exchange: &Exchange, answer: &Answer) {
        let data = |body: &[u8]| {
            let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
            if body["ocs"].is_object() {
                body["ocs"]["data"].clone()
            } else {
                body
            }
        };
        let (theirs, ours) = (data(&exchange.response.body()), data(&answer.body));
        let kind = if theirs["nodeId"].is_number() {
            "share"
        } else if theirs["data"].is_array() {
            "row"
        } else if theirs["columnSettings"].is_array() {
            "view"
        } else if theirs["tableId"].is_number() {
            "column"
        } else {
            "table"
        };
        if let (Some(theirs), true) = (theirs["id"].as_i64(), ours["id"].is_number()) {
            self.learn(kind, theirs, &ours["id"]);
        }
    }

    fn get(&self, kind: &'static str, theirs: i64) -> i64 {
        self.0.get(&(kind, theirs)).copied().unwrap_or(theirs)
    }

    /// A number in a path stands behind the word for what it counts.
    fn path(&self, path: &str) -> String {
        let (path, query) = path
            .split_once('?')
            .map_or((path, None), |(path, query)| (path, Some(query)));
        let mut before = "";
        let segments = path.split('/').map(|segment| {
            let kind = match before {
                "tables" | "table" | "scheme" | "0" => "table",
                "views" | "view" => "view",
                "columns" => "column",
                "rows" => "row",
                "shares" => "share",
                _ => "",
            };
            before = segment;
            match segment.parse() {
                Ok(id) if !kind.is_empty() => self.get(kind, id).to_string(),
                _ => segment.to_owned(),
            }
        });
        let path = segments.collect::<Vec<_>>().join("/");
        query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"))
    }

    fn body(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| {
                    let name = name
                        .parse()
                        .map_or_else(|_| name.clone(), |id| self.get("column", id).to_string());
                    let value = match (name.as_str(), value.as_i64()) {
                        ("columnId", Some(id)) => self.get("column", id).into(),
                        ("baseNodeId", Some(id)) => self.get("table", id).into(),
                        _ => self.body(value),
                    };
                    (name, value)
                });
                Value::Object(fields.collect::<Map<_, _>>())
            }
            Value::Array(items) => items.iter().map(|item| self.body(item)).collect(),
            // Structures in texts hold numbers of columns too.
            Value::String(text) => match serde_json::from_str(text) {
                Ok(inner @ (Value::Array(_) | Value::Object(_))) => self.body(&inner).to_string().into(),
                _ => value.clone(),
            },
            _ => value.clone(),
        }
    }
}

/// Steps of the recording that are not listed: what they made shows in later answers.
const UNLISTED: &[(&str, &str, &str, &str, i64)] = &[
    (
        "v1-column-create-text-rich",
        "/index.php/apps/tables/api/1/tables/37/columns",
        r#"{"title": "Name", "type": "text", "subtype": "line", "mandatory": true, "description": "", "textDefault": "", "textMaxLength": 50}"#,
        "column",
        81,
    ),
    (
        "v1-row-create-number-as-text",
        "/index.php/apps/tables/api/1/tables/37/rows",
        r#"{"data": "{\"81\": \"string body\"}"}"#,
        "row",
        70,
    ),
    (
        "v1-row-create-missing-mandatory",
        "/index.php/apps/tables/api/1/tables/37/rows",
        r#"{"data": {"81": "x", "92": "not a date"}}"#,
        "row",
        73,
    ),
];

async fn catch_up(wire: &Wire, names: &mut Names, before: &str) {
    for (_, path, body, kind, theirs) in UNLISTED.iter().filter(|step| step.0 == before) {
        let authorization = wire.authorization("Basic carol");
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/json"),
        ];
        let body = names.body(&serde_json::from_str(body).unwrap()).to_string();
        let answer = wire.send("POST", &names.path(path), &headers, body.into_bytes()).await;
        let ours: Value = serde_json::from_slice(&answer.body).unwrap();
        names.learn(kind, *theirs, &ours["id"]);
    }
}

#[tokio::test]
async fn the_recorded_requests_of_tables_are_answered_alike() {
    let wire = Wire::boot().await;
    let mut names = Names::default();
    let mut failures = Vec::new();
    for mut exchange in recording::read("tables") {
        let name = exchange.name.clone();
        catch_up(&wire, &mut names, &name).await;
        let path = names.path(&exchange.request.path);
        if let Ok(body) = serde_json::from_slice::<Value>(&exchange.request.body()) {
            exchange.request.set_body(names.body(&body).to_string());
        }
        let (answer, found) = wire.replay(&exchange, &path, &[]).await;
        names.learn_from(&exchange, &answer);
        let found = unintended("tables", &name, found, INTENDED);
        if !found.is_empty() {
            failures.push(format!("{name}: {found:#?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(ABSENT.is_empty(), "every recorded exchange has an answer here");
}

#[test]
fn numbers_are_translated_by_what_they_count() {
    let mut names = Names::default();
    names.learn("table", 7, &json!(1));
    names.learn("column", 7, &json!(2));
    assert_eq!(
        names.path("/api/1/tables/7/rows?limit=7"),
        "/api/1/tables/1/rows?limit=7"
    );
    assert_eq!(names.path("/api/2/columns/table/7"), "/api/2/columns/table/1");
    let body = json!({ "data": { "7": 7 }, "sort": "[{\"columnId\":7}]" });
    assert_eq!(
        names.body(&body),
        json!({ "data": { "2": 7 }, "sort": "[{\"columnId\":2}]" })
    );
}
