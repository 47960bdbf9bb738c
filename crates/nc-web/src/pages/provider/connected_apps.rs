use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::scope_choice::ScopeChoice;
use crate::pages::answer;

/// One client that may use the account.
#[derive(Debug)]
pub struct ConnectedApp<'a> {
    /// What the client calls itself.
    pub name: &'a str,
    /// The host that its answers go to.
    pub host: &'a str,
    /// What it uses; none if it only knows who signed in.
    pub resource: Option<&'a str>,
    /// Its scopes; ticked are those that it has.
    pub scopes: &'a [ScopeChoice<'a>],
    /// The day of the consent.
    pub since: &'a str,
    /// The day on which it ends.
    pub until: Option<&'a str>,
    /// Where the ticked scopes are posted; none where people may not change them.
    pub action_narrow: Option<&'a str>,
    /// Where the end of the connection is posted.
    pub action_revoke: &'a str,
}

impl<'a> ConnectedApp<'a> {
    fn ordered_scopes(&self) -> Vec<&'a ScopeChoice<'a>> {
        ScopeChoice::in_order(self.scopes)
    }
}

/// Everything that may use the account, and ways to stop it.
#[derive(Debug, Template)]
#[template(path = "provider/connected_apps.html")]
pub struct ConnectedApps<'a> {
    /// The signed-in person.
    pub account: &'a str,
    /// The host of the account.
    pub server: &'a str,
    /// What the last post did.
    pub done: Option<&'a str>,
    /// Why the last post failed.
    pub error: Option<&'a str>,
    /// The clients, newest first.
    pub apps: &'a [ConnectedApp<'a>],
    /// Other pages about the own account: what they are called, and where they are.
    pub pages: &'a [(&'a str, String)],
    /// Where signing out is posted.
    pub action_sign_out: &'a str,
    /// Token against forged posts, of every form.
    pub csrf: &'a str,
}

impl IntoResponse for ConnectedApps<'_> {
    fn into_response(self) -> Response {
        let status = if self.error.is_some() {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::OK
        };
        answer(status, &self)
    }
}
