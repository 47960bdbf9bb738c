use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Serialize;

/// A JSON answer with Nextcloud's media type; some clients compare it whole, charset included.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let content_type = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, content_type, Json(body)).into_response()
}
