use serde_json::{Value, json};

use crate::wire::{V1, V2, Wire, cells, data, ids};

async fn shared(wire: &Wire) -> (i64, i64, i64) {
    let table = wire.table("Shared").await;
    let column = wire
        .column(table, "text", json!({ "title": "Name", "subtype": "line" }))
        .await;
    let row = wire.row(table, &[(column, json!("first"))]).await;
    (table, column, row)
}

#[tokio::test]
async fn a_share_to_read_allows_to_read_and_nothing_else() {
    let wire = Wire::boot().await;
    let (table, column, row) = shared(&wire).await;
    let view = wire
        .view(table, json!({ "columnSettings": [{ "columnId": column }] }))
        .await;
    let share = wire.share(table, "user", "bob", "r").await;
    let listed = wire.get("bob", format!("{V1}/tables")).await.ok();
    assert_eq!(ids(&listed), [table]);
    assert_eq!(
        (&listed[0]["isShared"], &listed[0]["ownership"]),
        (&json!(true), &json!("alice"))
    );
    let permissions = json!({ "read": true, "create": false, "update": false, "delete": false, "manage": false });
    assert_eq!(listed[0]["onSharePermissions"], permissions);
    // With whom else it is shared is nobody else's business.
    assert_eq!(listed[0]["hasShares"], false);
    let own = wire.get("alice", format!("{V1}/tables/{table}")).await.ok();
    assert_eq!(
        (&own["isShared"], &own["hasShares"], &own["onSharePermissions"]),
        (&json!(false), &json!(true), &Value::Null)
    );
    for path in ["rows", "rows/simple", "columns", "views", "scheme"] {
        wire.get("bob", format!("{V1}/tables/{table}/{path}")).await.ok();
    }
    wire.get("bob", format!("{V1}/views/{view}/rows")).await.ok();
    wire.get("bob", format!("{V1}/rows/{row}")).await.ok();
    let before = wire.get("alice", format!("{V1}/tables/{table}/scheme")).await.ok();
    for (method, path) in [
        ("POST", format!("{V1}/tables/{table}/rows")),
        ("POST", format!("{V2}/tables/{table}/rows")),
        ("POST", format!("{V1}/views/{view}/rows")),
        ("PUT", format!("{V1}/rows/{row}")),
        ("DELETE", format!("{V1}/rows/{row}")),
        ("DELETE", format!("{V1}/views/{view}/rows/{row}")),
        ("POST", format!("{V1}/tables/{table}/columns")),
        ("PUT", format!("{V1}/columns/{column}")),
        ("DELETE", format!("{V1}/columns/{column}")),
        ("POST", format!("{V1}/tables/{table}/views")),
        ("PUT", format!("{V1}/views/{view}")),
        ("DELETE", format!("{V1}/views/{view}")),
        ("PUT", format!("{V1}/tables/{table}")),
        ("PUT", format!("{V2}/tables/{table}")),
        ("DELETE", format!("{V1}/tables/{table}")),
        ("DELETE", format!("{V2}/tables/{table}")),
        ("GET", format!("{V1}/tables/{table}/shares")),
        ("POST", format!("{V1}/tables/{table}/shares")),
    ] {
        let body = json!({
            "title": "x", "type": "text", "data": { (column.to_string()): "x" }, "receiver": "carol",
            "receiverType": "user",
        });
        let answer = wire.send("bob", method, &path, body.to_string()).await;
        assert_eq!((answer.status, answer.body.as_str()), (403, ""), "{method} {path}");
    }
    // Shares themselves are only there for those who manage.
    for method in ["GET", "PUT", "DELETE"] {
        let body = json!({ "permissionType": "manage", "permissionValue": true }).to_string();
        let answer = wire.send("bob", method, &format!("{V1}/shares/{share}"), body).await;
        assert_eq!(answer.status, 404, "{method}");
    }
    assert_eq!(
        wire.get("alice", format!("{V1}/tables/{table}/scheme")).await.ok(),
        before
    );
}

#[tokio::test]
async fn each_permission_allows_its_own_change() {
    let wire = Wire::boot().await;
    let (table, column, row) = shared(&wire).await;
    let share = wire.share(table, "user", "bob", "").await;
    // A share that allows nothing shows nothing.
    assert_eq!(wire.get("bob", format!("{V1}/tables/{table}")).await.status, 404);
    let allow = async |permission: &str, value: bool| {
        let change = json!({ "permissionType": permission, "permissionValue": value });
        wire.put("alice", format!("{V1}/shares/{share}"), change).await.ok();
    };
    let value = data(&[(column, json!("bob's"))]);
    allow("create", true).await;
    let made = wire
        .post("bob", format!("{V1}/tables/{table}/rows"), value.clone())
        .await
        .ok();
    // Who may only add does not read, also not what was added.
    assert_eq!(wire.get("bob", format!("{V1}/tables/{table}/rows")).await.status, 403);
    assert_eq!(wire.get("bob", format!("{V1}/rows/{}", made["id"])).await.status, 403);
    allow("read", true).await;
    let read = wire.get("bob", format!("{V1}/rows/{}", made["id"])).await.ok();
    assert_eq!(
        (&read["createdBy"], &read["lastEditBy"]),
        (&json!("bob"), &json!("bob"))
    );
    assert_eq!(
        wire.put("bob", format!("{V1}/rows/{row}"), value.clone()).await.status,
        403
    );
    allow("update", true).await;
    let changed = wire.put("bob", format!("{V1}/rows/{row}"), value).await.ok();
    assert_eq!(
        (&changed["createdBy"], &changed["lastEditBy"]),
        (&json!("alice"), &json!("bob"))
    );
    assert_eq!(wire.delete("bob", format!("{V1}/rows/{row}")).await.status, 403);
    allow("delete", true).await;
    wire.delete("bob", format!("{V1}/rows/{row}")).await.ok();
    allow("manage", true).await;
    wire.put(
        "bob",
        format!("{V1}/tables/{table}"),
        json!({ "title": "Bob was here" }),
    )
    .await
    .ok();
    // Managing a table is not owning it.
    assert_eq!(wire.delete("bob", format!("{V1}/tables/{table}")).await.status, 403);
    allow("update", false).await;
    let row = made["id"].as_i64().unwrap();
    let again = wire
        .put("bob", format!("{V1}/rows/{row}"), data(&[(column, json!("x"))]))
        .await;
    assert_eq!(again.status, 403);
    wire.delete("alice", format!("{V1}/shares/{share}")).await.ok();
    assert_eq!(wire.get("bob", format!("{V1}/tables/{table}")).await.status, 404);
    assert_eq!(wire.get("bob", format!("{V1}/rows/{row}")).await.status, 404);
}

#[tokio::test]
async fn a_group_share_is_for_its_members_and_adds_to_an_own_share() {
    let wire = Wire::boot().await;
    let (table, column, row) = shared(&wire).await;
    wire.share(table, "group", "team", "r").await;
    for person in ["bob", "carol"] {
        let rows = wire.get(person, format!("{V1}/tables/{table}/rows")).await.ok();
        assert_eq!(cells(&rows[0]), [(column, json!("first"))]);
    }
    wire.share(table, "user", "bob", "u").await;
    let change = data(&[(column, json!("second"))]);
    wire.put("bob", format!("{V1}/rows/{row}"), change.clone()).await.ok();
    assert_eq!(wire.put("carol", format!("{V1}/rows/{row}"), change).await.status, 403);
    let shares = wire.get("alice", format!("{V1}/tables/{table}/shares")).await.ok();
    let receivers: Vec<_> = shares
        .as_array()
        .unwrap()
        .iter()
        .map(|share| share["receiver"].clone())
        .collect();
    assert_eq!(receivers, ["team", "bob"]);
}

#[tokio::test]
async fn only_people_and_groups_that_there_are_get_shares_and_one_each() {
    let wire = Wire::boot().await;
    let (table, ..) = shared(&wire).await;
    let share = async |kind: &str, receiver: &str| {
        let share = json!({ "receiver": receiver, "receiverType": kind, "permissionRead": true });
        wire.post("alice", format!("{V1}/tables/{table}/shares"), share).await
    };
    assert_eq!(
        share("user", "nobody").await.refusal(),
        "receiver is no user of this cloud"
    );
    assert_eq!(
        share("group", "bob").await.refusal(),
        "receiver is no group of this cloud"
    );
    assert_eq!(
        share("user", "alice").await.refusal(),
        "the table belongs to the receiver"
    );
    assert_eq!(share("circle", "x").await.refusal(), "receiverType is user or group");
    let (first, second) = (share("user", "bob").await.ok(), share("user", "bob").await.ok());
    assert_eq!(
        (&first["id"], &first["receiverDisplayName"]),
        (&second["id"], &json!("Bob"))
    );
    let path = format!("{V1}/shares/{}", first["id"]);
    let wrong = json!({ "permissionType": "own", "permissionValue": true });
    assert!(
        wire.put("alice", &path, wrong)
            .await
            .refusal()
            .starts_with("permissionType is read, create")
    );
    let missing = json!({ "permissionType": "read" });
    assert_eq!(
        wire.put("alice", &path, missing).await.refusal(),
        "permissionValue is missing"
    );
}

#[tokio::test]
async fn a_mark_is_everybodys_own() {
    let wire = Wire::boot().await;
    let (table, column, _) = shared(&wire).await;
    let view = wire
        .view(table, json!({ "columnSettings": [{ "columnId": column }] }))
        .await;
    wire.share(table, "user", "bob", "r").await;
    wire.send("bob", "POST", &format!("{V2}/favorites/0/{table}"), "")
        .await
        .ok();
    wire.send("bob", "POST", &format!("{V2}/favorites/1/{view}"), "")
        .await
        .ok();
    let marks = async |who: &str| {
        let table = wire.get(who, format!("{V2}/tables/{table}")).await.ok();
        (table["favorite"] == true, table["views"][0]["favorite"] == true)
    };
    assert_eq!(
        (marks("bob").await, marks("alice").await),
        ((true, true), (false, false))
    );
    wire.send("bob", "DELETE", &format!("{V2}/favorites/0/{table}"), "")
        .await
        .ok();
    assert_eq!(marks("bob").await, (false, true));
    let wrong = wire.send("bob", "POST", &format!("{V2}/favorites/7/{table}"), "").await;
    assert_eq!(wrong.refusal(), "the kind of node is 0 for a table or 1 for a view");
}
