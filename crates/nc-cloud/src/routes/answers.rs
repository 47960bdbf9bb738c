//! Refusals in the form of each surface, as recorded from Nextcloud 32.

use axum::{
    Json,
    body::Body,
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
use crate::auth::Refusal;

/// The answer to a request without a credential (`None`) or with one that was refused.
pub(crate) fn refuse(surface: Surface, refusal: Option<&Refusal>) -> Response {
    match refusal {
        None => not_signed_in(surface, None),
        Some(refusal @ (Refusal::WrongPassword | Refusal::Bearer)) => not_signed_in(surface, Some(refusal)),
        Some(Refusal::SeveralCredentials) => plain(
            surface,
            StatusCode::BAD_REQUEST,
            "Sabre\\DAV\\Exception\\BadRequest",
            "Send one Authorization header",
        ),
        Some(Refusal::Throttled { retry_after_s }) => {
            let exception = "OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests";
            let mut response = plain(
                surface,
                StatusCode::TOO_MANY_REQUESTS,
                exception,
                "Too many failed attempts",
            );
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
            plain(
                surface,
                StatusCode::INTERNAL_SERVER_ERROR,
                "Exception",
                "Internal Server Error",
            )
        }
    }
}

fn not_signed_in(surface: Surface, refusal: Option<&Refusal>) -> Response {
    let wrong_password = matches!(refusal, Some(Refusal::WrongPassword));
    match surface {
        Surface::Dav => {
            let message = if wrong_password {
                "Username or password was incorrect"
            } else {
                "No 'Authorization: Basic' header found. Either the client didn't send one, or the server is misconfigured"
            };
            let mut response = sabre_error(
                StatusCode::UNAUTHORIZED,
                "Sabre\\DAV\\Exception\\NotAuthenticated",
                message,
            );
            challenge(&mut response, r#"Basic realm="Nextcloud", charset="UTF-8""#);
            response
        }
        Surface::Ocs if wrong_password => {
            let mut response = ocs_error(StatusCode::UNAUTHORIZED, 997, "Unauthorised");
            challenge(&mut response, r#"Basic realm="Authorisation Required""#);
            response
        }
        Surface::Ocs => ocs_error(StatusCode::UNAUTHORIZED, 997, "Current user is not logged in"),
        Surface::App | Surface::Page => {
            let message = if wrong_password {
                ""
            } else {
                "Current user is not logged in"
            };
            (StatusCode::UNAUTHORIZED, Json(json!({ "message": message }))).into_response()
        }
    }
}

fn challenge(response: &mut Response, value: &'static str) {
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(value));
}

/// The credential is good but lacks scopes. RFC 6750 §3.1.
pub(super) fn insufficient_scope(surface: Surface, missing: ScopeSet) -> Response {
    let message = format!("The credential lacks the scope {missing}");
    let mut response = plain(
        surface,
        StatusCode::FORBIDDEN,
        "Sabre\\DAV\\Exception\\Forbidden",
        &message,
    );
    let challenge = format!(r#"Bearer error="insufficient_scope", scope="{missing}""#);
    if let Ok(value) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// An OCS request with Basic credentials, but without `OCS-APIRequest`. Not an envelope, by Nextcloud's own ways.
pub(super) fn csrf_failed() -> Response {
    (
        StatusCode::PRECONDITION_FAILED,
        Json(json!({ "message": "CSRF check failed" })),
    )
        .into_response()
}

fn plain(surface: Surface, status: StatusCode, exception: &str, message: &str) -> Response {
    match surface {
        Surface::Dav => sabre_error(status, exception, message),
        Surface::Ocs => ocs_error(status, status.as_u16(), message),
        Surface::App | Surface::Page => (status, Json(json!({ "message": message }))).into_response(),
    }
}

fn ocs_error(status: StatusCode, code: u16, message: &str) -> Response {
    let body =
        json!({ "ocs": { "meta": { "status": "failure", "statuscode": code, "message": message }, "data": [] } });
    (status, Json(body)).into_response()
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
