//! Sign-in at another Nextcloud.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use nc_web::pages::Notice;

/// The sign-in cannot be offered.
pub(super) async fn unavailable() -> Response {
    let page = Notice {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: "Signing in is not possible",
        text: "This server cannot send people to their Nextcloud.",
    };
    page.into_response()
}
