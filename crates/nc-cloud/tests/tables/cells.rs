//! Any value that a column takes survives being written and read.

use nc_proto::apps::tables::{Column, ColumnId, Kind, Row, RowData};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::{Value, json};

use crate::wire::{V1, V2, Wire};

fn value(kind: Kind) -> BoxedStrategy<Value> {
    let date = (1..9999u16, 1..13u8, 1..29u8).prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"));
    let time = (0..24u8, 0..60u8).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}"));
    let label = prop::sample::select(vec!["open", "done", "\"quoted\" ünë"]);
    match kind {
        Kind::Line => "[^\r\n]{0,40}".prop_map(Value::from).boxed(),
        Kind::Long | Kind::Rich => "(?s).{0,80}".prop_map(Value::from).boxed(),
        Kind::Link => ("[a-z]{1,8}", ".{1,12}")
            .prop_map(|(path, title)| json!({ "url": format!("https://example.org/{path}"), "title": title }))
            .boxed(),
        Kind::Number => prop_oneof![
            any::<i32>().prop_map(Value::from),
            (-1_000_000i32..1_000_000).prop_map(|cents| Value::from(f64::from(cents) / 100.0)),
        ]
        .boxed(),
        Kind::Stars => (0..=5).prop_map(Value::from).boxed(),
        Kind::Progress => (0..=100).prop_map(Value::from).boxed(),
        Kind::Select => label.prop_map(Value::from).boxed(),
        Kind::Multi => prop::collection::vec(label, 0..4).prop_map(Value::from).boxed(),
        Kind::Check => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Date => date.prop_map(Value::from).boxed(),
        Kind::Time => time.prop_map(Value::from).boxed(),
        Kind::DateTime => (date, time)
            .prop_map(|(date, time)| format!("{date} {time}").into())
            .boxed(),
        Kind::UserGroup => {
            let member = prop_oneof![
                prop::sample::select(vec!["alice", "bob", "nobody"]).prop_map(|id| json!({ "id": id, "type": "user" })),
                Just(json!({ "id": "team", "type": "group" })),
            ];
            prop::collection::vec(member, 0..4).prop_map(Value::from).boxed()
        }
        Kind::Other => Just(Value::Null).boxed(),
    }
}

async fn columns(wire: &Wire, table: i64) -> Vec<Column> {
    let options =
        json!([{ "id": 0, "label": "open" }, { "id": 1, "label": "done" }, { "id": 9, "label": "\"quoted\" ünë" }]);
    for kind in Kind::ALL {
        let (kind, subtype) = kind.words();
        let settings = json!({
            "title": format!("{kind} {subtype}"), "subtype": subtype, "numberDecimals": 2, "selectionOptions": options,
            "usergroupSelectUsers": true, "usergroupSelectGroups": true, "usergroupMultipleItems": true,
        });
        wire.column(table, kind, settings).await;
    }
    let columns = wire.get("alice", format!("{V2}/columns/table/{table}")).await.ok();
    serde_json::from_value(columns).unwrap()
}

#[test]
fn any_value_that_a_column_takes_survives_being_written_and_read() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let wire = runtime.block_on(Wire::boot());
    let table = runtime.block_on(wire.table("T"));
    let columns = runtime.block_on(columns(&wire, table));
    assert_eq!(columns.len(), Kind::ALL.len());
    let row: Vec<BoxedStrategy<Value>> = columns
        .iter()
        .map(|column| prop_oneof![1 => Just(Value::Null), 9 => value(column.kind())].boxed())
        .collect();
    let mut runner = TestRunner::new(Config::with_cases(96));
    let checked = runner.run(&(row.clone(), row, any::<bool>()), |(first, second, second_version)| {
        let sent = |values: &[Value]| -> Result<RowData, TestCaseError> {
            let wires = columns.iter().zip(values).map(|(column, value)| {
                let wire = column
                    .to_wire(value)
                    .map_err(|error| TestCaseError::fail(error.to_string()))?;
                Ok((column.id, wire))
            });
            Ok(RowData(wires.collect::<Result<_, TestCaseError>>()?))
        };
        let base = if second_version { V2 } else { V1 };
        let check = |sent: &RowData, row: &Row, given: &[Value]| {
            for (column, given) in columns.iter().zip(given) {
                let stored = row.value(column.id);
                let written: &Value = &sent.0[&ColumnId(column.id.0)];
                prop_assert!(
                    column.is_same(written, stored),
                    "{}: {written} {stored:?} of {given}",
                    column.title
                );
                // What is shown means the same when it is written again.
                let shown = column.to_shown(stored.unwrap_or(&Value::Null));
                let again = column
                    .to_wire(&shown)
                    .map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert!(column.is_same(&again, stored), "{}: {shown}", column.title);
            }
            Ok(())
        };
        runtime.block_on(async {
            let data = sent(&first)?;
            let body = serde_json::to_value(&data).unwrap();
            let made: Row = serde_json::from_value(
                wire.post("alice", format!("{base}/tables/{table}/rows"), body)
                    .await
                    .ok(),
            )
            .unwrap();
            check(&data, &made, &first)?;
            let path = format!("{V1}/rows/{}", made.id);
            let read: Row = serde_json::from_value(wire.get("alice", &path).await.ok()).unwrap();
            check(&data, &read, &first)?;
            let data = sent(&second)?;
            let body = serde_json::to_value(&data).unwrap();
            let changed: Row = serde_json::from_value(wire.put("alice", &path, body).await.ok()).unwrap();
            check(&data, &changed, &second)?;
            let listed = wire.get("alice", format!("{V1}/tables/{table}/rows")).await.ok();
            let rows: Vec<Row> = serde_json::from_value(listed).unwrap();
            let listed = rows.iter().find(|row| row.id == made.id).unwrap();
            prop_assert_eq!(listed, &changed);
            wire.delete("alice", &path).await.ok();
            Ok(())
        })
    });
    checked.unwrap();
}
