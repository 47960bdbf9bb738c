//! A table about plants, with a view of those in bloom.

use nc_client::{Client, Error, NodeKind, row_data};
use nc_proto::apps::tables::{Condition, Kind, NewColumn, NewTable, NewView, Sort};
use serde_json::{Value, json};

/// Plant, height in cm, state, day of planting, whether it was watered.
const PLANTS: &[(&str, f64, &str, &str, bool)] = &[
    ("Red rose", 80.5, "in bloom", "2024-03-12", true),
    ("White rose", 74.0, "in bloom", "2024-03-12", false),
    ("Tiger lily", 120.0, "growing", "2025-04-02", true),
    ("Daisy", 0.0, "seed", "2026-02-20", false),
];

pub(super) async fn fill(client: &Client) -> Result<(), Error> {
    let tables = client.tables();
    let table = tables
        .create_table(&NewTable {
            title: "Garden".to_owned(),
            emoji: Some("🌷".to_owned()),
            description: None,
            template: "custom".to_owned(),
        })
        .await?;
    let mut plant = NewColumn::new("Plant", Kind::Line).with("textMaxLength", 100);
    plant.mandatory = true;
    let height = NewColumn::new("Height", Kind::Number)
        .with("numberMin", 0)
        .with("numberMax", 1000)
        .with("numberDecimals", 1)
        .with("numberSuffix", "cm");
    let state = NewColumn::new("State", Kind::Select).with_options(&["seed", "growing", "in bloom"]);
    let planted = NewColumn::new("Planted", Kind::Date);
    let watered = NewColumn::new("Watered", Kind::Check);
    for column in [plant, height, state, planted, watered] {
        tables.create_column(table.id, &column).await?;
    }
    let columns = tables.columns(NodeKind::Table, table.id.0).await?;
    for (plant, height, state, planted, watered) in PLANTS {
        let values = json!({
            "Plant": plant, "Height": height, "State": state, "Planted": planted, "Watered": watered,
        });
        let Value::Object(values) = values else { continue };
        let data = row_data(&columns, &values, true)?;
        tables.create_row(NodeKind::Table, table.id.0, &data).await?;
    }
    let ids: Vec<_> = columns.iter().map(|column| column.id).collect();
    let [plant, height, state, ..] = ids.as_slice() else {
        return Ok(());
    };
    let in_bloom = Condition {
        column_id: *state,
        operator: "is-equal".to_owned(),
        value: "@selection-id-2".into(),
    };
    let view = NewView {
        title: "In bloom".to_owned(),
        emoji: "🌹".to_owned(),
        columns: vec![*plant, *height],
        filter: vec![vec![in_bloom]],
        sort: vec![Sort {
            column_id: *height,
            mode: "DESC".to_owned(),
        }],
    };
    tables.create_view(table.id, &view).await?;
    Ok(())
}
