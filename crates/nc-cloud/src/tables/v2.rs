//! The second version: OCS, answers in an envelope. It has no way to read rows.

use axum::{extract::State, response::Response};
use nc_proto::apps::tables::{ColumnId, TableId, ViewId};
use serde_json::json;

use super::{
    columns::Version,
    desk::{Desk, Right},
    error::{TablesError, answer},
    input::Input,
};
use crate::{Cloud, SignedIn, address::Path, ocs::Ocs};

/// The fields of a body, or why it cannot be read: the refusal comes in the envelope too.
type Body = Result<Input, TablesError>;

/// `GET …/init`: what the web interface begins with. Views of tables that are shared themselves come with these.
pub(super) async fn init(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn) -> Response {
    let done = async {
        let mut desk = Desk::read(&cloud, &signed_in).await?;
        Ok(json!({ "tables": desk.tables().await?, "views": [] }))
    };
    answer(ocs, done.await)
}

/// `GET …/tables`
pub(super) async fn tables(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn) -> Response {
    let done = async {
        let mut desk = Desk::read(&cloud, &signed_in).await?;
        desk.tables().await
    };
    answer(ocs, done.await)
}

/// `POST …/tables`
pub(super) async fn create_table(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn, body: Body) -> Response {
    let done = async {
        let input = body?;
        let mut desk = Desk::change(&cloud, &signed_in).await?;
        let done = desk.create_table(&input).await?;
        desk.commit().await?;
        Ok(done)
    };
    answer(ocs, done.await)
}

/// `GET …/tables/{id}`
pub(super) async fn table(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn, Path(id): Path<i64>) -> Response {
    let done = async {
        let mut desk = Desk::read(&cloud, &signed_in).await?;
        desk.table(TableId(id)).await
    };
    answer(ocs, done.await)
}

/// `PUT …/tables/{id}`
pub(super) async fn update_table(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    body: Body,
) -> Response {
    let done = async {
        let input = body?;
        let mut desk = Desk::change(&cloud, &signed_in).await?;
        let done = desk.update_table(TableId(id), &input).await?;
        desk.commit().await?;
        Ok(done)
    };
    answer(ocs, done.await)
}

/// `DELETE …/tables/{id}`
pub(super) async fn delete_table(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(id): Path<i64>,
) -> Response {
    let done = async {
        let mut desk = Desk::change(&cloud, &signed_in).await?;
        let done = desk.delete_table(TableId(id)).await?;
        desk.commit().await?;
        Ok(done)
    };
    answer(ocs, done.await)
}

/// `GET …/tables/scheme/{id}`
pub(super) async fn scheme(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn, Path(id): Path<i64>) -> Response {
    let done = async {
        let mut desk = Desk::read(&cloud, &signed_in).await?;
        desk.scheme(TableId(id)).await
    };
    answer(ocs, done.await)
}

/// `GET …/columns/{id}`
pub(super) async fn column(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn, Path(id): Path<i64>) -> Response {
    let done = async {
        let mut desk = Desk::read(&cloud, &signed_in).await?;
        desk.column(ColumnId(id)).await
    };
    answer(ocs, done.await)
}

/// `GET …/columns/{node}/{id}` with `table` or `view` for the node.
pub(super) async fn columns(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path((node, id)): Path<(String, i64)>,
) -> Response {
    let done = async {
        let mut desk = Desk::read(&cloud, &signed_in).await?;
        match node.as_str() {
            "table" => desk.columns(TableId(id)).await,
            "view" => desk.view_columns(ViewId(id)).await,
            _ => Err(TablesError::invalid("the kind of node is table or view")),
        }
    };
    answer(ocs, done.await)
}

/// `POST …/columns/{type}`: for a table, or for a view, which gets it at its right end.
pub(super) async fn create_column(
    kind: &'static str,
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    body: Body,
) -> Response {
    let done = async {
        let input = body?;
        let node = input.integer("baseNodeId")?;
        let node = node.ok_or_else(|| TablesError::invalid("baseNodeId is missing"))?;
        let mut desk = Desk::change(&cloud, &signed_in).await?;
        let done = match input.text("baseNodeType")?.as_deref() {
            Some("table") => desk.create_column(TableId(node), kind, &input, Version::V2).await?,
            Some("view") => {
                let (reached, _) = desk.reach_view(ViewId(node), Right::Manage).await?;
                let column = desk.create_column(reached.id(), kind, &input, Version::V2).await?;
                desk.append_to_view(ViewId(node), column.id).await?;
                column
            }
            _ => return Err(TablesError::invalid("baseNodeType is table or view")),
        };
        desk.commit().await?;
        Ok(done)
    };
    answer(ocs, done.await)
}

/// `POST …/tables/{id}/rows`
pub(super) async fn create_row(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    body: Body,
) -> Response {
    let done = async {
        let input = body?;
        let mut desk = Desk::change(&cloud, &signed_in).await?;
        let done = desk.create_row(TableId(id), &input).await?;
        desk.commit().await?;
        Ok(done)
    };
    answer(ocs, done.await)
}

/// `POST …/views/{id}/rows`
pub(super) async fn create_view_row(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    body: Body,
) -> Response {
    let done = async {
        let input = body?;
        let mut desk = Desk::change(&cloud, &signed_in).await?;
        let done = desk.create_view_row(ViewId(id), &input).await?;
        desk.commit().await?;
        Ok(done)
    };
    answer(ocs, done.await)
}

/// `POST …/favorites/{node}/{id}`
pub(super) async fn mark(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path((node, id)): Path<(u8, i64)>,
) -> Response {
    let done = async {
        let mut desk = Desk::change(&cloud, &signed_in).await?;
        desk.set_favorite(node, id, true).await?;
        desk.commit().await?;
        Ok(json!([]))
    };
    answer(ocs, done.await)
}

/// `DELETE …/favorites/{node}/{id}`
pub(super) async fn unmark(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path((node, id)): Path<(u8, i64)>,
) -> Response {
    let done = async {
        let mut desk = Desk::change(&cloud, &signed_in).await?;
        desk.set_favorite(node, id, false).await?;
        desk.commit().await?;
        Ok(json!([]))
    };
    answer(ocs, done.await)
}

/// `GET …/contexts`: applications made of tables; there are none here.
pub(super) async fn contexts(ocs: Ocs, _: SignedIn) -> Response {
    ocs.ok(&json!([]))
}
