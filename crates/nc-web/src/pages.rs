//! The HTML pages. Plain templates over plain data; every text is escaped by the template engine.
//!
//! Only the pages that ask for a passkey need a script; one other has one, and works without it too. The style sheet lies in the page itself and its
//! hash in the policy, so a page is one request and nothing else can style it.

#[cfg(test)]
mod contrast;
mod give_access;
pub mod invitations;
mod link;
mod login_flow;
mod notice;
mod policy;
pub mod provider;
pub mod user_page;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

pub use give_access::{AccessKind, GiveAccess};
pub use link::{LinkEntry, LinkFile, LinkFolder, LinkPassword, LinkUpload};
pub use login_flow::{Connected, Grant, SignIn};
pub use notice::Notice;
use policy::Policy;

/// The style sheet of every page.
const STYLE: &str = include_str!("../templates/style.css");

/// Turns a page into an answer that is never cached, framed or scripted.
pub(crate) fn answer(status: StatusCode, page: &impl Template) -> Response {
    answer_under(Policy::default(), status, page)
}

/// The same, where the page leads on to another place or has a script.
pub(crate) fn answer_under(policy: Policy<'_>, status: StatusCode, page: &impl Template) -> Response {
    let Some(policy) = policy.header().and_then(|policy| HeaderValue::from_str(&policy).ok()) else {
        tracing::error!("a page has no policy, so it is not shown");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    match page.render() {
        Ok(html) => {
            let mut response = (status, Html(html)).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            // With `no-referrer` browsers send `Origin: null` with our own forms, which looks like a forged post
            // (Fetch standard, "append a request Origin header"). Other sites still learn nothing.
            headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
            headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_from_outside_are_escaped_and_the_page_has_a_strict_policy() {
        let page = Grant {
            action: "/grant",
            client: "<script>alert(1)</script>",
            user: "Alice \"A\"",
            server: "cloud.example.org",
            csrf: "token",
        };
        let html = page.render().unwrap();
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&#60;script&#62;alert(1)"), "{html}");
        let response = page.into_response();
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    }

    #[test]
    fn the_style_in_the_page_is_the_one_of_the_policy() {
        let html = Notice::not_found().render().unwrap();
        let style = html
            .split_once("<style>")
            .and_then(|(_, rest)| rest.split_once("</style>"))
            .unwrap()
            .0;
        assert_eq!(style, STYLE);
    }
}
