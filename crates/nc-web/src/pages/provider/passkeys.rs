use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::pages::{
    answer, answer_under,
    policy::{Policy, Script},
};

/// Asks the browser for a passkey and posts what it answers. Pages allow it by its hash.
const SCRIPT: &str = include_str!("../../../templates/passkey.js");

/// Asks for a passkey. Posts `credential`, a JSON document.
#[derive(Debug, Template)]
#[template(path = "provider/passkey_sign_in.html")]
pub struct PasskeySignIn<'a> {
    /// The status of the answer: 200, or that of the failed attempt.
    pub status: StatusCode,
    /// Where the form is posted.
    pub action: &'a str,
    /// The program that asks; none when a person comes to see the own account.
    pub client: Option<&'a str>,
    /// The host that the person signs in to.
    pub server: &'a str,
    /// What the browser is asked with: `PublicKeyCredentialRequestOptions` as JSON.
    pub options: &'a str,
    /// The page of the password.
    pub password: &'a str,
    /// Why the last attempt failed.
    pub error: Option<&'a str>,
    /// Token against forged posts.
    pub csrf: &'a str,
    /// The authorization request that waits for this.
    pub rid: Option<&'a str>,
    /// Origin or scheme of the redirect URI, if the post may lead there.
    pub form_target: Option<&'a str>,
}

/// Makes a passkey. Posts `name`, and `credential`, a JSON document.
#[derive(Debug, Template)]
#[template(path = "provider/passkey_new.html")]
pub struct NewPasskey<'a> {
    /// Where the form is posted.
    pub action: &'a str,
    /// The signed-in person.
    pub account: &'a str,
    /// The host of the account.
    pub server: &'a str,
    /// What the browser is asked with: `PublicKeyCredentialCreationOptions` as JSON.
    pub options: &'a str,
    /// The list of passkeys.
    pub back: &'a str,
    /// The name that was typed before.
    pub name: &'a str,
    /// Why the last attempt failed.
    pub error: Option<&'a str>,
    /// Token against forged posts.
    pub csrf: &'a str,
}

/// One passkey of a person.
#[derive(Debug)]
pub struct PasskeyEntry<'a> {
    /// What the person calls it.
    pub name: &'a str,
    /// The day when it was made.
    pub since: &'a str,
    /// The day of the last sign-in with it.
    pub last_used: Option<&'a str>,
    /// Where its end is posted.
    pub action_remove: &'a str,
}

/// The passkeys of a person, and ways to end and to add one.
#[derive(Debug, Template)]
#[template(path = "provider/passkeys.html")]
pub struct Passkeys<'a> {
    /// The signed-in person.
    pub account: &'a str,
    /// The host of the account.
    pub server: &'a str,
    /// What the last post did.
    pub done: Option<&'a str>,
    /// The passkeys, oldest first.
    pub passkeys: &'a [PasskeyEntry<'a>],
    /// Why none can be added.
    pub obstacle: Option<&'a str>,
    /// The page that makes one.
    pub new: &'a str,
    /// The page of connected apps.
    pub connected: &'a str,
    /// Token against forged posts, of every form.
    pub csrf: &'a str,
}

impl IntoResponse for PasskeySignIn<'_> {
    fn into_response(self) -> Response {
        let policy = Policy {
            form_target: self.form_target,
            script: Script::Text(SCRIPT),
        };
        answer_under(policy, self.status, &self)
    }
}

impl IntoResponse for NewPasskey<'_> {
    fn into_response(self) -> Response {
        let policy = Policy {
            form_target: None,
            script: Script::Text(SCRIPT),
        };
        let status = if self.error.is_some() {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::OK
        };
        answer_under(policy, status, &self)
    }
}

impl IntoResponse for Passkeys<'_> {
    fn into_response(self) -> Response {
        answer(StatusCode::OK, &self)
    }
}
