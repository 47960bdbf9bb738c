use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::{
    answer_under,
    policy::{Policy, Script},
    provider::ScopeChoice,
};

/// How the person gives access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessKind {
    /// By agreement at the issuer.
    Issuer,
    /// By an app password, after signing in at the issuer.
    AppPassword,
}

/// Says who needs access to the cloud and for what, before the person goes to give it.
#[derive(Debug, Template)]
#[template(path = "give_access.html")]
pub struct GiveAccess<'a> {
    /// Where "continue" is posted.
    pub action: &'a str,
    /// Where "not now" is posted.
    pub action_cancel: &'a str,
    /// The client through which the person was asked; none if they ask themselves.
    pub client: Option<&'a str>,
    /// The name of this server.
    pub server: &'a str,
    /// The host of the Nextcloud.
    pub nextcloud: &'a str,
    /// The host of the issuer.
    pub issuer: &'a str,
    /// How access is given.
    pub kind: AccessKind,
    /// What the access is for.
    pub scopes: &'a [ScopeChoice<'a>],
    /// Token against forged posts.
    pub csrf: &'a str,
    /// Origin of the issuer, to which the form leads.
    pub form_target: Option<&'a str>,
}

impl GiveAccess<'_> {
    fn is_by_issuer(&self) -> bool {
        self.kind == AccessKind::Issuer
    }
}

impl IntoResponse for GiveAccess<'_> {
    fn into_response(self) -> Response {
        let policy = Policy {
            form_target: self.form_target,
            script: Script::None,
        };
        answer_under(policy, StatusCode::OK, &self)
    }
}
