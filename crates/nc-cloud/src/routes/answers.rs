//! Refusals in the form of each surface, as recorded from Nextcloud 32.

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use nc_auth::ScopeSet;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use serde_json::json;

use super::Surface;
use crate::{auth::Refusal, json::json, ocs::Ocs};

/// How one request's refusals look.
#[derive(Debug, Clone, Copy)]
pub(super) enum View {
    Dav,
    Ocs(Ocs),
    Json,
}

impl View {
    pub(super) fn of(surface: Surface, request: &Request) -> Self {
        match surface {
            Surface::Dav => Self::Dav,
            Surface::Ocs => Self::Ocs(Ocs::of(request.uri(), request.headers())),
            Surface::App | Surface::Page | Surface::Plain => Self::Json,
        }
    }

    /// The answer to a request without a credential (`None`) or with one that was refused.
    pub(super) fn refuse(self, refusal: Option<&Refusal>) -> Response {
        match refusal {
            None | Some(Refusal::Bearer) => self.not_signed_in(false),
            Some(Refusal::WrongPassword) => self.not_signed_in(true),
            Some(Refusal::SeveralCredentials) => {
                let exception = "Sabre\\DAV\\Exception\\BadRequest";
                self.plain(StatusCode::BAD_REQUEST, exception, "Send one Authorization header")
            }
            Some(Refusal::Throttled { retry_after_s }) => {
                let exception = "OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests";
                let mut response = self.plain(StatusCode::TOO_MANY_REQUESTS, exception, "Too many failed attempts");
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_s));
                response
            }
            Some(Refusal::Failed(error)) => {
                tracing::error!(
                    error = error.as_ref() as &dyn std::error::Error,
                    "credential could not be checked"
                );
                self.plain(StatusCode::INTERNAL_SERVER_ERROR, "Exception", "Internal Server Error")
            }
        }
    }

    fn not_signed_in(self, wrong_password: bool) -> Response {
        match self {
            Self::Dav => {
                let message = if wrong_password {
                    "Username or password was incorrect"
                } else {
                    "No 'Authorization: Basic' header found. Either the client didn't send one, or the server is \
                     misconfigured"
                };
                let exception = "Sabre\\DAV\\Exception\\NotAuthenticated";
                let mut response = sabre_error(StatusCode::UNAUTHORIZED, exception, message);
                challenge(&mut response, r#"Basic realm="Nextcloud", charset="UTF-8""#);
                response
            }
            Self::Ocs(ocs) if wrong_password => {
                let mut response = ocs.refuse(997, "Unauthorised");
                challenge(&mut response, r#"Basic realm="Authorisation Required""#);
                response
            }
            Self::Ocs(ocs) => ocs.refuse(997, "Current user is not logged in"),
            Self::Json => {
                let message = if wrong_password {
                    ""
                } else {
                    "Current user is not logged in"
                };
                message_json(StatusCode::UNAUTHORIZED, message)
            }
        }
    }

    /// The credential is good but lacks scopes. RFC 6750 §3.1.
    pub(super) fn insufficient_scope(self, missing: ScopeSet) -> Response {
        let message = format!("The credential lacks the scope {missing}");
        let mut response = self.plain(StatusCode::FORBIDDEN, "Sabre\\DAV\\Exception\\Forbidden", &message);
        let challenge = format!(r#"Bearer error="insufficient_scope", scope="{missing}""#);
        if let Ok(value) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }

    /// An OCS request with Basic credentials, but without `OCS-APIRequest`. Not an envelope, by Nextcloud's own ways.
    pub(super) fn csrf_failed() -> Response {
        message_json(StatusCode::PRECONDITION_FAILED, "CSRF check failed")
    }

    fn plain(self, status: StatusCode, exception: &str, message: &str) -> Response {
        match self {
            Self::Dav => sabre_error(status, exception, message),
            Self::Ocs(ocs) => ocs.refuse(status.as_u16(), message),
            Self::Json => message_json(status, message),
        }
    }
}

fn message_json(status: StatusCode, message: &str) -> Response {
    json(status, &json!({ "message": message }))
}

fn challenge(response: &mut Response, value: &'static str) {
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(value));
}

/// An error as the sabre/dav library writes it.
fn sabre_error(status: StatusCode, exception: &str, message: &str) -> Response {
    let mut writer = Writer::new(Vec::new());
    let written = writer
        .write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))
        .and_then(|()| {
            let error = writer.create_element("d:error");
            let error = error.with_attributes([("xmlns:d", "DAV:"), ("xmlns:s", "http://sabredav.org/ns")]);
            error.write_inner_content(|writer| {
                writer
                    .create_element("s:exception")
                    .write_text_content(BytesText::new(exception))?;
                writer
                    .create_element("s:message")
                    .write_text_content(BytesText::new(message))?;
                Ok(())
            })
        });
    let content_type = [(header::CONTENT_TYPE, "application/xml; charset=utf-8")];
    match written {
        Ok(_) => (status, content_type, Body::from(writer.into_inner())).into_response(),
        // Writing to memory does not fail; the status is what counts.
        Err(_) => status.into_response(),
    }
}
