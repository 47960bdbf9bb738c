use nc_client::{Error, Tables};
use nc_proto::apps::tables::{
    ColumnId, Condition, Kind, NewColumn, NewTable, NewView, NodeKind, Row, RowData, RowId, Sort, TableId, ViewId,
};
use serde_json::{Value, json};

use crate::{
    replay::{Replay, exchange},
    scripted::{Reply, Server},
};

fn data(cells: &[(i64, Value)]) -> RowData {
    RowData(cells.iter().map(|(id, value)| (ColumnId(*id), value.clone())).collect())
}

fn created(name: &str) -> Value {
    exchange("tables", name)
}

/// The row that an exchange made, as it is read afterwards.
fn then_read(name: &str) -> Value {
    let mut read = created("v1-row-get");
    let made: Value = serde_json::from_str(created(name)["response"]["body"].as_str().expect("body")).expect("JSON");
    let made = if made["ocs"].is_object() {
        made["ocs"]["data"].clone()
    } else {
        made
    };
    read["request"]["path"] = format!("/index.php/apps/tables/api/1/rows/{}", made["id"]).into();
    let mut row: Value = serde_json::from_str(read["response"]["body"].as_str().expect("body")).expect("JSON");
    row["id"] = made["id"].clone();
    row["data"] = made["data"].clone();
    read["response"]["body"] = row.to_string().into();
    read
}

#[tokio::test]
async fn p127_tables_and_columns_are_read_by_version_2() {
    let names = ["v2-init", "v2-table-get", "v2-columns-list", "v2-table-get-unknown"];
    let (replay, client) = Replay::start("tables", &names);
    let tables = client.tables();
    let listed = tables.list().await.expect("list");
    assert_eq!(listed[0].title, "Welcome to Nextcloud Tables!");
    assert_eq!(listed[0].views[0].column_ids().len(), 4);
    let table = tables.table(TableId(37)).await.expect("table");
    assert_eq!((table.rows_count, table.views[0].sort.len()), (7, 1));
    let columns = tables.columns(NodeKind::Table, 40).await.expect("columns");
    assert_eq!(columns[0].text_max_length, Some(20));
    let kinds: Vec<Kind> = columns.iter().map(nc_client::Column::kind).collect();
    assert_eq!(
        kinds,
        [Kind::Line, Kind::Number, Kind::Multi, Kind::Date, Kind::UserGroup]
    );
    // An empty page is a table that is not there, not an app that is not there.
    let error = tables.table(TableId(99_999_999)).await.expect_err("unknown");
    assert_eq!(error.to_string(), "table 99999999 was not found");
    replay.done();
}

#[tokio::test]
async fn p127_a_server_without_version_2_is_asked_by_version_1_with_the_same_result() {
    let mut old = exchange("core", "capabilities-user-json");
    let body = old["response"]["body"]
        .as_str()
        .expect("body")
        .replace(r#""1.0","2.0","2.1""#, r#""1.0""#);
    old["response"]["body"] = body.into();
    let names = [
        "v1-tables-list-empty",
        "v1-table-get",
        "v1-table-scheme",
        "v1-row-create",
        "v1-table-get-unknown",
        "v1-table-create",
        "v1-column-create-selection-check",
    ];
    let mut expected = vec![old];
    for name in names {
        expected.push(created(name));
        if name == "v1-row-create" {
            expected.push(then_read(name));
        }
    }
    let (replay, client) = Replay::start_with(expected);
    let tables = client.tables();
    assert_eq!(tables.list().await.expect("list")[0].rows_count, 7);
    assert_eq!(tables.table(TableId(37)).await.expect("table").title, "Inventory");
    let scheme = tables.scheme(TableId(37)).await.expect("scheme");
    assert_eq!((scheme.columns.len(), scheme.tables_version.as_str()), (14, "1.0.9"));
    let cells = [
        (81, json!("Hammer")),
        (85, json!(12.5)),
        (88, json!(0)),
        (92, json!("2026-11-21")),
    ];
    let row = tables
        .create_row(NodeKind::Table, 37, &data(&cells))
        .await
        .expect("row");
    assert_eq!(row.id, RowId(68));
    let error = tables.table(TableId(99_999_999)).await.expect_err("unknown");
    assert_eq!(error.code(), "not_found");
    let new = NewTable {
        title: "Inventory".into(),
        emoji: Some("📦".into()),
        description: None,
        template: "custom".into(),
    };
    assert_eq!(tables.create_table(&new).await.expect("table").id, TableId(37));
    let column = tables
        .create_column(TableId(37), &NewColumn::new("Checked", Kind::Check))
        .await;
    assert_eq!(column.expect("column").kind(), Kind::Check);
    replay.done();
}

#[tokio::test]
async fn tables_and_columns_of_each_type_are_made() {
    let names = [
        "v2-table-create",
        "v2-column-text",
        "v2-column-number",
        "v2-column-datetime",
        "v2-column-usergroup",
    ];
    let (replay, client) = Replay::start("tables", &names);
    let tables = client.tables();
    let new = NewTable {
        title: "Second".into(),
        emoji: Some("📋".into()),
        description: Some("about".into()),
        template: "custom".into(),
    };
    let id = tables.create_table(&new).await.expect("table").id;
    let columns = [
        NewColumn::new("Name", Kind::Line).with("textMaxLength", 20),
        NewColumn::new("N", Kind::Number)
            .with("numberDecimals", 0)
            .with("numberSuffix", "kg"),
        NewColumn::new("D", Kind::Date).with("datetimeDefault", "today"),
        NewColumn::new("U", Kind::UserGroup)
            .with("usergroupSelectUsers", true)
            .with("usergroupSelectGroups", true)
            .with("usergroupMultipleItems", true),
    ];
    for new in columns {
        let made = tables.create_column(id, &new).await.expect("column");
        assert_eq!((made.kind(), made.title), (new.kind, new.title));
    }
    replay.done();
}

#[tokio::test]
async fn p130_a_new_row_is_read_again_for_its_people_and_times() {
    let (replay, client) = Replay::start_with(vec![created("v2-row-create"), then_read("v2-row-create")]);
    let row = client
        .tables()
        .create_row(NodeKind::Table, 40, &data(&[(95, json!("v2 row"))]))
        .await;
    let row = row.expect("row");
    assert_eq!((row.id, row.created_by.as_deref()), (RowId(75), Some("carol")));
    assert_eq!(row.value(ColumnId(95)), Some(&json!("v2 row")));
    replay.done();
    // Who may add and not read still learns that it was added.
    let mut unreadable = then_read("v2-row-create");
    unreadable["response"] = created("v1-row-create-as-read-only-sharee")["response"].clone();
    let (replay, client) = Replay::start_with(vec![created("v2-row-create"), unreadable]);
    let row = client
        .tables()
        .create_row(NodeKind::Table, 40, &data(&[(95, json!("v2 row"))]))
        .await;
    let row = row.expect("row");
    assert_eq!((row.id, row.created_by), (RowId(75), None));
    replay.done();
}

#[tokio::test]
async fn p135_rows_come_in_parts_and_through_views() {
    let names = [
        "v1-rows-list",
        "v1-rows-list-limit-offset",
        "v1-view-rows",
        "v1-view-get",
    ];
    let (replay, client) = Replay::start("tables", &names);
    let tables = client.tables();
    let ids = |rows: Vec<Row>| rows.into_iter().map(|row| row.id.0).collect::<Vec<_>>();
    let all = tables.rows(NodeKind::Table, 37, None, 0).await.expect("rows");
    assert_eq!(ids(all), [68, 69, 70, 71, 72, 73]);
    let part = tables.rows(NodeKind::Table, 37, Some(1), 1).await.expect("rows");
    assert_eq!(ids(part), [69]);
    let shown = tables.rows(NodeKind::View, 8, None, 0).await.expect("rows");
    assert_eq!(shown[0].data.len(), 2);
    let view = tables.view(ViewId(8)).await.expect("view");
    assert_eq!(
        (view.table_id, view.column_ids()),
        (TableId(37), vec![ColumnId(81), ColumnId(85)])
    );
    replay.done();
}

#[tokio::test]
async fn p133_a_row_that_is_not_there_is_not_found_and_nothing_of_the_inside_is_told() {
    let unknown = || created("v1-row-get-unknown");
    let mut again = unknown();
    again["request"]["path"] = "/index.php/apps/tables/api/1/rows/68".into();
    let expected = vec![
        unknown(),
        created("v1-row-update-unknown"),
        unknown(),
        created("v1-row-delete-again"),
        again,
        created("v1-row-create-missing-mandatory"),
        created("v1-row-create-as-read-only-sharee"),
    ];
    let mut expected = expected;
    let new_row = "/ocs/v2.php/apps/tables/api/2/tables/37/rows?format=json";
    for place in [5, 6] {
        expected[place]["request"]["path"] = new_row.into();
    }
    let (replay, client) = Replay::start_with(expected);
    let tables = client.tables();
    let id = RowId(99_999_999);
    let texts = [
        tables.row(id).await.expect_err("unknown"),
        tables
            .update_row(id, None, &data(&[(81, json!("x"))]), None)
            .await
            .expect_err("unknown"),
        tables.delete_row(RowId(68), None).await.expect_err("gone"),
    ];
    assert_eq!(
        texts.map(|error| error.to_string()),
        [
            "row 99999999 was not found",
            "row 99999999 was not found",
            "row 68 was not found"
        ]
    );
    let create = async |cells: &[(i64, Value)]| {
        let made = tables.create_row(NodeKind::Table, 37, &data(cells)).await;
        made.expect_err("refused").to_string()
    };
    assert_eq!(
        create(&[(85, json!(1))]).await,
        "Nextcloud refused the request for a new row of table 37 with status 400 (Nextcloud says: Mandatory column \
         \"Name\" cannot be empty.)"
    );
    assert_eq!(
        create(&[(81, json!("no"))]).await,
        "no permission for a new row of table 37"
    );
    replay.done();
}

#[tokio::test]
async fn a_row_that_changed_since_is_not_written() {
    let (replay, client) = Replay::start(
        "tables",
        &["v1-row-get", "v1-row-get", "v1-row-update", "v1-row-delete"],
    );
    let tables = client.tables();
    let change = data(&[(81, json!("Big hammer")), (85, json!(20))]);
    let error = tables
        .update_row(RowId(68), None, &change, Some("2026-11-21 01:54:30"))
        .await
        .expect_err("changed");
    assert!(matches!(error, Error::Conflict { .. }), "{error}");
    assert!(
        error.to_string().contains("last changed 2026-11-21 01:54:31"),
        "{error}"
    );
    let row = tables
        .update_row(RowId(68), None, &change, Some("2026-11-21 01:54:31"))
        .await
        .expect("written");
    assert_eq!(row.value(ColumnId(85)), Some(&json!(20)));
    assert_eq!(tables.delete_row(RowId(68), None).await.expect("deleted").id, RowId(68));
    replay.done();
}

#[tokio::test]
async fn p27_without_the_capability_nothing_is_asked() {
    let mut without = exchange("core", "capabilities-user-json");
    let body = without["response"]["body"]
        .as_str()
        .expect("body")
        .replace(r#""tables":"#, r#""others":"#);
    without["response"]["body"] = body.into();
    let (replay, client) = Replay::start_with(vec![without]);
    let tables: Tables<'_> = client.tables();
    for error in [
        tables.list().await.expect_err("missing"),
        tables.row(RowId(1)).await.expect_err("missing"),
        tables.delete_row(RowId(1), None).await.expect_err("missing"),
    ] {
        assert_eq!(error.code(), "app_missing");
    }
    replay.done();
}

#[tokio::test]
async fn p128_an_empty_answer_is_no_empty_list_and_tells_of_an_ended_sign_in() {
    for (still_good, code) in [(true, "bad_answer"), (false, "unauthorized")] {
        let server = Server::start_raw(move |seen, count| {
            let core = |name: &str| {
                let recorded = exchange("core", name)["response"]["body"]
                    .as_str()
                    .expect("body")
                    .to_owned();
                Reply::json(200, recorded)
            };
            match seen.target.split('?').next().unwrap_or_default() {
                "/ocs/v2.php/cloud/capabilities" => core("capabilities-user-json"),
                "/ocs/v2.php/cloud/user" if count == 0 || still_good => core("cloud-user-by-accept-header"),
                "/ocs/v2.php/cloud/user" => Reply::json(401, r#"{"ocs":{"meta":{"statuscode":997},"data":[]}}"#),
                _ => Reply::new(200, &[("content-type", "application/json; charset=utf-8")], ""),
            }
        })
        .await;
        let client = crate::scripted::nextcloud(server.config()).client(crate::scripted::credential("carol"));
        let error = client
            .tables()
            .rows(NodeKind::Table, 1, None, 0)
            .await
            .expect_err("empty");
        assert_eq!(error.code(), code, "{error}");
    }
}

#[tokio::test]
async fn a_view_is_made_and_then_told_what_it_shows() {
    let (replay, client) = Replay::start("tables", &["v1-view-create", "v1-view-update-columns-filter-sort"]);
    let new = NewView {
        title: "Cheap".into(),
        emoji: "💶".into(),
        columns: vec![ColumnId(81), ColumnId(85)],
        filter: vec![vec![Condition {
            column_id: ColumnId(85),
            operator: "is-greater-than".into(),
            value: json!("5"),
        }]],
        sort: vec![Sort {
            column_id: ColumnId(85),
            mode: "DESC".into(),
        }],
    };
    let view = client.tables().create_view(TableId(37), &new).await.expect("a view");
    assert_eq!((view.id, view.rows_count, view.sort), (ViewId(8), 1, new.sort));
    replay.done();
}
