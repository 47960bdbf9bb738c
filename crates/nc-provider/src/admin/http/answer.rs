use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Value, json};

use crate::admin::AdminError;

/// The answer of a handler.
pub(super) type Answer = Result<Json<Value>, AdminError>;

pub(super) fn message(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "message": text }))).into_response()
}

impl IntoResponse for AdminError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match self {
            Self::Invalid(_) => message(StatusCode::BAD_REQUEST, &text),
            Self::Missing(_) => message(StatusCode::NOT_FOUND, &text),
            Self::Exists(_) => message(StatusCode::CONFLICT, &text),
            Self::Failed(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "an administrator's request failed"
                );
                message(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
            }
        }
    }
}
