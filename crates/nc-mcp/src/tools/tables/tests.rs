use nc_client::Column;
use nc_proto::apps::tables::Scheme;
use serde_json::{Value, json};

use super::answers::{Schema, ShownRow};

fn scheme() -> Scheme {
    let area: Vec<Value> =
        serde_json::from_str(include_str!("../../../../../fixtures/nextcloud-32/tables.json")).expect("a recording");
    let exchange = area
        .iter()
        .find(|exchange| exchange["name"] == "v1-table-scheme")
        .expect("recorded");
    serde_json::from_str(exchange["response"]["body"].as_str().expect("body")).expect("a scheme")
}

#[test]
fn a_schema_tells_of_each_column_what_concerns_it() {
    let shown = serde_json::to_value(Schema::of(37, scheme())).expect("JSON");
    let columns = shown["columns"].as_array().expect("columns");
    let of = |title: &str| {
        columns
            .iter()
            .find(|column| column["title"] == title)
            .expect("a column")
            .clone()
    };
    assert_eq!(
        of("Name"),
        json!({ "id": 81, "title": "Name", "type": "text", "subtype": "line", "mandatory": true, "textMaxLength": 50 })
    );
    assert_eq!(
        of("Amount"),
        json!({
            "id": 85, "title": "Amount", "type": "number", "subtype": "", "mandatory": false, "numberDefault": 1,
            "numberMin": 0, "numberMax": 100, "numberDecimals": 2, "numberPrefix": "€"
        })
    );
    let state = of("State");
    assert_eq!(
        state["selectionOptions"],
        json!([{ "id": 0, "label": "open" }, { "id": 1, "label": "done" }])
    );
    assert_eq!(of("Who")["usergroupSelectUsers"], true);
}

#[test]
fn p132_a_row_shows_labels_and_titles_beside_what_is_stored() {
    let columns: Vec<Column> = scheme().columns;
    let row = json!({ "id": 1, "tableId": 37, "data": [
        { "columnId": 88, "value": 1 }, { "columnId": 90, "value": "true" }, { "columnId": 91, "value": "2026-11-21 10:00" },
        { "columnId": 999, "value": "of no column" }
    ] });
    let shown = ShownRow::of(serde_json::from_value(row).expect("a row"), &columns);
    assert_eq!(
        serde_json::to_value(shown).expect("JSON")["data"],
        json!([
            { "columnId": 88, "title": "State", "value": "done", "stored": 1 },
            { "columnId": 90, "title": "Checked", "value": true, "stored": "true" },
            { "columnId": 91, "title": "When", "value": "2026-11-21 10:00" },
            { "columnId": 999, "title": null, "value": "of no column" }
        ])
    );
}

#[test]
fn p137_times_are_shown_as_stored_without_zone_and_the_type_says_what_they_are() {
    let columns: Vec<Column> = scheme().columns;
    for (title, stored, kind) in [
        ("When", "2026-11-21 10:00", ""),
        ("Day", "2026-11-21", "date"),
        ("Time", "10:30", "time"),
    ] {
        let column = columns.iter().find(|column| column.title == title).expect("recorded");
        assert_eq!((column.kind.as_str(), column.subtype.as_str()), ("datetime", kind));
        assert_eq!(column.to_wire(&json!(stored)), Ok(json!(stored)));
        assert_eq!(column.to_shown(&json!(stored)), json!(stored));
        let zoned = format!("{stored}Z");
        assert!(column.to_wire(&json!(zoned)).is_err(), "{title}");
    }
}
