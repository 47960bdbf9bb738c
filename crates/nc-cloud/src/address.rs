//! What stands in the address of a request: axum's `Path` and `Query`, with refusals as the interface words them.

use axum::{
    extract::{
        FromRequestParts,
        path::ErrorKind,
        rejection::{PathRejection, QueryRejection},
    },
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};
use nc_web::pages::Notice;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::{json::json as json_answer, ocs::Ocs, routes::Surface};

/// The variables of a path. What does not fit is refused with 400, in the form of the route's surface.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let read = axum::extract::Path::from_request_parts(parts, state).await;
        let axum::extract::Path(variables) = read.map_err(|rejection| refusal(parts, &path_fault(&rejection)))?;
        Ok(Self(variables))
    }
}

/// The fields of a query. What does not fit is refused as in a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let read = axum::extract::Query::from_request_parts(parts, state).await;
        let axum::extract::Query(fields) = read.map_err(|rejection| refusal(parts, &query_fault(&rejection)))?;
        Ok(Self(fields))
    }
}

fn path_fault(rejection: &PathRejection) -> String {
    let kind = match rejection {
        PathRejection::FailedToDeserializePathParams(failed) => failed.kind(),
        other => return other.body_text(),
    };
    match kind {
        ErrorKind::ParseErrorAtKey { value, .. }
        | ErrorKind::ParseErrorAtIndex { value, .. }
        | ErrorKind::ParseError { value, .. } => {
            format!("`{value}` in the path has to be a whole number that is not too large")
        }
        ErrorKind::InvalidUtf8InPathParam { .. } => "the path is not UTF-8".to_owned(),
        other => other.to_string(),
    }
}

fn query_fault(rejection: &QueryRejection) -> String {
    let text = rejection.body_text();
    let why = text
        .strip_prefix("Failed to deserialize query string: ")
        .unwrap_or(&text);
    format!("the query cannot be read: {why}")
}

fn refusal(parts: &Parts, why: &str) -> Response {
    let status = StatusCode::BAD_REQUEST;
    match parts.extensions.get() {
        Some(Surface::Ocs) => Ocs::of(&parts.uri, &parts.headers).refuse(status.as_u16(), why),
        Some(Surface::Page) => {
            let title = "This address cannot be read";
            Notice {
                status,
                title,
                text: why,
            }
            .into_response()
        }
        Some(Surface::Dav | Surface::App | Surface::Plain) | None => json_answer(status, &json!({ "message": why })),
    }
}
