use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::pages::answer;

/// Asks whether to sign out. Posts `everywhere=1` if that box is ticked.
#[derive(Debug, Template)]
#[template(path = "provider/logout_question.html")]
pub struct LogoutQuestion<'a> {
    /// Where the form is posted.
    pub action: &'a str,
    /// The program that asks.
    pub client: Option<&'a str>,
    /// The signed-in person.
    pub account: &'a str,
    /// The host of the account.
    pub server: &'a str,
    /// Token against forged posts.
    pub csrf: &'a str,
}

/// Says that the person is signed out.
#[derive(Debug, Template)]
#[template(path = "provider/signed_out.html")]
pub struct SignedOut<'a> {
    /// What has ended.
    pub text: &'a str,
    /// Address and words of a link to go on.
    pub back: Option<(&'a str, &'a str)>,
}

impl IntoResponse for LogoutQuestion<'_> {
    fn into_response(self) -> Response {
        answer(StatusCode::OK, &self)
    }
}

impl IntoResponse for SignedOut<'_> {
    fn into_response(self) -> Response {
        answer(StatusCode::OK, &self)
    }
}
