//! Tables through the tools, at the embedded cloud: nothing that a column does not take is sent, nothing of others is told.

use nc_testkit::{
    app::{TestApp, TestUser, send},
    own_issuer_app::OwnIssuerApp,
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

const SCOPES: &str = "openid profile tables:read tables:write";
const API: &str = "/index.php/apps/tables/api/1";

/// A change at the cloud by another program: what it made.
pub(crate) async fn made(request: RequestBuilder, body: &Value) -> Value {
    let request = request
        .header("content-type", "application/json")
        .header("ocs-apirequest", "true");
    let reply = send(request.body(body.to_string())).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    serde_json::from_str(&reply.text).expect("JSON")
}

/// A table with a text that every row needs and a choice, and rows with this text.
pub(crate) async fn sample(
    request: impl Fn(&str, &str) -> RequestBuilder,
    title: &str,
    rows: usize,
) -> (Value, Vec<Value>) {
    let table = made(request("POST", &format!("{API}/tables")), &json!({ "title": title })).await["id"].clone();
    let columns = format!("{API}/tables/{table}/columns");
    let name = json!({ "title": "Name", "type": "text", "subtype": "line", "mandatory": true });
    let name = made(request("POST", &columns), &name).await["id"].clone();
    let options = json!([{ "id": 0, "label": "open" }, { "id": 1, "label": "done" }]);
    let state = json!({ "title": "State", "type": "selection", "selectionOptions": options });
    made(request("POST", &columns), &state).await;
    let mut made_rows = Vec::new();
    for _ in 0..rows {
        let data = json!({ "data": { (name.to_string()): title } });
        let row = made(request("POST", &format!("{API}/tables/{table}/rows")), &data).await;
        made_rows.push(row["id"].clone());
    }
    (table, made_rows)
}

struct People {
    app: OwnIssuerApp,
    alice: String,
    bob: String,
}

impl People {
    async fn new() -> Self {
        let app = OwnIssuerApp::boot().await;
        let (alice, bob) = (app.token(&app.alice, SCOPES).await, app.token(&app.bob, SCOPES).await);
        Self { app, alice, bob }
    }

    fn cloud(&self, user: &TestUser, method: &str, path: &str) -> RequestBuilder {
        let request = self.app.request(method, &format!("{}{path}", self.app.cloud_url));
        request.header("authorization", user.basic())
    }

    async fn sample(&self, title: &str, rows: usize) -> (Value, Vec<Value>) {
        sample(|method, path| self.cloud(&self.app.alice, method, path), title, rows).await
    }

    /// Something of alice's that no tool makes.
    async fn make(&self, path: &str, body: Value) -> Value {
        made(self.cloud(&self.app.alice, "POST", &format!("{API}/{path}")), &body).await
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        let reply = self.app.call(&self.alice, tool, arguments).await;
        assert_ne!(reply.result()["isError"], true, "{tool}: {reply:?}");
        reply.structured()
    }

    async fn refusal(&self, token: &str, tool: &str, arguments: Value) -> String {
        let reply = self.app.call(token, tool, arguments).await;
        let result = reply.result();
        assert_eq!(result["isError"], true, "{tool}: {reply:?}");
        result["content"][0]["text"].as_str().expect("text").to_owned()
    }

    async fn refused(&self, tool: &str, arguments: Value) -> String {
        self.refusal(&self.alice, tool, arguments).await
    }
}

/// The shown value of a column of a row.
fn value<'r>(row: &'r Value, title: &str) -> &'r Value {
    let cells = row["data"].as_array().expect("cells");
    let cell = cells.iter().find(|cell| cell["title"] == title);
    &cell.unwrap_or_else(|| panic!("no cell {title}: {row}"))["value"]
}

const COLUMNS: &[(&str, &str)] = &[
    ("text", "line"),
    ("text", "long"),
    ("text", "rich"),
    ("text", "link"),
    ("number", ""),
    ("number", "stars"),
    ("number", "progress"),
    ("selection", ""),
    ("selection", "multi"),
    ("selection", "check"),
    ("datetime", ""),
    ("datetime", "date"),
    ("datetime", "time"),
    ("usergroup", ""),
];

/// A table with a column of each type, called by it.
async fn of_each_type(people: &People) -> Value {
    let table = people.make("tables", json!({ "title": "Types" })).await["id"].clone();
    for (kind, subtype) in COLUMNS {
        let column = json!({
            "title": format!("{kind} {subtype}").trim(), "type": kind, "subtype": subtype, "numberMin": 0, "numberMax": 100,
            "numberDecimals": 2, "numberPrefix": "€", "textMaxLength": 20, "usergroupSelectUsers": true,
            "selectionOptions": [{ "id": 0, "label": "open" }, { "id": 1, "label": "done" }],
        });
        people.make(&format!("tables/{table}/columns"), column).await;
    }
    table
}

#[tokio::test]
async fn p131_each_type_of_column_refuses_what_it_does_not_take_before_anything_is_sent() {
    let people = People::new().await;
    let table = of_each_type(&people).await;
    people.app.recorder.take();
    for (title, wrong, says) in [
        ("text line", json!(5), "takes text, not a number"),
        (
            "text line",
            json!("x".repeat(21)),
            "takes at most 20 characters, not 21",
        ),
        ("text line", json!("a\nb"), "takes one line of text"),
        ("text long", json!([]), "takes text, not a list"),
        ("text rich", json!(true), "takes text, not a truth value"),
        (
            "text link",
            json!("example"),
            "takes an address that begins with http:// or https://",
        ),
        (
            "number",
            json!("abc"),
            "takes a number with at most 2 decimals from 0 to 100 without its unit, not text",
        ),
        (
            "number",
            json!(101),
            "takes a number with at most 2 decimals from 0 to 100, not 101",
        ),
        (
            "number",
            json!(0.125),
            "takes a number with at most 2 decimals from 0 to 100, not 0.125",
        ),
        ("number stars", json!(6), "takes whole stars from 0 to 5, not 6"),
        (
            "number progress",
            json!(-1),
            "takes whole percent from 0 to 100, not -1",
        ),
        (
            "selection",
            json!("Open"),
            "takes one of its options \"open\" (0), \"done\" (1), not \"Open\"",
        ),
        (
            "selection",
            json!(77),
            "takes one of its options \"open\" (0), \"done\" (1), not 77",
        ),
        ("selection multi", json!("open"), "takes a list of options, not text"),
        ("selection multi", json!(["open", "x"]), "takes one of its options"),
        ("selection check", json!("maybe"), "takes true or false, not \"maybe\""),
        (
            "datetime",
            json!("2026-11-21"),
            "takes a date with time as YYYY-MM-DD HH:MM, without zone",
        ),
        (
            "datetime date",
            json!("2026-02-30"),
            "takes a date as YYYY-MM-DD, without zone",
        ),
        ("datetime time", json!("9:00"), "takes a time as HH:MM, without zone"),
        ("usergroup", json!(["alice", "bob"]), "takes one member, not several"),
        (
            "usergroup",
            json!({ "id": "x", "type": "group" }),
            "takes the id of: user",
        ),
    ] {
        let arguments = json!({ "table_id": table, "data": { title: wrong } });
        let text = people.refused("nc_tables_insert_row", arguments).await;
        assert!(
            text.starts_with(&format!("invalid_input: data: column \"{title}\" (")),
            "{text}"
        );
        assert!(text.contains(says), "{text}");
    }
    let writes = people
        .app
        .recorder
        .take()
        .into_iter()
        .filter(|sent| sent.method != "GET");
    assert_eq!(writes.count(), 0);
    let rows = people.call("nc_tables_read_table", json!({ "table_id": table })).await;
    assert_eq!(rows["rows"], json!([]));
}

#[tokio::test]
async fn p132_values_are_written_in_the_words_of_people_and_read_so() {
    let people = People::new().await;
    let table = of_each_type(&people).await;
    let data = json!({
        "text line": "Säge 🪚", "text long": "a\nb", "text rich": "**b**", "text link": "https://example.org/a",
        "number": 12.5, "number stars": 4, "number progress": 55, "selection": "done", "selection multi": ["open", 1],
        "selection check": true, "datetime": "2026-11-21 10:00", "datetime date": "2026-11-22", "datetime time": "10:30",
        "usergroup": "bob",
    });
    let made = people
        .call("nc_tables_insert_row", json!({ "table_id": table, "data": data }))
        .await;
    assert_eq!(made["message"], Value::Null, "{made}");
    // P130: people and times are there at once.
    assert_eq!(
        (&made["createdBy"], &made["lastEditBy"]),
        (&json!("alice"), &json!("alice"))
    );
    let read = people.call("nc_tables_read_table", json!({ "table_id": table })).await;
    let row = &read["rows"][0];
    assert_eq!(row["id"], made["id"]);
    for (title, given) in data.as_object().expect("an object") {
        let expected = match title.as_str() {
            "selection multi" => json!(["open", "done"]),
            "usergroup" => json!([{ "id": "bob", "type": 0, "displayName": "bob" }]),
            _ => given.clone(),
        };
        if title == "usergroup" {
            assert_eq!(value(row, title)[0]["id"], "bob");
        } else {
            assert_eq!(*value(row, title), expected, "{title}");
        }
    }
    let cells = row["data"].as_array().expect("cells");
    let choice = cells.iter().find(|cell| cell["title"] == "selection").expect("a cell");
    assert_eq!(choice["stored"], 1);
    let schema = people.call("nc_tables_get_schema", json!({ "table_id": table })).await;
    assert_eq!(schema["columns"].as_array().expect("columns").len(), COLUMNS.len());
}

#[tokio::test]
async fn a_change_touches_its_cells_and_a_row_that_changed_since_is_kept() {
    let people = People::new().await;
    let (table, rows) = people.sample("First", 1).await;
    let read = people.call("nc_tables_read_table", json!({ "table_id": table })).await;
    let time = read["rows"][0]["lastEditAt"].clone();
    let change = json!({ "row_id": rows[0], "data": { "State": "done" }, "last_edit_at": time });
    let changed = people.call("nc_tables_update_row", change).await;
    assert_eq!(
        (value(&changed, "Name"), value(&changed, "State")),
        (&json!("First"), &json!("done"))
    );
    let stale = json!({ "row_id": rows[0], "data": { "State": "open" }, "last_edit_at": "2001-01-01 00:00:00" });
    let text = people.refused("nc_tables_update_row", stale).await;
    assert!(text.starts_with("conflict: row "), "{text}");
    let cleared = json!({ "row_id": rows[0], "data": { "State": null } });
    let cleared = people.call("nc_tables_update_row", cleared).await;
    assert_eq!(*value(&cleared, "State"), Value::Null);
    let mandatory = json!({ "row_id": rows[0], "data": { "Name": "" } });
    let text = people.refused("nc_tables_update_row", mandatory).await;
    assert!(
        text.contains("column \"Name\"") && text.contains("is mandatory and needs a value"),
        "{text}"
    );
    let gone = people.call("nc_tables_delete_row", json!({ "row_id": rows[0] })).await;
    assert_eq!(*value(&gone, "Name"), json!("First"));
    let text = people
        .refused("nc_tables_delete_row", json!({ "row_id": rows[0] }))
        .await;
    assert_eq!(text, format!("not_found: row {} was not found", rows[0]));
}

#[tokio::test]
async fn p129_titles_stand_for_columns_unless_two_have_the_same() {
    let people = People::new().await;
    let (table, _) = people.sample("Twice", 0).await;
    let twin = people
        .make(
            &format!("tables/{table}/columns"),
            json!({ "title": "Name", "type": "text" }),
        )
        .await;
    let insert = async |data: Value| {
        people
            .refused("nc_tables_insert_row", json!({ "table_id": table, "data": data }))
            .await
    };
    let text = insert(json!({ "Name": "x" })).await;
    let ids = format!("{}, {}", twin["id"].as_i64().expect("id") - 2, twin["id"]);
    assert_eq!(
        text,
        format!("invalid_input: data: several columns have the title \"Name\"; name one by its id: {ids}")
    );
    let text = insert(json!({ "name": "x" })).await;
    assert!(
        text.contains("there is no column \"name\"; the columns are \"Name\" ("),
        "{text}"
    );
    let text = insert(json!({})).await;
    assert!(text.contains("a value is needed for \"Name\" ("), "{text}");
    let first = (twin["id"].as_i64().expect("id") - 2).to_string();
    let made = people
        .call(
            "nc_tables_insert_row",
            json!({ "table_id": table, "data": { first: "by id" } }),
        )
        .await;
    assert_eq!(made["data"][0]["value"], "by id");
}

#[tokio::test]
async fn p135_rows_are_read_in_parts() {
    let people = People::new().await;
    let (table, rows) = people.sample("Many", 5).await;
    let mut joined = Vec::new();
    let mut offset = json!(0);
    loop {
        let part = json!({ "table_id": table, "limit": 2, "offset": offset });
        let part = people.call("nc_tables_read_table", part).await;
        joined.extend(
            part["rows"]
                .as_array()
                .expect("rows")
                .iter()
                .map(|row| row["id"].clone()),
        );
        assert_eq!(part["truncated"], !part["next_offset"].is_null());
        if part["next_offset"].is_null() {
            break;
        }
        offset = part["next_offset"].clone();
    }
    assert_eq!(joined, rows);
    let listed = people.call("nc_tables_list_tables", json!({})).await;
    assert_eq!(
        (&listed["total_count"], &listed["tables"][0]["row_count"]),
        (&json!(1), &json!(5))
    );
}

#[tokio::test]
async fn p136_a_view_is_asked_for_by_name_and_keeps_to_its_columns() {
    let people = People::new().await;
    let (table, rows) = people.sample("Viewed", 2).await;
    people
        .call(
            "nc_tables_update_row",
            json!({ "row_id": rows[1], "data": { "State": "done" } }),
        )
        .await;
    let columns = people.call("nc_tables_get_schema", json!({ "table_id": table })).await["columns"].clone();
    let (name, state) = (&columns[0]["id"], &columns[1]["id"]);
    let view = people
        .make(&format!("tables/{table}/views"), json!({ "title": "Done" }))
        .await["id"]
        .clone();
    let filter = json!([[{ "columnId": state, "operator": "is-equal", "value": "@selection-id-1" }]]);
    let settings = json!({ "data": { "filter": filter, "columns": [name] } });
    let path = format!("{API}/views/{view}");
    made(people.cloud(&people.app.alice, "PUT", &path), &settings).await;
    let listed = people.call("nc_tables_list_tables", json!({})).await;
    assert_eq!(
        listed["tables"][0]["views"],
        json!([{ "id": view, "title": "Done", "row_count": 1 }])
    );
    let read = people
        .call("nc_tables_read_table", json!({ "table_id": view, "node_type": "view" }))
        .await;
    assert_eq!(read["rows"].as_array().expect("rows").len(), 1);
    assert_eq!(read["rows"][0]["id"], rows[1]);
    // The other column is not an empty one here: it is none.
    assert_eq!(read["columns"].as_array().expect("columns").len(), 1);
    assert_eq!(read["rows"][0]["data"].as_array().expect("cells").len(), 1);
    let hidden = json!({ "row_id": rows[1], "view_id": view, "data": { "State": "open" } });
    let text = people.refused("nc_tables_update_row", hidden).await;
    assert!(text.contains("there is no column \"State\""), "{text}");
    let through = json!({ "row_id": rows[1], "view_id": view, "data": { "Name": "Through" } });
    assert_eq!(
        *value(&people.call("nc_tables_update_row", through).await, "Name"),
        json!("Through")
    );
    let outside = json!({ "row_id": rows[0], "view_id": view, "data": { "Name": "x" } });
    let text = people.refused("nc_tables_update_row", outside).await;
    assert!(text.starts_with("not_found: row "), "{text}");
    let text = people
        .refused("nc_tables_delete_row", json!({ "row_id": rows[0], "view_id": view }))
        .await;
    assert!(text.starts_with("not_found: row "), "{text}");
    let added = json!({ "table_id": view, "node_type": "view", "data": { "Name": "Added" } });
    people.call("nc_tables_insert_row", added).await;
    people
        .call("nc_tables_delete_row", json!({ "row_id": rows[1], "view_id": view }))
        .await;
}

#[tokio::test]
async fn what_belongs_to_somebody_else_is_as_if_it_were_not_there() {
    let people = People::new().await;
    let (table, rows) = people.sample("Secret", 1).await;
    let columns = people.call("nc_tables_get_schema", json!({ "table_id": table })).await["columns"].clone();
    let view = people
        .make(&format!("tables/{table}/views"), json!({ "title": "Secret" }))
        .await["id"]
        .clone();
    let unknown = json!(99_999_999);
    let calls = |table: &Value, view: &Value, row: &Value| {
        [
            ("nc_tables_get_schema", json!({ "table_id": table })),
            ("nc_tables_read_table", json!({ "table_id": table })),
            ("nc_tables_read_table", json!({ "table_id": view, "node_type": "view" })),
            (
                "nc_tables_insert_row",
                json!({ "table_id": table, "data": { "Name": "x" } }),
            ),
            (
                "nc_tables_update_row",
                json!({ "row_id": row, "data": { "Name": "x" } }),
            ),
            (
                "nc_tables_update_row",
                json!({ "row_id": row, "view_id": view, "data": { "Name": "x" } }),
            ),
            ("nc_tables_delete_row", json!({ "row_id": row })),
            ("nc_tables_delete_row", json!({ "row_id": row, "view_id": view })),
        ]
    };
    let foreign = calls(&table, &view, &rows[0]);
    let nothing = calls(&unknown, &unknown, &unknown);
    for ((tool, foreign), (_, nothing)) in foreign.into_iter().zip(nothing) {
        let text = people.refusal(&people.bob, tool, foreign).await;
        let plain = people.refusal(&people.bob, tool, nothing).await;
        assert!(text.starts_with("not_found: "), "{tool}: {text}");
        let words = |text: &str| text.replace(|letter: char| letter.is_ascii_digit(), "");
        assert_eq!(words(&text), words(&plain), "{tool}");
    }
    let listed = people
        .app
        .call(&people.bob, "nc_tables_list_tables", json!({}))
        .await
        .structured();
    assert_eq!(listed["tables"], json!([]));
    // Shared to read: seen, not changed.
    let share = json!({ "receiver": people.app.bob.name, "receiverType": "user", "permissionRead": true });
    people.make(&format!("tables/{table}/shares"), share).await;
    let listed = people
        .app
        .call(&people.bob, "nc_tables_list_tables", json!({}))
        .await
        .structured();
    assert_eq!(listed["tables"][0]["on_share_permissions"]["update"], false);
    let read = people
        .app
        .call(&people.bob, "nc_tables_read_table", json!({ "table_id": table }))
        .await
        .structured();
    assert_eq!(*value(&read["rows"][0], "Name"), json!("Secret"));
    for (tool, arguments) in [
        (
            "nc_tables_insert_row",
            json!({ "table_id": table, "data": { "Name": "x" } }),
        ),
        (
            "nc_tables_update_row",
            json!({ "row_id": rows[0], "data": { "Name": "x" } }),
        ),
        ("nc_tables_delete_row", json!({ "row_id": rows[0] })),
    ] {
        let text = people.refusal(&people.bob, tool, arguments).await;
        assert!(text.starts_with("forbidden: "), "{tool}: {text}");
    }
    let name = columns[0]["id"].to_string();
    let read = people.call("nc_tables_read_table", json!({ "table_id": table })).await;
    assert_eq!(read["rows"][0]["data"][0]["columnId"].to_string(), name);
    assert_eq!(*value(&read["rows"][0], "Name"), json!("Secret"));
}

#[tokio::test]
async fn p28_the_tools_are_offered_to_whom_the_app_is() {
    let app = TestApp::boot().await;
    let names = async || -> Vec<String> {
        let listed = send(app.request("tools/list", json!({}))).await.result();
        let tools = listed["tools"].as_array().expect("tools").iter();
        tools
            .map(|tool| tool["name"].as_str().expect("name").to_owned())
            .collect()
    };
    app.recorder.hide_capability("tables");
    let without = names().await;
    assert!(
        !without.iter().any(|name| name.starts_with("nc_tables_")),
        "{without:?}"
    );
    assert!(without.iter().any(|name| name == "nc_notes_get_note"), "{without:?}");
    let other = TestApp::boot().await;
    let listed = send(other.request("tools/list", json!({}))).await.result().to_string();
    assert!(listed.contains("nc_tables_read_table"));
}
