//! The pages of Login Flow v2: sign in, grant, done.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::answer;

/// Asks for name and password.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignIn<'a> {
    /// The status of the answer: 200, or that of the failed attempt.
    pub status: StatusCode,
    /// Where the form is posted.
    pub action: &'a str,
    /// The program that asks.
    pub client: &'a str,
    /// The host that the person signs in to.
    pub server: &'a str,
    /// The name that was typed before.
    pub login: &'a str,
    /// Why the last attempt failed.
    pub error: Option<&'a str>,
    /// Token against forged posts.
    pub csrf: &'a str,
}

/// Asks whether a program may use the account.
#[derive(Debug, Template)]
#[template(path = "grant.html")]
pub struct Grant<'a> {
    /// Where the form is posted.
    pub action: &'a str,
    /// The program that asks.
    pub client: &'a str,
    /// The name of the signed-in person.
    pub user: &'a str,
    /// The host of the account.
    pub server: &'a str,
    /// Token against forged posts.
    pub csrf: &'a str,
}

/// The program has got what it asked for, or was refused.
#[derive(Debug, Template)]
#[template(path = "connected.html")]
pub struct Connected<'a> {
    /// The program that asked.
    pub client: &'a str,
    /// Whether it was granted.
    pub granted: bool,
}

macro_rules! page {
    ($page:ident, $status:expr) => {
        impl IntoResponse for $page<'_> {
            fn into_response(self) -> Response {
                let status: fn(&Self) -> StatusCode = $status;
                answer(status(&self), &self)
            }
        }
    };
}

page!(SignIn, |page| page.status);
page!(Grant, |_| StatusCode::OK);
page!(Connected, |_| StatusCode::OK);
