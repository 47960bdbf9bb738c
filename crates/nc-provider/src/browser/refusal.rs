//! Pages in place of the one that was asked for.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use nc_proto::oauth::error::PageError;
use nc_web::pages::Notice;

use crate::Error;

/// When to ask again whoever has the accounts, in seconds.
const RETRY_AFTER_S: u16 = 60;

/// An answer that ends the handling of a request early.
pub(super) struct Refusal(Box<Response>);

impl From<Response> for Refusal {
    fn from(page: Response) -> Self {
        Self(Box::new(page))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a page of the provider failed"
        );
        if !matches!(error, Error::Directory(_)) {
            return Notice::internal_error().into_response().into();
        }
        let page = Notice {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "Your account cannot be reached",
            text: "The server that has your account does not answer. Wait a minute, then load this page again.",
        };
        let mut response = page.into_response();
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
        response.into()
    }
}

impl From<nc_store::StoreError> for Refusal {
    fn from(error: nc_store::StoreError) -> Self {
        Error::from(error).into()
    }
}

impl From<PageError> for Refusal {
    fn from(error: PageError) -> Self {
        let page = Notice {
            status: StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST),
            title: "This request cannot be used",
            text: error.description(),
        };
        page.into_response().into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// The request has run out, was answered, or never was.
pub(super) fn ended() -> Refusal {
    let page = Notice {
        status: StatusCode::NOT_FOUND,
        title: "This request has ended",
        text: "It has run out or was answered already. Start again from the app that you want to connect; this page can be \
               closed.",
    };
    page.into_response().into()
}

/// The form, or the request, belongs to another browser or person.
pub(super) fn forged() -> Refusal {
    let page = Notice {
        status: StatusCode::FORBIDDEN,
        title: "This form cannot be used",
        text: "It did not come from a page of this browser, or you have signed in as somebody else since. Start again from \
               the app that you want to connect.",
    };
    page.into_response().into()
}

/// Too many requests; `after_s` seconds to wait.
pub(super) fn too_many(after_s: i64) -> Refusal {
    let page = Notice {
        status: StatusCode::TOO_MANY_REQUESTS,
        title: "Too many requests",
        text: "There were too many requests from your network. Wait a minute, then try again.",
    };
    let mut response = page.into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(after_s.max(1)));
    response.into()
}
