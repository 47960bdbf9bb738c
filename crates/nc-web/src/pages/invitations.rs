//! The pages for invitations between people of different servers: make one, paste one, decide about one.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::answer;

/// Somebody on another server. Texts of a stranger.
#[derive(Debug)]
pub struct ContactShown {
    /// What they are called.
    pub name: String,
    /// `user@host`.
    pub address: String,
    /// Their mail address.
    pub email: Option<String>,
}

/// Asks for an invitation. Posts `invitation`.
#[derive(Debug, Template)]
#[template(path = "invitations/paste.html")]
pub struct PasteInvitation<'a> {
    /// The status of the answer: 200, or that of the failed attempt.
    pub status: StatusCode,
    /// Where the form is posted.
    pub action: &'a str,
    /// The page of the own invitations.
    pub list: &'a str,
    /// Why the last attempt failed.
    pub error: Option<&'a str>,
    /// Token against forged posts.
    pub csrf: &'a str,
}

/// Asks whether to accept an invitation. Posts it again, with the `decision` `accept` or `cancel`.
#[derive(Debug, Template)]
#[template(path = "invitations/accept.html")]
pub struct AcceptInvitation<'a> {
    /// The status of the answer: 200, or that of the failed attempt.
    pub status: StatusCode,
    /// Where the form is posted.
    pub action: &'a str,
    /// The server that the invitation is from.
    pub host: &'a str,
    /// The id of the account, as it is sent there.
    pub user: &'a str,
    /// The name that is sent there.
    pub name: &'a str,
    /// The mail address that is sent there.
    pub email: Option<&'a str>,
    /// The invitation.
    pub invitation: &'a str,
    /// Why the last attempt failed.
    pub error: Option<&'a str>,
    /// Token against forged posts.
    pub csrf: &'a str,
}

/// Says that an invitation was accepted.
#[derive(Debug, Template)]
#[template(path = "invitations/accepted.html")]
pub struct InvitationAccepted<'a> {
    /// Who had invited.
    pub contact: &'a ContactShown,
    /// The page of the own invitations.
    pub list: &'a str,
}

/// The own invitations, and whom one knows by them.
#[derive(Debug, Template)]
#[template(path = "invitations/list.html")]
pub struct Invitations<'a> {
    /// The signed-in person.
    pub account: &'a str,
    /// The host of the account.
    pub server: &'a str,
    /// Where the form that makes an invitation is posted.
    pub action: &'a str,
    /// The page where invitations are accepted.
    pub accept: &'a str,
    /// The page of connected apps.
    pub connected: &'a str,
    /// An invitation that was just made, and its end in words.
    pub made: Option<(&'a str, &'a str)>,
    /// The contacts.
    pub contacts: &'a [ContactShown],
    /// Token against forged posts.
    pub csrf: &'a str,
}

impl IntoResponse for PasteInvitation<'_> {
    fn into_response(self) -> Response {
        answer(self.status, &self)
    }
}

impl IntoResponse for AcceptInvitation<'_> {
    fn into_response(self) -> Response {
        answer(self.status, &self)
    }
}

impl IntoResponse for InvitationAccepted<'_> {
    fn into_response(self) -> Response {
        answer(StatusCode::OK, &self)
    }
}

impl IntoResponse for Invitations<'_> {
    fn into_response(self) -> Response {
        answer(StatusCode::OK, &self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "<script>alert(1)</script>\"'&</textarea>";

    fn contact() -> ContactShown {
        ContactShown {
            name: HOSTILE.to_owned(),
            address: HOSTILE.to_owned(),
            email: Some(HOSTILE.to_owned()),
        }
    }

    #[test]
    fn texts_of_other_servers_are_escaped_on_every_page() {
        let (contact, contacts) = (contact(), [contact()]);
        let pages = [
            PasteInvitation {
                status: StatusCode::OK,
                action: "/accept",
                list: "/list",
                error: Some(HOSTILE),
                csrf: "token",
            }
            .render(),
            AcceptInvitation {
                status: StatusCode::OK,
                action: "/accept",
                host: HOSTILE,
                user: HOSTILE,
                name: HOSTILE,
                email: Some(HOSTILE),
                invitation: HOSTILE,
                error: Some(HOSTILE),
                csrf: "token",
            }
            .render(),
            InvitationAccepted {
                contact: &contact,
                list: "/list",
            }
            .render(),
            Invitations {
                account: HOSTILE,
                server: HOSTILE,
                action: "/list",
                accept: "/accept",
                connected: "/connected",
                made: Some((HOSTILE, HOSTILE)),
                contacts: &contacts,
                csrf: "token",
            }
            .render(),
        ];
        for html in pages.map(Result::unwrap) {
            assert!(!html.contains("<script"), "{html}");
            assert!(html.contains("&#60;script&#62;alert(1)"), "{html}");
            let areas = (html.matches("<textarea").count(), html.matches("</textarea>").count());
            assert_eq!(areas.0, areas.1, "{html}");
        }
    }
}
