use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn column(kind: Kind) -> Column {
    let (kind, subtype) = kind.words();
    serde_json::from_value(json!({
        "id": 7, "tableId": 1, "title": "Amount", "type": kind, "subtype": subtype,
        "selectionOptions": [
            { "id": 0, "label": "open" }, { "id": 1, "label": "done" }, { "id": 2, "label": "1" },
            { "id": 3, "label": "twice" }, { "id": 4, "label": "twice" }, { "id": 5, "label": "gone", "deleted": true }
        ],
    }))
    .expect("a column")
}

fn refusal(column: &Column, value: impl std::borrow::Borrow<Value>) -> String {
    column.to_wire(value.borrow()).expect_err("refused").to_string()
}

#[test]
fn recorded_objects_read_and_write_back() {
    let area: Vec<Value> =
        serde_json::from_str(include_str!("../../../../../fixtures/nextcloud-32/tables.json")).expect("a recording");
    let mut seen = 0;
    for exchange in &area {
        let body: Value =
            serde_json::from_str(exchange["response"]["body"].as_str().unwrap_or_default()).unwrap_or(Value::Null);
        let data = if body["ocs"].is_object() {
            &body["ocs"]["data"]
        } else {
            &body
        };
        let objects = match data {
            Value::Array(items) => items.clone(),
            Value::Object(_) => vec![data.clone()],
            _ => continue,
        };
        for object in objects.into_iter().filter(|object| object["id"].is_number()) {
            let back = if object["rowsCount"].is_number() && object["tableId"].is_null() {
                serde_json::to_value(serde_json::from_value::<Table>(object.clone()).expect("a table"))
            } else if object["rowsCount"].is_number() {
                serde_json::to_value(serde_json::from_value::<View>(object.clone()).expect("a view"))
            } else if object["nodeId"].is_number() {
                serde_json::to_value(serde_json::from_value::<Share>(object.clone()).expect("a share"))
            } else if object["data"].is_array() {
                serde_json::to_value(serde_json::from_value::<Row>(object.clone()).expect("a row"))
            } else {
                serde_json::to_value(serde_json::from_value::<Column>(object.clone()).expect("a column"))
            };
            assert_eq!(back.expect("writable"), object, "{}", exchange["name"]);
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen} objects");
}

#[test]
fn what_php_writes_for_nothing_is_nothing() {
    let column: Column = serde_json::from_value(json!({
        "id": "7", "tableId": "1", "type": "number", "numberMin": "2.5", "numberDecimals": "1", "customSettings": [],
        "selectionOptions": null, "usergroupDefault": "", "textUnique": 0,
    }))
    .expect("a column");
    assert_eq!((column.id, column.kind()), (ColumnId(7), Kind::Number));
    assert_eq!(
        column.number_min.as_ref().map(ToString::to_string).as_deref(),
        Some("2.5")
    );
    assert_eq!((column.number_decimals, column.text_unique), (Some(1), Some(false)));
    let row: Row = serde_json::from_value(json!({ "id": 1, "tableId": 2, "data": null })).expect("a row");
    assert_eq!((row.created_by, row.data.len()), (None, 0));
}

#[test]
fn a_row_is_written_as_a_map_from_columns_to_values() {
    let data = RowData([(ColumnId(2), json!("x")), (ColumnId(10), Value::Null)].into());
    let written = serde_json::to_value(&data).expect("writable");
    assert_eq!(written, json!({ "data": { "2": "x", "10": null } }));
}

#[test]
fn an_older_view_lists_its_columns_itself() {
    let old: View = serde_json::from_value(json!({ "id": 1, "tableId": 2, "columns": [5, 4] })).expect("a view");
    assert_eq!(old.column_ids(), [ColumnId(5), ColumnId(4)]);
    let settings = json!([{ "columnId": 4, "order": 1 }, { "columnId": 5, "order": 0 }]);
    let new: View =
        serde_json::from_value(json!({ "id": 1, "tableId": 2, "columnSettings": settings })).expect("a view");
    assert_eq!(new.column_ids(), [ColumnId(5), ColumnId(4)]);
}

#[test]
fn p131_each_type_refuses_what_it_does_not_hold_and_says_what_it_does() {
    for (kind, wrong) in [
        (Kind::Line, json!(5)),
        (Kind::Line, json!("two\nlines")),
        (Kind::Long, json!(["x"])),
        (Kind::Rich, json!(true)),
        (Kind::Link, json!("not an address")),
        (Kind::Link, json!("javascript:alert(1)")),
        (Kind::Link, json!({ "title": "x" })),
        (Kind::Number, json!("abc")),
        (Kind::Number, json!("12")),
        (Kind::Number, json!(true)),
        (Kind::Stars, json!(6)),
        (Kind::Stars, json!(2.5)),
        (Kind::Progress, json!(101)),
        (Kind::Progress, json!(-1)),
        (Kind::Select, json!("nothing of it")),
        (Kind::Select, json!(77)),
        (Kind::Select, json!("gone")),
        (Kind::Select, json!([0])),
        (Kind::Multi, json!("open")),
        (Kind::Multi, json!([0, 77])),
        (Kind::Check, json!("yes")),
        (Kind::Check, json!(1)),
        (Kind::DateTime, json!("2026-11-21")),
        (Kind::DateTime, json!("2026-11-21T10:00")),
        (Kind::DateTime, json!("2026-11-21 24:00")),
        (Kind::Date, json!("2026-02-30")),
        (Kind::Date, json!("21.11.2026")),
        (Kind::Time, json!("25:00")),
        (Kind::Time, json!("9:00")),
        (Kind::UserGroup, json!({ "id": "team", "type": "group" })),
        (Kind::UserGroup, json!(["alice", "bob"])),
        (Kind::UserGroup, json!("")),
        (Kind::Other, json!("x")),
    ] {
        let text = refusal(&column(kind), wrong.clone());
        assert!(text.starts_with("column \"Amount\" (7) "), "{kind:?} {wrong}: {text}");
    }
}

#[test]
fn p131_bounds_decimals_and_lengths_are_told() {
    let mut amount = column(Kind::Number);
    amount.number_min = Some(0.into());
    amount.number_max = Some(100.into());
    amount.number_decimals = Some(2);
    amount.number_prefix = "€".to_owned();
    let allowed = "takes a number with at most 2 decimals from 0 to 100";
    for wrong in [json!(-1), json!(100.5), json!(0.125)] {
        assert_eq!(
            refusal(&amount, wrong.clone()),
            format!("column \"Amount\" (7) {allowed}, not {wrong}")
        );
    }
    assert!(refusal(&amount, json!("€5")).ends_with("without its unit, not text"));
    for good in [json!(0), json!(100), json!(12.5), json!(1e1), json!(0.10)] {
        assert_eq!(amount.to_wire(&good), Ok(good));
    }
    let mut name = column(Kind::Line);
    name.text_max_length = Some(3);
    assert_eq!(name.to_wire(&json!("äöü")), Ok(json!("äöü")));
    assert!(refusal(&name, json!("abcd")).ends_with("takes at most 3 characters, not 4"));
}

#[test]
fn p132_labels_are_taken_and_shown_and_ids_are_sent() {
    let state = column(Kind::Select);
    assert_eq!(state.to_wire(&json!("done")), Ok(json!(1)));
    assert_eq!(state.to_wire(&json!(0)), Ok(json!(0)));
    // A label that looks like a number is a label first.
    assert_eq!(state.to_wire(&json!("1")), Ok(json!(2)));
    assert_eq!(state.to_wire(&json!("3")), Ok(json!(3)));
    assert!(refusal(&state, json!("twice")).ends_with("name one by its id, of 3, 4"));
    assert!(refusal(&state, json!("Open")).contains("\"open\" (0), \"done\" (1)"));
    assert_eq!(state.to_shown(&json!("0")), json!("open"));
    assert_eq!(state.to_shown(&json!(9)), json!("removed option 9"));
    let tags = column(Kind::Multi);
    assert_eq!(tags.to_wire(&json!(["done", 0, "done"])), Ok(json!([1, 0])));
    assert_eq!(tags.to_shown(&json!([0, 1])), json!(["open", "done"]));
    let checked = column(Kind::Check);
    assert_eq!(checked.to_wire(&json!(true)), Ok(json!("true")));
    assert_eq!(checked.to_shown(&json!("false")), json!(false));
}

#[test]
fn links_are_stored_as_the_web_interface_does_and_shown_as_addresses() {
    let link = column(Kind::Link);
    let wire = link.to_wire(&json!("https://example.org/a")).expect("a link");
    assert_eq!(
        serde_json::from_str::<Value>(wire.as_str().expect("text")).expect("JSON"),
        json!({ "title": "https://example.org/a", "value": "https://example.org/a", "providerId": "url" })
    );
    assert_eq!(link.to_shown(&wire), json!("https://example.org/a"));
    let titled = json!({ "title": "A", "url": "https://example.org/a" });
    let wire = link.to_wire(&titled).expect("a link");
    assert_eq!(link.to_shown(&wire), titled);
    assert_eq!(
        link.to_shown(&json!("https://old.example")),
        json!("https://old.example")
    );
}

#[test]
fn accounts_groups_and_teams_are_taken_as_the_column_allows() {
    let mut who = column(Kind::UserGroup);
    assert_eq!(who.to_wire(&json!("dave")), Ok(json!([{ "id": "dave", "type": 0 }])));
    who.usergroup_select_users = Some(true);
    who.usergroup_select_groups = Some(true);
    who.usergroup_multiple_items = Some(true);
    let given = json!(["dave", { "id": "team", "type": "group" }, { "id": "carol", "type": 0 }]);
    let wire = json!([{ "id": "dave", "type": 0 }, { "id": "team", "type": 1 }, { "id": "carol", "type": 0 }]);
    assert_eq!(who.to_wire(&given), Ok(wire.clone()));
    assert!(refusal(&who, json!({ "id": "t", "type": "team" })).contains("user, group"));
    let stored = json!([
        { "id": "carol", "type": 0, "displayName": "Carol" }, { "id": "team", "type": 1, "displayName": "team" },
        { "id": "dave", "type": 0, "displayName": "Dave" }
    ]);
    assert!(who.is_same(&wire, Some(&stored)));
    assert!(!who.is_same(&wire, Some(&json!([{ "id": "dave", "type": 0 }]))));
}

#[test]
fn p133_a_mandatory_column_takes_neither_nothing_nor_emptiness() {
    for (kind, empty) in [
        (Kind::Line, json!("")),
        (Kind::Multi, json!([])),
        (Kind::UserGroup, json!([])),
        (Kind::Number, Value::Null),
    ] {
        let mut needed = column(kind);
        assert!(needed.to_wire(&empty).is_ok(), "{kind:?}");
        needed.mandatory = true;
        assert!(
            refusal(&needed, empty).ends_with("is mandatory and needs a value"),
            "{kind:?}"
        );
    }
}

#[test]
fn what_was_stored_otherwise_is_not_taken_for_the_same() {
    for (kind, sent, stored) in [
        (Kind::Line, json!("a"), json!("b")),
        (Kind::Number, json!(5), Value::Null),
        (Kind::Number, json!(5), json!(0)),
        (Kind::Select, json!(1), Value::Null),
        (Kind::Select, json!(1), json!("2")),
        (Kind::Multi, json!([0, 1]), json!([0])),
        (Kind::Check, json!("true"), json!("false")),
        (Kind::Date, json!("2026-01-01"), Value::Null),
    ] {
        assert!(!column(kind).is_same(&sent, Some(&stored)), "{kind:?}");
        assert!(!column(kind).is_same(&sent, None), "{kind:?}");
    }
    for (kind, sent, stored) in [
        (Kind::Number, json!(5), json!("5.0")),
        (Kind::Number, Value::Null, json!(0)),
        (Kind::Select, json!(1), json!("1")),
        (Kind::Multi, json!([1, 0]), json!([0, 1])),
        (Kind::Line, Value::Null, json!("")),
    ] {
        assert!(column(kind).is_same(&sent, Some(&stored)), "{kind:?}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2})?".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn no_value_breaks_a_column_and_what_is_taken_is_the_same_when_it_comes_back(
        kind in prop::sample::select(Kind::ALL), value in any_value(), other in any_value(),
    ) {
        let column = column(kind);
        if let Ok(wire) = column.to_wire(&value) {
            prop_assert!(column.is_same(&wire, Some(&wire)));
            // Shown values are taken again, and mean the same.
            let shown = column.to_shown(&wire);
            if shown != json!("twice") && !shown.as_array().is_some_and(|all| all.contains(&json!("twice"))) {
                prop_assert_eq!(column.to_wire(&shown), Ok(wire));
            }
        }
        column.to_shown(&other);
        column.is_same(&value, Some(&other));
    }

    #[test]
    fn dates_and_times_are_judged_without_panic(text in ".*") {
        let _ = (is_date(&text), is_time(&text), is_date_time(&text));
    }
}
