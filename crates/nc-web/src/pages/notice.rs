use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::answer;

/// A page that only says something: an error, or that a link has run out.
#[derive(Debug, Template)]
#[template(path = "notice.html")]
pub struct Notice<'a> {
    /// The status of the answer.
    pub status: StatusCode,
    /// A few words.
    pub title: &'a str,
    /// What happened and what to do, for people.
    pub text: &'a str,
}

impl Notice<'_> {
    /// There is no such page.
    pub const fn not_found() -> Notice<'static> {
        Notice {
            status: StatusCode::NOT_FOUND,
            title: "Page not found",
            text: "There is nothing at this address. It may have been moved, or the link may be incomplete.",
        }
    }

    /// We failed.
    pub const fn internal_error() -> Notice<'static> {
        Notice {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            title: "Something went wrong",
            text: "The server could not finish this. Trying again in a moment may help; the server's log says more.",
        }
    }
}

impl IntoResponse for Notice<'_> {
    fn into_response(self) -> Response {
        answer(self.status, &self)
    }
}
