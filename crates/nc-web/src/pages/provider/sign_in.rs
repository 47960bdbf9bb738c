use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::pages::{
    answer_under,
    policy::{Policy, Script},
};

/// Asks for name and password. Posts `user` and `password`.
#[derive(Debug, Template)]
#[template(path = "provider/sign_in.html")]
pub struct SignIn<'a> {
    /// The status of the answer: 200, or that of the failed attempt.
    pub status: StatusCode,
    /// Where the form is posted.
    pub action: &'a str,
    /// The program that asks; none when a person comes to see the own account.
    pub client: Option<&'a str>,
    /// The host that the person signs in to.
    pub server: &'a str,
    /// The name that was typed before, or the client's `login_hint`.
    pub login: &'a str,
    /// Why the last attempt failed.
    pub error: Option<&'a str>,
    /// Token against forged posts.
    pub csrf: &'a str,
    /// The authorization request that waits for this.
    pub rid: Option<&'a str>,
    /// The page where a passkey does it; none where there are no passkeys.
    pub passkey: Option<&'a str>,
    /// Origin or scheme of the redirect URI, if the post may lead there.
    pub form_target: Option<&'a str>,
}

/// Asks for the digits of an authenticator. Posts `code`.
#[derive(Debug, Template)]
#[template(path = "provider/second_factor.html")]
pub struct SecondFactor<'a> {
    /// The status of the answer: 200, or that of the failed attempt.
    pub status: StatusCode,
    /// Where the form is posted.
    pub action: &'a str,
    /// The name of the person whose password was right.
    pub user: &'a str,
    /// The host that the person signs in to.
    pub server: &'a str,
    /// Why the last attempt failed.
    pub error: Option<&'a str>,
    /// Token against forged posts.
    pub csrf: &'a str,
    /// The authorization request that waits for this.
    pub rid: Option<&'a str>,
    /// Origin or scheme of the redirect URI, if the post may lead there.
    pub form_target: Option<&'a str>,
}

impl IntoResponse for SignIn<'_> {
    fn into_response(self) -> Response {
        let policy = Policy {
            form_target: self.form_target,
            script: Script::None,
        };
        answer_under(policy, self.status, &self)
    }
}

impl IntoResponse for SecondFactor<'_> {
    fn into_response(self) -> Response {
        let policy = Policy {
            form_target: self.form_target,
            script: Script::None,
        };
        answer_under(policy, self.status, &self)
    }
}
