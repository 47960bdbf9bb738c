//! The first version: REST, answers without envelope.

use axum::{extract::State, response::Response};
use http::Uri;
use nc_proto::apps::tables::{ColumnId, RowId, ShareId, TableId, ViewId};

use super::{
    columns::Version,
    desk::Desk,
    error::{TablesError, reply},
    input::{Input, Part},
};
use crate::{Cloud, SignedIn, address::Path};

type Done = Result<Response, TablesError>;

/// `GET …/tables`
pub(super) async fn tables(State(cloud): State<Cloud>, signed_in: SignedIn) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.tables().await?))
}

/// `POST …/tables`
pub(super) async fn create_table(State(cloud): State<Cloud>, signed_in: SignedIn, input: Input) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.create_table(&input).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `GET …/tables/{id}`
pub(super) async fn table(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.table(TableId(id)).await?))
}

/// `PUT …/tables/{id}`
pub(super) async fn update_table(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    input: Input,
) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.update_table(TableId(id), &input).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `DELETE …/tables/{id}`
pub(super) async fn delete_table(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.delete_table(TableId(id)).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `GET …/tables/{id}/scheme`
pub(super) async fn scheme(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.scheme(TableId(id)).await?))
}

/// `GET …/tables/{id}/views`
pub(super) async fn views(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.views(TableId(id)).await?))
}

/// `POST …/tables/{id}/views`
pub(super) async fn create_view(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    input: Input,
) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.create_view(TableId(id), &input).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `GET …/views/{id}`
pub(super) async fn view(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.view(ViewId(id)).await?))
}

/// `PUT …/views/{id}`
pub(super) async fn update_view(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    input: Input,
) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.update_view(ViewId(id), input).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `DELETE …/views/{id}`
pub(super) async fn delete_view(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.delete_view(ViewId(id)).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `GET …/tables/{id}/columns`
pub(super) async fn columns(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.columns(TableId(id)).await?))
}

/// `POST …/tables/{id}/columns`: the type stands in the body.
pub(super) async fn create_column(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    input: Input,
) -> Done {
    let kind = input
        .text("type")?
        .ok_or_else(|| TablesError::invalid("type is missing"))?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.create_column(TableId(id), &kind, &input, Version::V1).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `GET …/views/{id}/columns`
pub(super) async fn view_columns(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.view_columns(ViewId(id)).await?))
}

/// `GET …/columns/{id}`
pub(super) async fn column(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.column(ColumnId(id)).await?))
}

/// `PUT …/columns/{id}`
pub(super) async fn update_column(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    input: Input,
) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.update_column(ColumnId(id), &input).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `DELETE …/columns/{id}`
pub(super) async fn delete_column(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.delete_column(ColumnId(id)).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `GET …/tables/{id}/rows`
pub(super) async fn rows(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>, uri: Uri) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.rows(TableId(id), Part::of(&uri)).await?))
}

/// `GET …/tables/{id}/rows/simple`
pub(super) async fn simple_rows(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    uri: Uri,
) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.simple_rows(TableId(id), Part::of(&uri)).await?))
}

/// `POST …/tables/{id}/rows`
pub(super) async fn create_row(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    input: Input,
) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.create_row(TableId(id), &input).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `GET …/views/{id}/rows`
pub(super) async fn view_rows(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>, uri: Uri) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.view_rows(ViewId(id), Part::of(&uri)).await?))
}

/// `POST …/views/{id}/rows`
pub(super) async fn create_view_row(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    input: Input,
) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.create_view_row(ViewId(id), &input).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `DELETE …/views/{id}/rows/{row}`: a row that the view shows
pub(super) async fn delete_view_row(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path((view, id)): Path<(i64, i64)>,
) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.delete_row(RowId(id), Some(ViewId(view))).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `GET …/rows/{id}`
pub(super) async fn row(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.row(RowId(id)).await?))
}

/// `PUT …/rows/{id}`
pub(super) async fn update_row(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    input: Input,
) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.update_row(RowId(id), &input).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `DELETE …/rows/{id}`
pub(super) async fn delete_row(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.delete_row(RowId(id), None).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `GET …/tables/{id}/shares`
pub(super) async fn shares(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.shares(TableId(id)).await?))
}

/// `POST …/tables/{id}/shares`
pub(super) async fn create_share(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    input: Input,
) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.create_share(TableId(id), &input).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `GET …/shares/{id}`
pub(super) async fn share(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    Ok(reply(&desk.share(ShareId(id)).await?))
}

/// `PUT …/shares/{id}`
pub(super) async fn update_share(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    input: Input,
) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.update_share(ShareId(id), &input).await?;
    desk.commit().await?;
    Ok(reply(&done))
}

/// `DELETE …/shares/{id}`
pub(super) async fn delete_share(State(cloud): State<Cloud>, signed_in: SignedIn, Path(id): Path<i64>) -> Done {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let done = desk.delete_share(ShareId(id)).await?;
    desk.commit().await?;
    Ok(reply(&done))
}
