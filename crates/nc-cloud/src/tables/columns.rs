//! Columns of tables.

use std::collections::BTreeSet;

use nc_proto::apps::tables::{Column, ColumnId, ColumnSetting, Kind, SelectionOption, TableId, ViewId};
use sqlx::FromRow;

use super::{
    desk::{Desk, Right, time_text},
    error::TablesError,
    input::Input,
};

/// Which version of the interface makes a column: they differ in what stands for "not given".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

#[derive(Debug, FromRow)]
struct ColumnRecord {
    id: i64,
    table_id: i64,
    settings: String,
    created_by: String,
    created_at: i64,
    changed_by: String,
    changed_at: i64,
}

impl Desk {
    /// The columns of a table that was reached, in the order in which they were made.
    pub(super) async fn columns_of(&mut self, table: TableId) -> Result<Vec<Column>, TablesError> {
        let records: Vec<ColumnRecord> = sqlx::query_as("SELECT * FROM tables_columns WHERE table_id = ? ORDER BY id")
            .bind(table.0)
            .fetch_all(self.connection())
            .await?;
        let mut columns = Vec::with_capacity(records.len());
        for record in records {
            columns.push(self.shown_column(record).await?);
        }
        Ok(columns)
    }

    pub(super) async fn columns(&mut self, table: TableId) -> Result<Vec<Column>, TablesError> {
        self.reach(table, Right::See).await?;
        self.columns_of(table).await
    }

    /// The columns that a view shows, from left to right, with their places.
    pub(super) async fn view_columns(&mut self, view: ViewId) -> Result<Vec<Column>, TablesError> {
        let (_, record) = self.reach_view(view, Right::See).await?;
        let mut settings: Vec<ColumnSetting> = serde_json::from_str(&record.columns)?;
        settings.sort_by_key(|setting| setting.order);
        let columns = self.columns_of(TableId(record.table_id)).await?;
        let placed = settings.into_iter().filter_map(|setting| {
            let mut column = columns.iter().find(|column| column.id == setting.column_id)?.clone();
            column.view_column_information = Some(setting);
            Some(column)
        });
        Ok(placed.collect())
    }

    pub(super) async fn column(&mut self, id: ColumnId) -> Result<Column, TablesError> {
        self.reach_column(id, Right::See).await
    }

    pub(super) async fn create_column(
        &mut self,
        table: TableId,
        kind: &str,
        input: &Input,
        version: Version,
    ) -> Result<Column, TablesError> {
        self.reach(table, Right::Manage).await?;
        let mut column = new_column(table, kind, input, version)?;
        let settings = serde_json::to_string(&with_defaults(column.clone()))?;
        let (user, now) = (self.user.as_str().to_owned(), self.now);
        let id = sqlx::query(
            "INSERT INTO tables_columns (table_id, settings, created_by, created_at, changed_by, changed_at) \
             VALUES (?1, ?2, ?3, ?4, ?3, ?4)",
        )
        .bind(table.0)
        .bind(settings)
        .bind(user.clone())
        .bind(now)
        .execute(self.connection())
        .await?
        .last_insert_rowid();
        let name = self.display_name(&user).await?;
        column.id = ColumnId(id);
        column.created_by.clone_from(&user);
        column.created_by_display_name.clone_from(&name);
        column.created_at = time_text(now);
        column.last_edit_by = user;
        column.last_edit_by_display_name = name;
        column.last_edit_at = time_text(now);
        Ok(column)
    }

    /// Changes what is given of a column; the rest stays.
    pub(super) async fn update_column(&mut self, id: ColumnId, input: &Input) -> Result<Column, TablesError> {
        let mut column = self.reach_column(id, Right::Manage).await?;
        for (name, current) in [("type", &column.kind), ("subtype", &column.subtype)] {
            if input.text(name)?.is_some_and(|given| given != *current) {
                return Err(TablesError::invalid(
                    "the type of a column does not change; make another column",
                ));
            }
        }
        column.title = input.title()?.unwrap_or(column.title);
        change_settings(&mut column, input)?;
        let settings = serde_json::to_string(&column)?;
        let (user, now) = (self.user.as_str().to_owned(), self.now);
        sqlx::query("UPDATE tables_columns SET settings = ?, changed_by = ?, changed_at = ? WHERE id = ?")
            .bind(settings)
            .bind(user)
            .bind(now)
            .bind(id.0)
            .execute(self.connection())
            .await?;
        self.column(id).await
    }

    /// Deletes a column; its values in the rows are not shown any more, and views forget it.
    pub(super) async fn delete_column(&mut self, id: ColumnId) -> Result<Column, TablesError> {
        let column = self.reach_column(id, Right::Manage).await?;
        sqlx::query("DELETE FROM tables_columns WHERE id = ?")
            .bind(id.0)
            .execute(self.connection())
            .await?;
        self.forget_column(column.table_id, id).await?;
        Ok(column)
    }

    async fn reach_column(&mut self, id: ColumnId, right: Right) -> Result<Column, TablesError> {
        const UNKNOWN: TablesError = TablesError::NotFound("column");
        let record: Option<ColumnRecord> = sqlx::query_as("SELECT * FROM tables_columns WHERE id = ?")
            .bind(id.0)
            .fetch_optional(self.connection())
            .await?;
        let record = record.ok_or(UNKNOWN)?;
        match self.reach(TableId(record.table_id), right).await {
            Ok(_) => self.shown_column(record).await,
            Err(TablesError::NoNode) => Err(UNKNOWN),
            Err(error) => Err(error),
        }
    }

    async fn shown_column(&mut self, record: ColumnRecord) -> Result<Column, TablesError> {
        let mut column: Column = serde_json::from_str(&record.settings)?;
        column.id = ColumnId(record.id);
        column.table_id = TableId(record.table_id);
        column.created_by_display_name = self.display_name(&record.created_by).await?;
        column.created_by = record.created_by;
        column.created_at = time_text(record.created_at);
        column.last_edit_by_display_name = self.display_name(&record.changed_by).await?;
        column.last_edit_by = record.changed_by;
        column.last_edit_at = time_text(record.changed_at);
        Ok(column)
    }
}

fn new_column(table: TableId, kind: &str, input: &Input, version: Version) -> Result<Column, TablesError> {
    let subtype = input.text("subtype")?.unwrap_or_default();
    if Kind::of(kind, &subtype) == Kind::Other {
        return Err(TablesError::invalid(format!(
            "there is no type {kind:?} with the subtype {subtype:?}"
        )));
    }
    // What stands for "not given" in each version, as recorded.
    let nothing = (version == Version::V1).then(String::new);
    let mut column = Column {
        id: ColumnId(0),
        table_id: table,
        title: input.needed_title()?,
        created_by: String::new(),
        created_by_display_name: String::new(),
        created_at: String::new(),
        last_edit_by: String::new(),
        last_edit_by_display_name: String::new(),
        last_edit_at: String::new(),
        view_column_information: None,
        kind: kind.to_owned(),
        subtype,
        mandatory: false,
        description: String::new(),
        number_default: None,
        number_min: None,
        number_max: None,
        number_decimals: None,
        number_prefix: String::new(),
        number_suffix: String::new(),
        text_default: None,
        text_allowed_pattern: None,
        text_max_length: None,
        text_unique: (version == Version::V2 && kind == "text").then_some(false),
        selection_options: Vec::new(),
        selection_default: nothing.clone(),
        datetime_default: nothing,
        usergroup_default: Vec::new(),
        usergroup_multiple_items: None,
        usergroup_select_users: None,
        usergroup_select_groups: None,
        usergroup_select_teams: None,
        show_user_status: None,
        custom_settings: serde_json::Map::new(),
    };
    change_settings(&mut column, input)?;
    Ok(column)
}

/// The form of the choices of a selection.
const OPTIONS: &str = "a list of objects with id and label";

/// Takes over the settings that are given.
fn change_settings(column: &mut Column, input: &Input) -> Result<(), TablesError> {
    fn set<T>(place: &mut T, given: Option<T>) {
        if let Some(given) = given {
            *place = given;
        }
    }
    set(&mut column.mandatory, input.boolean("mandatory")?);
    set(&mut column.description, input.text("description")?);
    set(&mut column.number_default, input.number("numberDefault")?.map(Some));
    set(&mut column.number_min, input.number("numberMin")?.map(Some));
    set(&mut column.number_max, input.number("numberMax")?.map(Some));
    set(&mut column.number_decimals, input.integer("numberDecimals")?.map(Some));
    set(&mut column.number_prefix, input.text("numberPrefix")?);
    set(&mut column.number_suffix, input.text("numberSuffix")?);
    set(&mut column.text_default, input.text("textDefault")?.map(Some));
    set(
        &mut column.text_allowed_pattern,
        input.text("textAllowedPattern")?.map(Some),
    );
    set(&mut column.text_max_length, input.integer("textMaxLength")?.map(Some));
    set(&mut column.text_unique, input.boolean("textUnique")?.map(Some));
    set(&mut column.selection_default, selection_default(input)?.map(Some));
    set(&mut column.datetime_default, input.text("datetimeDefault")?.map(Some));
    set(
        &mut column.usergroup_multiple_items,
        input.boolean("usergroupMultipleItems")?.map(Some),
    );
    set(
        &mut column.usergroup_select_users,
        input.boolean("usergroupSelectUsers")?.map(Some),
    );
    set(
        &mut column.usergroup_select_groups,
        input.boolean("usergroupSelectGroups")?.map(Some),
    );
    set(
        &mut column.usergroup_select_teams,
        input.boolean("usergroupSelectTeams")?.map(Some),
    );
    set(&mut column.show_user_status, input.boolean("showUserStatus")?.map(Some));
    set(
        &mut column.usergroup_default,
        input.structure("usergroupDefault", "a list")?,
    );
    set(
        &mut column.custom_settings,
        input.structure("customSettings", "an object")?,
    );
    if let Some(options) = input.structure::<Vec<SelectionOption>>("selectionOptions", OPTIONS)? {
        let ids: BTreeSet<i64> = options.iter().map(|option| option.id).collect();
        if ids.len() < options.len() {
            return Err(TablesError::invalid("two options have the same id"));
        }
        column.selection_options = options;
    }
    if column.text_max_length.is_some_and(|most| most < 0) || column.number_decimals.is_some_and(|most| most < 0) {
        return Err(TablesError::invalid("lengths and decimals are not below 0"));
    }
    Ok(())
}

/// A text, or a list of numbers that is kept as JSON in a text.
fn selection_default(input: &Input) -> Result<Option<String>, TablesError> {
    match input.given("selectionDefault") {
        Some(list @ serde_json::Value::Array(_)) => Ok(Some(list.to_string())),
        _ => input.text("selectionDefault"),
    }
}

/// What is shown after the making for what was not given then, as recorded.
fn with_defaults(mut column: Column) -> Column {
    column.number_decimals.get_or_insert(0);
    column.text_unique.get_or_insert(false);
    for flag in [
        &mut column.usergroup_multiple_items,
        &mut column.usergroup_select_users,
        &mut column.usergroup_select_groups,
        &mut column.usergroup_select_teams,
        &mut column.show_user_status,
    ] {
        flag.get_or_insert(false);
    }
    column
}
