//! The page on which a person sees which clients act for them, and can stop them.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::{answer, provider::ScopeChoice};

/// One client that acts for the person.
#[derive(Debug)]
pub struct ClientShown<'a> {
    /// What names it in addresses.
    pub key: &'a str,
    /// What it calls itself, or its id.
    pub name: &'a str,
    /// The host that says most about who it is.
    pub host: Option<&'a str>,
    /// What it may do, with a tick, and what was taken from it, without.
    pub scopes: &'a [ScopeChoice<'a>],
    /// When the person allowed it.
    pub since: Option<&'a str>,
    /// When that ends.
    pub until: Option<&'a str>,
    /// When it first came.
    pub first_used: Option<&'a str>,
    /// When it last came.
    pub last_used: Option<&'a str>,
    /// Since when it is paused.
    pub paused: Option<&'a str>,
    /// When it was disconnected.
    pub ended: Option<&'a str>,
}

impl<'a> ClientShown<'a> {
    fn ordered_scopes(&self) -> Vec<&'a ScopeChoice<'a>> {
        ScopeChoice::in_order(self.scopes)
    }
}

/// What this server has for the Nextcloud.
#[derive(Debug)]
pub struct AccessShown<'a> {
    /// `app_password`, `refresh_token`, `token_exchange` or `none`.
    pub kind: &'a str,
    /// `active`, `revoked`, `expired` or `none`.
    pub state: &'a str,
    /// The account there.
    pub account: Option<&'a str>,
    /// When it was given.
    pub since: Option<&'a str>,
    /// When it ends.
    pub until: Option<&'a str>,
    /// Whether the person can give it.
    pub can_give: bool,
    /// Whether there is something to take back.
    pub can_take_back: bool,
    /// Whether that ends all clients.
    pub ends_clients: bool,
}

impl AccessShown<'_> {
    fn kind_in_words(&self) -> &'static str {
        match self.kind {
            "app_password" => "An app password",
            "refresh_token" => "A lasting agreement at the issuer",
            "token_exchange" => "Exchanged tokens; nothing is kept here",
            _ => "None",
        }
    }

    fn state_in_words(&self) -> &'static str {
        match self.state {
            "active" => "In use",
            "revoked" => "No longer accepted; give it anew",
            "expired" => "Ended; give it anew",
            _ => "Not given",
        }
    }
}

/// All of it.
#[derive(Debug, Template)]
#[template(path = "user_page.html")]
pub struct UserPage<'a> {
    /// Address of this server, without a slash at its end.
    pub base: &'a str,
    /// The signed-in person.
    pub account: &'a str,
    /// The host of the Nextcloud.
    pub nextcloud: &'a str,
    /// Who issues the tokens.
    pub issuer: &'a str,
    /// The name of the deployment mode.
    pub mode: &'a str,
    /// Whether this server issues the tokens.
    pub is_issuer: bool,
    /// When the session of this browser ends.
    pub session_end: &'a str,
    /// What the last post did.
    pub done: Option<&'a str>,
    /// Why the last post failed.
    pub error: Option<&'a str>,
    /// Since when all clients are paused.
    pub paused: Option<&'a str>,
    /// The clients.
    pub clients: &'a [ClientShown<'a>],
    /// What this server has for the Nextcloud.
    pub access: AccessShown<'a>,
    /// Token against forged posts, of every form.
    pub csrf: &'a str,
}

impl IntoResponse for UserPage<'_> {
    fn into_response(self) -> Response {
        answer(StatusCode::OK, &self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_are_escaped() {
        let hostile = "<script>alert(1)</script>\"'&";
        let clients = [ClientShown {
            key: "1",
            name: hostile,
            host: Some(hostile),
            scopes: &[ScopeChoice {
                name: hostile,
                checked: true,
            }],
            since: None,
            until: None,
            first_used: None,
            last_used: None,
            paused: Some("today"),
            ended: None,
        }];
        let page = UserPage {
            base: "https://mcp.example.org",
            account: hostile,
            nextcloud: hostile,
            issuer: hostile,
            mode: "oauth",
            is_issuer: false,
            session_end: "today",
            done: Some(hostile),
            error: Some(hostile),
            paused: None,
            clients: &clients,
            access: AccessShown {
                kind: "app_password",
                state: "active",
                account: Some(hostile),
                since: None,
                until: None,
                can_give: true,
                can_take_back: true,
                ends_clients: true,
            },
            csrf: "token",
        };
        let html = page.render().unwrap();
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(
            html.matches("name=\"csrf\" value=\"token\"").count(),
            html.matches("<form").count()
        );
    }
}
