//! Posts of the forms on our own pages.

use axum::{
    body::{Body, to_bytes},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode, header};
use nc_web::pages::Notice;
use url::form_urlencoded;

/// The fields of a form. Any may be repeated.
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a post. `None`: it is no form, or longer than `max_bytes`.
    pub(crate) async fn read(headers: &HeaderMap, body: Body, max_bytes: usize) -> Option<Self> {
        let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').next()?;
        if !kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return None;
        }
        let body = to_bytes(body, max_bytes).await.ok()?;
        Some(Self(form_urlencoded::parse(&body).into_owned().collect()))
    }

    /// The value of a field that is there once.
    pub(crate) fn only<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let mut values = self.all(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// Every value of a field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.0.iter().filter(move |(known, _)| known == name);
        fields.map(|(_, value)| value.as_str())
    }
}

/// The answer to a post that does not come from a page of this person in this browser.
pub(crate) fn forged() -> Response {
    let page = Notice {
        status: StatusCode::FORBIDDEN,
        title: "This form cannot be used",
        text: "It did not come from your own page in this browser, or you have signed in anew since. Load the page again.",
    };
    page.into_response()
}
