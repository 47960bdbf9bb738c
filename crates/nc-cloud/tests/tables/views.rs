use serde_json::{Value, json};

use crate::wire::{V1, Wire, cells, data, ids};

/// A table of three columns, and its rows by number of order.
struct Filled {
    wire: Wire,
    table: i64,
    name: i64,
    amount: i64,
    done: i64,
    tags: i64,
    rows: Vec<i64>,
}

impl Filled {
    async fn new() -> Self {
        let wire = Wire::boot().await;
        let table = wire.table("Things").await;
        let name = wire.column(table, "text", json!({ "subtype": "line" })).await;
        let amount = wire.column(table, "number", json!({ "numberDecimals": 2 })).await;
        let done = wire.column(table, "selection", json!({ "subtype": "check" })).await;
        let options = json!([{ "id": 0, "label": "a" }, { "id": 1, "label": "b" }]);
        let tags = wire
            .column(
                table,
                "selection",
                json!({ "subtype": "multi", "selectionOptions": options }),
            )
            .await;
        let mut rows = Vec::new();
        for cells in [
            vec![
                (name, json!("Hammer")),
                (amount, json!(12.5)),
                (done, json!("true")),
                (tags, json!([0, 1])),
            ],
            vec![
                (name, json!("alice")),
                (amount, json!(3)),
                (done, json!("false")),
                (tags, json!([1])),
            ],
            vec![(name, json!("hamster")), (amount, json!(100))],
            vec![(name, json!("")), (amount, Value::Null)],
        ] {
            rows.push(wire.row(table, &cells).await);
        }
        Self {
            wire,
            table,
            name,
            amount,
            done,
            tags,
            rows,
        }
    }

    /// Which rows a view with this filter shows, by their place from 0.
    async fn shown(&self, filter: Value) -> Vec<usize> {
        let view = self
            .wire
            .view(self.table, json!({ "filter": filter, "columns": [self.name] }))
            .await;
        let rows = self.wire.get("alice", format!("{V1}/views/{view}/rows")).await.ok();
        let place = |id| self.rows.iter().position(|row| *row == id).unwrap();
        let places: Vec<usize> = ids(&rows).into_iter().map(place).collect();
        let counted = self.wire.get("alice", format!("{V1}/views/{view}")).await.ok();
        assert_eq!(counted["rowsCount"], places.len());
        places
    }
}

#[tokio::test]
async fn each_operator_shows_the_rows_that_it_says() {
    let filled = Filled::new().await;
    let (name, amount, done, tags) = (filled.name, filled.amount, filled.done, filled.tags);
    for (column, operator, value, expected) in [
        (name, "is-equal", json!("Hammer"), vec![0]),
        (name, "is-equal", json!("hammer"), vec![]),
        (name, "is-equal", json!("@me"), vec![1]),
        (name, "is-not-equal", json!("Hammer"), vec![1, 2, 3]),
        (name, "contains", json!("AM"), vec![0, 2]),
        (name, "does-not-contain", json!("am"), vec![1, 3]),
        (name, "begins-with", json!("ham"), vec![0, 2]),
        (name, "ends-with", json!("er"), vec![0, 2]),
        (name, "is-empty", Value::Null, vec![3]),
        (name, "is-not-empty", json!(""), vec![0, 1, 2]),
        (amount, "is-greater-than", json!("5"), vec![0, 2]),
        (amount, "is-greater-than", json!(12.5), vec![2]),
        (amount, "is-greater-than-or-equal", json!("12.5"), vec![0, 2]),
        (amount, "is-lower-than", json!("100"), vec![0, 1]),
        (amount, "is-lower-than-or-equal", json!(100), vec![0, 1, 2]),
        (amount, "is-equal", json!("3.0"), vec![1]),
        (amount, "is-empty", json!(""), vec![3]),
        (amount, "is-greater-than", json!("much"), vec![]),
        (done, "is-equal", json!("@checked"), vec![0]),
        // A mark that was never set is not set.
        (done, "is-equal", json!("@unchecked"), vec![1, 2, 3]),
        (tags, "contains", json!("@selection-id-0"), vec![0]),
        (tags, "contains", json!("@selection-id-1"), vec![0, 1]),
        (tags, "does-not-contain", json!("@selection-id-1"), vec![2, 3]),
        (-1, "is-equal", json!(filled.rows[2]), vec![2]),
        (-2, "is-equal", json!("@me"), vec![0, 1, 2, 3]),
        (-2, "is-equal", json!("bob"), vec![]),
        (-4, "contains", json!("2027-01-15"), vec![0, 1, 2, 3]),
    ] {
        let condition = json!([[{ "columnId": column, "operator": operator, "value": value }]]);
        assert_eq!(filled.shown(condition).await, expected, "{column} {operator} {value}");
    }
}

#[tokio::test]
async fn all_conditions_of_one_group_hold_and_one_group_is_enough() {
    let filled = Filled::new().await;
    let is =
        |column: i64, operator: &str, value: &str| json!({ "columnId": column, "operator": operator, "value": value });
    let ham = is(filled.name, "begins-with", "ham");
    let many = is(filled.amount, "is-greater-than", "50");
    let few = is(filled.amount, "is-lower-than", "5");
    assert_eq!(filled.shown(json!([[ham, many]])).await, [2]);
    assert_eq!(filled.shown(json!([[ham, many], [few]])).await, [1, 2]);
    assert_eq!(filled.shown(json!([])).await, [0, 1, 2, 3]);
    assert_eq!(filled.shown(json!([[]])).await, [0, 1, 2, 3]);
}

#[tokio::test]
async fn rows_come_in_the_order_of_the_view_and_in_parts() {
    let filled = Filled::new().await;
    let (wire, rows) = (&filled.wire, &filled.rows);
    for (mode, expected) in [("ASC", [1, 0, 2, 3]), ("DESC", [2, 0, 1, 3])] {
        let sort = json!([{ "columnId": filled.amount, "mode": mode }]);
        let view = wire
            .view(filled.table, json!({ "sort": sort, "columns": [filled.name] }))
            .await;
        let listed = ids(&wire.get("alice", format!("{V1}/views/{view}/rows")).await.ok());
        assert_eq!(listed, expected.map(|place| rows[place]), "{mode}");
        let part = wire
            .get("alice", format!("{V1}/views/{view}/rows?limit=2&offset=1"))
            .await
            .ok();
        assert_eq!(ids(&part), listed[1..3]);
    }
}

#[tokio::test]
async fn p136_a_view_shows_its_columns_only_and_takes_no_others() {
    let filled = Filled::new().await;
    let wire = &filled.wire;
    let filter = json!([[{ "columnId": filled.amount, "operator": "is-greater-than", "value": 50 }]]);
    let settings = json!({ "filter": filter, "columnSettings": [
        { "columnId": filled.done, "order": 1, "readonly": true }, { "columnId": filled.name, "order": 0, "mandatory": true }
    ] });
    let view = wire.view(filled.table, settings).await;
    let base = format!("{V1}/views/{view}");
    let rows = wire.get("alice", format!("{base}/rows")).await.ok();
    assert_eq!(cells(&rows[0]), [(filled.name, json!("hamster"))]);
    let columns = wire.get("alice", format!("{base}/columns")).await.ok();
    assert_eq!(ids(&columns), [filled.name, filled.done]);
    assert_eq!(columns[1]["viewColumnInformation"]["readonly"], true);
    let through = |cells: &[(i64, Value)]| {
        let mut body = data(cells);
        body["viewId"] = view.into();
        body
    };
    let row = format!("{V1}/rows/{}", filled.rows[2]);
    for column in [filled.amount, filled.done] {
        let refusal = wire.put("alice", &row, through(&[(column, json!(1))])).await.refusal();
        assert_eq!(
            refusal,
            format!("Column with id {column} cannot be written through this view")
        );
        let refusal = wire
            .post("alice", format!("{base}/rows"), data(&[(column, json!(1))]))
            .await
            .refusal();
        assert_eq!(
            refusal,
            format!("Column with id {column} cannot be written through this view")
        );
    }
    assert_eq!(
        wire.post("alice", format!("{base}/rows"), data(&[])).await.refusal(),
        "Mandatory column \"Column\" cannot be empty."
    );
    wire.put("alice", &row, through(&[(filled.name, json!("Hamster"))]))
        .await
        .ok();
    // A row that the view does not show is none of it.
    let other = format!("{V1}/rows/{}", filled.rows[0]);
    assert_eq!(
        wire.put("alice", &other, through(&[(filled.name, json!("x"))]))
            .await
            .status,
        404
    );
    assert_eq!(
        wire.delete("alice", format!("{base}/rows/{}", filled.rows[0]))
            .await
            .status,
        404
    );
    wire.delete("alice", format!("{base}/rows/{}", filled.rows[2]))
        .await
        .ok();
    assert_eq!(wire.get("alice", &row).await.status, 404);
}

#[tokio::test]
async fn a_deleted_column_goes_out_of_views_and_rows() {
    let filled = Filled::new().await;
    let wire = &filled.wire;
    let filter = json!([[{ "columnId": filled.amount, "operator": "is-greater-than", "value": 50 }]]);
    let sort = json!([{ "columnId": filled.amount, "mode": "ASC" }]);
    let columns = json!([filled.name, filled.amount]);
    let view = wire
        .view(
            filled.table,
            json!({ "filter": filter, "sort": sort, "columns": columns }),
        )
        .await;
    wire.delete("alice", format!("{V1}/columns/{}", filled.amount))
        .await
        .ok();
    let view = wire.get("alice", format!("{V1}/views/{view}")).await.ok();
    assert_eq!((&view["sort"], &view["rowsCount"]), (&json!([]), &json!(4)));
    assert_eq!(view["columnSettings"].as_array().unwrap().len(), 1);
    let row = wire.get("alice", format!("{V1}/rows/{}", filled.rows[2])).await.ok();
    assert_eq!(cells(&row), [(filled.name, json!("hamster"))]);
    let table = wire.get("alice", format!("{V1}/tables/{}", filled.table)).await.ok();
    assert_eq!((&table["columnsCount"], &table["rowsCount"]), (&json!(3), &json!(4)));
}

#[tokio::test]
async fn a_rule_that_makes_no_sense_is_refused_and_the_view_stays() {
    let filled = Filled::new().await;
    let wire = &filled.wire;
    let view = wire.view(filled.table, json!({ "columns": [filled.name] })).await;
    let path = format!("{V1}/views/{view}");
    let before = wire.get("alice", &path).await.ok();
    for (settings, why) in [
        (json!({ "columns": [99_999_999] }), "is not part of table"),
        (json!({ "columns": ["x"] }), "columns is a list of column ids"),
        (
            json!({ "columnSettings": "no JSON" }),
            "columnSettings is a list of objects",
        ),
        (json!({ "filter": [{ "columnId": 1 }] }), "filter is a list of lists"),
        (
            json!({ "filter": [[{ "columnId": filled.name, "operator": "like", "value": 1 }]] }),
            "operator is one of",
        ),
        (
            json!({ "sort": [{ "columnId": filled.name, "mode": "UP" }] }),
            "mode is ASC or DESC",
        ),
        (json!({ "title": "x".repeat(201) }), "title has at most 200 characters"),
    ] {
        let refusal = wire.put("alice", &path, json!({ "data": settings })).await.refusal();
        assert!(refusal.contains(why), "{refusal}");
    }
    assert_eq!(wire.get("alice", &path).await.ok(), before);
}
