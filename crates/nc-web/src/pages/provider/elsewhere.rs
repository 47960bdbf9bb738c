//! Sign-in through another Nextcloud, which shows pages of its own (Login Flow v2).

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::pages::{
    answer, answer_under,
    policy::{Policy, Script},
};

/// Names who asks and where the person will sign in, with one button.
#[derive(Debug, Template)]
#[template(path = "provider/start_elsewhere.html")]
pub struct StartElsewhere<'a> {
    /// Where the form is posted.
    pub action: &'a str,
    /// The program that asks; none when a person comes to see the own account.
    pub client: Option<&'a str>,
    /// The name of this server.
    pub server: &'a str,
    /// The host of the Nextcloud, or of the issuer.
    pub nextcloud: &'a str,
    /// Token against forged posts.
    pub csrf: &'a str,
    /// The authorization request that waits for this.
    pub rid: Option<&'a str>,
    /// Origin to which the form leads, if that is not this server.
    pub form_target: Option<&'a str>,
}

/// Shows the link to the Nextcloud and asks again by itself whether the sign-in is done.
#[derive(Debug, Template)]
#[template(path = "provider/waiting.html")]
pub struct Waiting<'a> {
    /// The sign-in page of the Nextcloud, opened in another tab.
    pub login_url: &'a str,
    /// Where the browser asks whether it is done; percent-encoded.
    pub refresh_url: &'a str,
    /// After how long it asks.
    pub refresh_s: u32,
    /// The host of the Nextcloud.
    pub nextcloud: &'a str,
    /// The name that the Nextcloud shows for this server.
    pub user_agent: &'a str,
    /// Where giving up is posted; none where no client waits for an answer. The Nextcloud does not tell when somebody
    /// refuses there.
    pub cancel: Option<Cancel<'a>>,
    /// Origin or scheme of the redirect URI, to which the end of waiting may lead.
    pub form_target: Option<&'a str>,
}

/// Giving up a sign-in.
#[derive(Debug, Clone, Copy)]
pub struct Cancel<'a> {
    /// Where the form is posted.
    pub action: &'a str,
    /// Against forged posts.
    pub csrf: &'a str,
    /// Name of the request.
    pub rid: &'a str,
}

/// The sign-in ran out or was refused.
#[derive(Debug, Template)]
#[template(path = "provider/start_again.html")]
pub struct StartAgain<'a> {
    /// The status of the answer.
    pub status: StatusCode,
    /// What happened.
    pub text: &'a str,
    /// Where to begin anew; none when only the program can.
    pub href: Option<&'a str>,
}

impl IntoResponse for StartElsewhere<'_> {
    fn into_response(self) -> Response {
        let policy = Policy {
            form_target: self.form_target,
            script: Script::None,
        };
        answer_under(policy, StatusCode::OK, &self)
    }
}

impl IntoResponse for Waiting<'_> {
    fn into_response(self) -> Response {
        let refresh = HeaderValue::from_str(&format!("{}; url={}", self.refresh_s, self.refresh_url));
        let policy = Policy {
            form_target: self.form_target,
            script: Script::None,
        };
        let mut response = answer_under(policy, StatusCode::OK, &self);
        match refresh {
            Ok(refresh) => drop(response.headers_mut().insert(header::REFRESH, refresh)),
            // The page has a link that does the same.
            Err(error) => tracing::error!(%error, "the page cannot refresh itself"),
        }
        response
    }
}

impl IntoResponse for StartAgain<'_> {
    fn into_response(self) -> Response {
        answer(self.status, &self)
    }
}
