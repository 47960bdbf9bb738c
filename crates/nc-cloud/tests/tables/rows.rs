use serde_json::{Value, json};
use time::Duration;

use crate::wire::{V1, V2, Wire, cells, data, ids};

#[tokio::test]
async fn values_come_back_as_recorded() {
    let wire = Wire::boot().await;
    let table = wire.table("Inventory").await;
    let name = wire.column(table, "text", json!({ "subtype": "line" })).await;
    let amount = wire.column(table, "number", json!({ "numberDecimals": 2 })).await;
    let options = json!([{ "id": 0, "label": "open" }, { "id": 1, "label": "done" }]).to_string();
    let state = wire
        .column(table, "selection", json!({ "selectionOptions": options }))
        .await;
    let when = wire.column(table, "datetime", json!({ "subtype": "date" })).await;
    let who = wire
        .column(table, "usergroup", json!({ "usergroupSelectUsers": true }))
        .await;
    let member = json!([{ "id": "bob", "type": 0 }]);
    let given = [
        (name, json!("Hammer")),
        (amount, json!(12.5)),
        (state, json!(0)),
        (when, json!("2026-11-21")),
        (who, member.clone()),
    ];
    let made = wire
        .post("alice", format!("{V1}/tables/{table}/rows"), data(&given))
        .await
        .ok();
    // The option comes back as text, once; people and times not yet.
    let echo = [
        (name, json!("Hammer")),
        (amount, json!(12.5)),
        (state, json!("0")),
        (when, json!("2026-11-21")),
        (who, member),
    ];
    assert_eq!(cells(&made), echo);
    assert_eq!((&made["createdBy"], &made["lastEditAt"]), (&Value::Null, &Value::Null));
    wire.clock.advance(Duration::seconds(61));
    let row = format!("{V1}/rows/{}", made["id"]);
    let changed = wire.put("alice", &row, data(&[(amount, json!(20))])).await.ok();
    let read = wire.get("alice", &row).await.ok();
    assert_eq!(changed, read);
    // By type: texts, numbers, times, selections, people.
    let shown = [
        (name, json!("Hammer")),
        (amount, json!(20)),
        (when, json!("2026-11-21")),
        (state, json!(0)),
        (who, json!([{ "id": "bob", "type": 0, "displayName": "Bob" }])),
    ];
    assert_eq!(cells(&read), shown);
    assert_eq!(
        (&read["createdBy"], &read["lastEditBy"]),
        (&json!("alice"), &json!("alice"))
    );
    assert_eq!(
        (&read["createdAt"], &read["lastEditAt"]),
        (&json!("2027-01-15 08:00:00"), &json!("2027-01-15 08:01:01"))
    );
    assert_eq!(wire.delete("alice", &row).await.ok(), read);
    assert_eq!(wire.delete("alice", &row).await.status, 404);
}

#[tokio::test]
async fn p131_what_does_not_fit_becomes_nothing_as_in_nextcloud() {
    let wire = Wire::boot().await;
    let table = wire.table("T").await;
    let number = wire.column(table, "number", json!({})).await;
    let choice = wire
        .column(
            table,
            "selection",
            json!({ "selectionOptions": [{ "id": 1, "label": "x" }] }),
        )
        .await;
    let wrong = data(&[(number, json!("abc")), (choice, json!(77))]);
    let made = wire
        .post("alice", format!("{V2}/tables/{table}/rows"), wrong)
        .await
        .ok();
    assert_eq!(cells(&made), [(number, Value::Null), (choice, Value::Null)]);
    let read = wire.get("alice", format!("{V1}/rows/{}", made["id"])).await.ok();
    assert_eq!(cells(&read), [(number, Value::Null), (choice, Value::Null)]);
}

#[tokio::test]
async fn p135_rows_come_by_number_in_parts_that_join_to_the_whole() {
    let wire = Wire::boot().await;
    let table = wire.table("T").await;
    let column = wire.column(table, "number", json!({})).await;
    let mut made = Vec::new();
    for number in 0..7 {
        made.push(wire.row(table, &[(column, json!(10 - number))]).await);
    }
    let base = format!("{V1}/tables/{table}/rows");
    let all = ids(&wire.get("alice", &base).await.ok());
    assert_eq!(all, made);
    let mut joined = Vec::new();
    for offset in [0, 3, 6] {
        joined.extend(ids(&wire
            .get("alice", format!("{base}?limit=3&offset={offset}"))
            .await
            .ok()));
    }
    assert_eq!(joined, made);
    assert_eq!(wire.get("alice", format!("{base}?offset=7")).await.ok(), json!([]));
    assert_eq!(wire.get("alice", format!("{base}?limit=0")).await.ok(), json!([]));
    assert_eq!(
        ids(&wire.get("alice", format!("{base}?limit=many&offset=-1")).await.ok()),
        made
    );
}

#[tokio::test]
async fn p133_a_mandatory_value_is_there_at_first_and_stays() {
    let wire = Wire::boot().await;
    let table = wire.table("T").await;
    let name = wire
        .column(table, "text", json!({ "title": "Name", "mandatory": true }))
        .await;
    let other = wire.column(table, "text", json!({ "title": "Other" })).await;
    let base = format!("{V1}/tables/{table}/rows");
    let empty = "Mandatory column \"Name\" cannot be empty.";
    for cells in [
        vec![],
        vec![(name, json!(""))],
        vec![(name, Value::Null)],
        vec![(other, json!("x"))],
    ] {
        assert_eq!(wire.post("alice", &base, data(&cells)).await.refusal(), empty);
    }
    let row = wire.row(table, &[(name, json!("x"))]).await;
    let path = format!("{V1}/rows/{row}");
    assert_eq!(
        wire.put("alice", &path, data(&[(name, json!(""))])).await.refusal(),
        empty
    );
    wire.put("alice", &path, data(&[(other, json!("y"))])).await.ok();
    assert_eq!(wire.get("alice", &base).await.ok().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_unique_text_is_there_once_also_when_many_write_it_at_once() {
    let wire = Wire::boot().await;
    let table = wire.table("T").await;
    let name = wire
        .column(table, "text", json!({ "title": "Name", "textUnique": true }))
        .await;
    let base = format!("{V1}/tables/{table}/rows");
    wire.share(table, "user", "bob", "rcu").await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (wire, base) = (wire.clone(), base.clone());
        tries.spawn(async move { wire.post("bob", &base, data(&[(name, json!("two"))])).await.status });
    }
    let mut statuses = Vec::new();
    while let Some(status) = tries.join_next().await {
        statuses.push(status.unwrap());
    }
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert!(statuses.iter().all(|status| matches!(status, 200 | 400)));
    // Empty ones are no values, and a row does not stand in its own way.
    for _ in 0..2 {
        wire.row(table, &[(name, json!(""))]).await;
    }
    let rows = wire.get("alice", &base).await.ok();
    let two = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| cells(row) == [(name, json!("two"))])
        .unwrap();
    wire.put(
        "alice",
        format!("{V1}/rows/{}", two["id"]),
        data(&[(name, json!("two"))]),
    )
    .await
    .ok();
}

#[tokio::test]
async fn changes_of_different_cells_at_once_are_all_kept() {
    let wire = Wire::boot().await;
    let table = wire.table("T").await;
    let mut columns = Vec::new();
    for _ in 0..12 {
        columns.push(wire.column(table, "number", json!({})).await);
    }
    let row = wire.row(table, &[]).await;
    let mut writes = tokio::task::JoinSet::new();
    for column in columns.clone() {
        let wire = wire.clone();
        writes.spawn(async move {
            let change = data(&[(column, json!(column))]);
            wire.put("alice", format!("{V1}/rows/{row}"), change).await.ok()
        });
    }
    while let Some(written) = writes.join_next().await {
        written.unwrap();
    }
    let read = wire.get("alice", format!("{V1}/rows/{row}")).await.ok();
    let expected: Vec<(i64, Value)> = columns.into_iter().map(|column| (column, json!(column))).collect();
    assert_eq!(cells(&read), expected);
}

#[tokio::test]
async fn p134_a_title_may_be_empty_but_not_missing() {
    let wire = Wire::boot().await;
    for path in [format!("{V1}/tables"), format!("{V2}/tables")] {
        assert_eq!(wire.post("alice", &path, json!({})).await.refusal(), "title is missing");
        assert_eq!(
            wire.post("alice", &path, json!({ "title": "" })).await.ok()["title"],
            ""
        );
        let long = json!({ "title": "ü".repeat(201) });
        assert_eq!(
            wire.post("alice", &path, long).await.refusal(),
            "title has at most 200 characters"
        );
        wire.post("alice", &path, json!({ "title": "ü".repeat(200) }))
            .await
            .ok();
    }
}

#[tokio::test]
async fn a_change_of_a_column_leaves_what_it_does_not_name() {
    let wire = Wire::boot().await;
    let table = wire.table("T").await;
    let column = wire
        .column(
            table,
            "number",
            json!({ "numberMin": 1, "numberMax": 5, "numberPrefix": "€" }),
        )
        .await;
    let path = format!("{V1}/columns/{column}");
    let mut before = wire.get("alice", &path).await.ok();
    wire.put("alice", &path, json!({ "title": "Renamed" })).await.ok();
    before["title"] = "Renamed".into();
    assert_eq!(wire.get("alice", &path).await.ok(), before);
    let refusal = wire.put("alice", &path, json!({ "type": "text" })).await.refusal();
    assert_eq!(refusal, "the type of a column does not change; make another column");
}

#[tokio::test]
async fn a_deleted_table_takes_everything_with_it() {
    let wire = Wire::boot().await;
    let table = wire.table("T").await;
    let column = wire.column(table, "text", json!({})).await;
    let row = wire.row(table, &[(column, json!("x"))]).await;
    let view = wire.view(table, json!({ "columns": [column] })).await;
    let share = wire.share(table, "user", "bob", "r").await;
    wire.delete("alice", format!("{V1}/tables/{table}")).await.ok();
    for path in [
        format!("tables/{table}"),
        format!("columns/{column}"),
        format!("rows/{row}"),
        format!("views/{view}"),
        format!("shares/{share}"),
    ] {
        assert_eq!(wire.get("alice", format!("{V1}/{path}")).await.status, 404, "{path}");
    }
    // Numbers are not used again: what somebody remembers never means something else.
    assert!(wire.table("U").await > table);
}
