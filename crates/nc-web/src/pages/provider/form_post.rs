use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::pages::{
    answer_under,
    policy::{Policy, Script},
};

/// Carries the answer to the client as a form post (`OAuth` 2.0 Form Post Response Mode). One of the few pages with a script.
#[derive(Debug, Template)]
#[template(path = "provider/form_post.html")]
pub struct FormPost<'a> {
    /// The redirect URI.
    pub action: &'a str,
    /// What the client calls itself.
    pub client: &'a str,
    /// Names and values of the answer.
    pub fields: &'a [(&'a str, &'a str)],
    /// A fresh random text of letters and digits, for the one script.
    pub nonce: &'a str,
    /// Origin of the redirect URI.
    pub form_target: Option<&'a str>,
}

impl IntoResponse for FormPost<'_> {
    fn into_response(self) -> Response {
        let policy = Policy {
            form_target: self.form_target,
            script: Script::Nonce(self.nonce),
        };
        answer_under(policy, StatusCode::OK, &self)
    }
}
