//! The Tables app. Its interface comes in two versions, neither of which does everything: rows are read and changed by version
//! 1 (REST), tables, columns and new rows go by version 2 (OCS) where the capabilities have it. Callers see one
//! (source: nextcloud/tables, `openapi.json`, and recorded traffic of 1.0.9).

use http::Method;
use nc_proto::apps::tables::{
    Column, NewColumn, NewTable, NewView, NodeKind, Row, RowData, RowId, Scheme, Table, TableId, View, ViewId,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{Client, Error, Subject, error::Reason, nextcloud::read_ocs, request::Request};

mod values;

pub use values::{check_cell, row_data};

/// The Tables app.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a>(&'a Client);

impl Client {
    /// The Tables app.
    pub const fn tables(&self) -> Tables<'_> {
        Tables(self)
    }
}

/// Which version of the interface is asked, where both can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// What the capabilities say.
#[derive(Debug, Default, Deserialize)]
struct Capability {
    #[serde(default, deserialize_with = "nc_proto::tolerant::text")]
    version: String,
    #[serde(default, rename = "apiVersions", deserialize_with = "nc_proto::tolerant::list")]
    api_versions: Vec<String>,
}

/// The tables and views that somebody has, in the answer that the web interface begins with.
#[derive(Debug, Deserialize)]
struct Everything {
    #[serde(default, deserialize_with = "nc_proto::tolerant::list")]
    tables: Vec<Table>,
}

impl<'a> Tables<'a> {
    /// Every table that the user owns or has a share of, with its views.
    ///
    /// # Errors
    /// [`Error::AppMissing`] if the app is not there for this user; otherwise as for every call.
    pub async fn list(&self) -> Result<Vec<Table>, Error> {
        let subject = Subject::named("the list of tables");
        match self.version().await? {
            Version::Two => {
                let everything: Everything = self.two(Method::GET, &["init"], subject).read().await?;
                Ok(everything.tables)
            }
            Version::One => self.one(Method::GET, &["tables"], subject).read().await,
        }
    }

    /// A table, without its columns and rows.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn table(&self, id: TableId) -> Result<Table, Error> {
        let path = ["tables", &id.to_string()];
        match self.version().await? {
            Version::Two => self.two(Method::GET, &path, of_table(id)).read().await,
            Version::One => self.one(Method::GET, &path, of_table(id)).read().await,
        }
    }

    /// A table's title, columns and views.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn scheme(&self, id: TableId) -> Result<Scheme, Error> {
        match self.version().await? {
            // Version 2 has an address for it too, which fails in 1.0.9.
            Version::Two => {
                let table = self.table(id).await?;
                Ok(Scheme {
                    title: table.title,
                    emoji: table.emoji,
                    columns: self.columns(NodeKind::Table, id.0).await?,
                    views: table.views,
                    description: table.description,
                    tables_version: self.capability().await?.version,
                })
            }
            Version::One => {
                let path = ["tables", &id.to_string(), "scheme"];
                self.one(Method::GET, &path, of_table(id)).read().await
            }
        }
    }

    /// A view of a table.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn view(&self, id: ViewId) -> Result<View, Error> {
        self.version().await?;
        let subject = Subject::new(format!("view {id}"));
        self.one(Method::GET, &["views", &id.to_string()], subject).read().await
    }

    /// The columns of a table; of a view those that it shows, with their places in it.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn columns(&self, node: NodeKind, id: i64) -> Result<Vec<Column>, Error> {
        let (subject, id) = (of_node(node, id), id.to_string());
        match self.version().await? {
            Version::Two => {
                self.two(Method::GET, &["columns", node.as_str(), &id], subject)
                    .read()
                    .await
            }
            Version::One => {
                self.one(Method::GET, &[node.collection(), &id, "columns"], subject)
                    .read()
                    .await
            }
        }
    }

    /// Makes a table without columns.
    ///
    /// # Errors
    /// As for every call; after [`Error::OutcomeUnknown`] look at the list before trying again.
    pub async fn create_table(&self, new: &NewTable) -> Result<Table, Error> {
        let subject = Subject::named("the new table");
        match self.version().await? {
            Version::Two => self.two(Method::POST, &["tables"], subject).json(new).read().await,
            Version::One => self.one(Method::POST, &["tables"], subject).json(new).read().await,
        }
    }

    /// Makes a column of a table.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] for somebody who may not manage the table; otherwise as for every call.
    pub async fn create_column(&self, table: TableId, new: &NewColumn) -> Result<Column, Error> {
        let subject = Subject::new(format!("a new column of table {table}"));
        let (kind, _) = new.kind.words();
        let mut fields = new.fields();
        match self.version().await? {
            Version::Two => {
                fields.insert("baseNodeId".to_owned(), table.0.into());
                fields.insert("baseNodeType".to_owned(), NodeKind::Table.as_str().into());
                let request = self.two(Method::POST, &["columns", kind], subject);
                request.json(&fields).read().await
            }
            Version::One => {
                fields.insert("type".to_owned(), kind.into());
                let path = ["tables", &table.to_string(), "columns"];
                self.one(Method::POST, &path, subject).json(&fields).read().await
            }
        }
    }

    /// Makes a view of a table: these columns from left to right, rows that meet a condition.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] for somebody who may not manage the table; otherwise as for every call.
    pub async fn create_view(&self, table: TableId, new: &NewView) -> Result<View, Error> {
        self.version().await?;
        let subject = Subject::new(format!("a new view of table {table}"));
        let names = json!({ "title": new.title, "emoji": new.emoji });
        let path = ["tables", &table.to_string(), "views"];
        let made: View = self
            .one(Method::POST, &path, subject.clone())
            .json(&names)
            .read()
            .await?;
        // What it shows can only be said in a second step.
        let places = new.columns.iter().enumerate();
        let columns: Vec<Value> = places
            .map(|(order, column)| json!({ "columnId": column, "order": order }))
            .collect();
        let data = json!({
            "title": new.title, "emoji": new.emoji, "columnSettings": columns, "filter": new.filter, "sort": new.sort,
        });
        let request = self.one(Method::PUT, &["views", &made.id.to_string()], subject);
        request.json(&json!({ "data": data })).read().await
    }

    /// Rows of a table in the order of their numbers, or of a view in its own. Nobody tells how many there are: ask for one
    /// more than is wanted.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] for somebody who may not read; otherwise as for every call.
    pub async fn rows(&self, node: NodeKind, id: i64, limit: Option<u32>, offset: u32) -> Result<Vec<Row>, Error> {
        self.version().await?;
        let path = [node.collection(), &id.to_string(), "rows"];
        let mut call = self.one(Method::GET, &path, of_node(node, id));
        if let Some(limit) = limit {
            call = call.query("limit", limit).query("offset", offset);
        }
        let mut rows: Vec<Row> = call.read().await?;
        if node == NodeKind::Table {
            rows.sort_by_key(|row| row.id);
        }
        Ok(rows)
    }

    /// One row with all its cells.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn row(&self, id: RowId) -> Result<Row, Error> {
        self.version().await?;
        self.one(Method::GET, &["rows", &id.to_string()], of_row(id))
            .read()
            .await
    }

    /// Adds a row, and reads it: the answer to the adding has neither people nor times (32).
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Refused`] with the server's reason; otherwise as for every call.
    /// After [`Error::OutcomeUnknown`] look at the rows before trying again.
    pub async fn create_row(&self, node: NodeKind, id: i64, data: &RowData) -> Result<Row, Error> {
        let subject = Subject::new(format!("a new row of {} {id}", node.as_str()));
        let path = [node.collection(), &id.to_string(), "rows"];
        let made: Result<Row, Error> = match self.version().await? {
            Version::Two => self.two(Method::POST, &path, subject).json(data).read().await,
            Version::One => self.one(Method::POST, &path, subject).json(data).read().await,
        };
        let made = match made {
            // A column of another table, or none at all, makes 32 fail without words.
            Err(error @ Error::ServerError { .. }) => {
                self.columns(node, id).await?;
                return Err(error);
            }
            made => made?,
        };
        // It is there, whatever comes of the reading; some may add and not read.
        Ok(self.row(made.id).await.unwrap_or(made))
    }

    /// Changes cells of a row; those that are not given stay. Through `view` its rights count, and only what it shows can be
    /// changed. With `unchanged_since`, only if that is still the time of the row's last change: the interface has no
    /// condition of its own, so it is looked at right before.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it changed, [`Error::NotFound`], [`Error::Forbidden`]; otherwise as for every call.
    pub async fn update_row(
        &self,
        id: RowId,
        view: Option<ViewId>,
        data: &RowData,
        unchanged_since: Option<&str>,
    ) -> Result<Row, Error> {
        #[derive(Serialize)]
        struct Change<'d> {
            #[serde(flatten)]
            data: &'d RowData,
            #[serde(rename = "viewId", skip_serializing_if = "Option::is_none")]
            view: Option<ViewId>,
        }
        self.version().await?;
        if let Some(wanted) = unchanged_since {
            let row = self.row(id).await?;
            if row.last_edit_at.as_deref() != Some(wanted) {
                let subject = match &row.last_edit_at {
                    Some(now) => Subject::new(format!("row {id} (last changed {now})")),
                    None => of_row(id),
                };
                let current = Box::default();
                return Err(Error::Conflict { subject, current });
            }
        }
        let request = self.one(Method::PUT, &["rows", &id.to_string()], of_row(id));
        let changed = request.json(&Change { data, view }).read().await;
        self.told(id, changed).await
    }

    /// Deletes a row; through `view` with its rights. The row as it was.
    ///
    /// # Errors
    /// [`Error::NotFound`] also if it was deleted before, [`Error::Forbidden`]; otherwise as for every call.
    pub async fn delete_row(&self, id: RowId, view: Option<ViewId>) -> Result<Row, Error> {
        self.version().await?;
        let (row, view) = (id.to_string(), view.map(|view| view.to_string()));
        let path = match &view {
            Some(view) => vec!["views", view, "rows", &row],
            None => vec!["rows", &row],
        };
        let deleted = self.one(Method::DELETE, &path, of_row(id)).read().await;
        self.told(id, deleted).await
    }

    /// What came of a write to a row: 32 answers 500 also for one that is not there, so that is looked at.
    async fn told(&self, id: RowId, written: Result<Row, Error>) -> Result<Row, Error> {
        match written {
            Err(error @ Error::ServerError { .. }) => match self.row(id).await {
                Err(missing @ Error::NotFound { .. }) => Err(missing),
                _ => Err(error),
            },
            written => written,
        }
    }

    async fn capability(&self) -> Result<Capability, Error> {
        let capabilities = self.0.capabilities().await?;
        if !capabilities.has("tables") {
            return Err(Error::AppMissing { app: "tables" });
        }
        Ok(capabilities.find(&["tables"]).unwrap_or_default())
    }

    async fn version(&self) -> Result<Version, Error> {
        let versions = self.capability().await?.api_versions;
        let has_two = versions.iter().any(|version| version.starts_with("2."));
        Ok(if has_two { Version::Two } else { Version::One })
    }

    fn one(self, method: Method, path: &[&str], subject: Subject) -> Call<'a> {
        let path = [&["api", "1"], path].concat();
        Call {
            client: self.0,
            request: self.0.app("tables", method, &path, subject),
            version: Version::One,
        }
    }

    fn two(self, method: Method, path: &[&str], subject: Subject) -> Call<'a> {
        let path = [&["apps", "tables", "api", "2"], path].concat();
        Call {
            client: self.0,
            request: self.0.ocs(method, &path, subject).of_app("tables"),
            version: Version::Two,
        }
    }
}

/// A request whose answer is read as its version writes it.
struct Call<'a> {
    client: &'a Client,
    request: Request<'a>,
    version: Version,
}

impl Call<'_> {
    fn json<T: Serialize>(mut self, body: &T) -> Self {
        self.request = self.request.json(body);
        self
    }

    fn query(mut self, name: &'static str, value: u32) -> Self {
        self.request = self.request.query(name, value.to_string());
        self
    }

    async fn read<T: DeserializeOwned>(self) -> Result<T, Error> {
        let write = self.request.context.write;
        let result = match self.version {
            Version::Two => read_ocs(self.request).await,
            Version::One => self.request.read_json().await,
        };
        match result {
            Ok((answer, _)) => Ok(answer),
            // An expired sign-in can be answered with 200 and nothing (P128): one look tells.
            Err(Error::BadAnswer { subject, what, status }) => {
                if status == 200 && !self.client.is_still_accepted().await.unwrap_or(true) {
                    return Err(Error::Unauthorized);
                }
                // The change was made; only what would prove it is missing.
                Err(if write {
                    Error::OutcomeUnknown { subject }
                } else {
                    Error::BadAnswer { subject, what, status }
                })
            }
            Err(error) => Err(without_insides(error)),
        }
    }
}

/// The app's words for what is not there and for its own failures are names of its code and statements for its database.
fn without_insides(error: Error) -> Error {
    match error {
        Error::NotFound { subject, .. } => Error::not_found(subject),
        Error::ServerError { subject, status, .. } => Error::ServerError {
            subject,
            status,
            reason: Reason::none(),
        },
        error => error,
    }
}

fn of_table(id: TableId) -> Subject {
    of_node(NodeKind::Table, id.0)
}

fn of_node(node: NodeKind, id: i64) -> Subject {
    Subject::new(format!("{} {id}", node.as_str()))
}

fn of_row(id: RowId) -> Subject {
    Subject::new(format!("row {id}"))
}
