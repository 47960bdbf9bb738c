use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::scope_choice::{ScopeChoice, ScopeGroup};
use crate::pages::{
    answer_under,
    policy::{Policy, Script},
};

/// Asks what a client may do. Posts the ticked `scope`s to `action_grant`, or to `action_deny`.
#[derive(Debug, Template)]
#[template(path = "provider/consent.html")]
pub struct Consent<'a> {
    /// Where "allow" is posted.
    pub action_grant: &'a str,
    /// Where "deny" is posted.
    pub action_deny: &'a str,
    /// What the client calls itself.
    pub client_name: &'a str,
    /// The host of a client whose id is a URL.
    pub client_host: Option<&'a str>,
    /// The host, or the scheme, that the answer goes to.
    pub redirect_host: &'a str,
    /// What the client wants to use; none if it only wants to know who signs in.
    pub resource: Option<&'a str>,
    /// The signed-in person.
    pub account: &'a str,
    /// The host of the account.
    pub server: &'a str,
    /// How the client came to be known, if that says something: "self-registered, unverified".
    pub registration: Option<&'a str>,
    /// Whether the answer goes to a program on this device, which could be any.
    pub is_loopback: bool,
    /// The requested scopes.
    pub scopes: &'a [ScopeChoice<'a>],
    /// Why the last attempt failed.
    pub error: Option<&'a str>,
    /// Token against forged posts.
    pub csrf: &'a str,
    /// The authorization request that waits for this.
    pub rid: &'a str,
    /// Origin or scheme of the redirect URI, to which both answers lead.
    pub form_target: Option<&'a str>,
}

impl Consent<'_> {
    /// The groups that have scopes, with their legends; who the person is comes first.
    fn groups(&self) -> Vec<(ScopeGroup, &'static str, Vec<&ScopeChoice<'_>>)> {
        let ordered = ScopeChoice::in_order(self.scopes);
        let of = |group| {
            ordered
                .iter()
                .copied()
                .filter(|scope| scope.group() == group)
                .collect::<Vec<_>>()
        };
        [
            (ScopeGroup::Ordinary, "May see"),
            (ScopeGroup::Write, "May change"),
            (ScopeGroup::StayConnected, "Stay connected"),
        ]
        .map(|(group, legend)| (group, legend, of(group)))
        .into_iter()
        .filter(|(_, _, scopes)| !scopes.is_empty())
        .collect()
    }
}

impl IntoResponse for Consent<'_> {
    fn into_response(self) -> Response {
        let status = if self.error.is_some() {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::OK
        };
        let policy = Policy {
            form_target: self.form_target,
            script: Script::None,
        };
        answer_under(policy, status, &self)
    }
}
