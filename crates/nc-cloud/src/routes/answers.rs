//! Refusals in the form of each surface, as recorded from Nextcloud 32.

use std::sync::Arc;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use nc_auth::ScopeSet;
use nc_proto::oauth::{bearer::Scheme, challenge::Challenge, error::BearerError, scope_list::ScopeList};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use serde_json::json;

use super::Surface;
use crate::{Cloud, auth::Refusal, json::json, ocs::Ocs};

/// How one request's refusals look.
#[derive(Debug, Clone)]
pub(super) struct View {
    form: Form,
    /// Where the interfaces describe themselves, when tokens are believed.
    metadata: Option<Arc<str>>,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Dav,
    Ocs(Ocs),
    Json,
}

impl View {
    pub(super) fn of(surface: Surface, cloud: &Cloud, request: &Parts) -> Self {
        let form = match surface {
            Surface::Dav => Form::Dav,
            Surface::Ocs => Form::Ocs(Ocs::of(&request.uri, &request.headers)),
            Surface::App | Surface::Page | Surface::Plain => Form::Json,
        };
        let metadata = cloud.believed().map(|believed| Arc::clone(&believed.metadata_url));
        Self { form, metadata }
    }

    /// The answer to a request without a credential (`None`) or with one that was refused.
    pub(super) fn refuse(&self, refusal: Option<&Refusal>) -> Response {
        match refusal {
            None => {
                let mut response = self.not_signed_in(false);
                self.challenge(&mut response, Scheme::Bearer, None, None);
                response
            }
            Some(Refusal::WrongPassword) => {
                let mut response = self.not_signed_in(true);
                self.challenge(&mut response, Scheme::Bearer, None, None);
                response
            }
            Some(Refusal::SeveralCredentials) => {
                let exception = "Sabre\\DAV\\Exception\\BadRequest";
                self.plain(StatusCode::BAD_REQUEST, exception, "Send one Authorization header")
            }
            Some(Refusal::Token { scheme, error, nonce }) => self.refuse_token(*scheme, *error, nonce.as_deref()),
            Some(Refusal::Unavailable { retry_after_s }) => {
                let exception = "Sabre\\DAV\\Exception\\ServiceUnavailable";
                let text = "The token cannot be checked now";
                let mut response = self.plain(StatusCode::SERVICE_UNAVAILABLE, exception, text);
                let seconds = HeaderValue::from(*retry_after_s);
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
                response
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

    fn refuse_token(&self, scheme: Scheme, error: BearerError, nonce: Option<&str>) -> Response {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        let mut response = if status == StatusCode::UNAUTHORIZED {
            self.not_signed_in(false)
        } else {
            self.plain(status, "Sabre\\DAV\\Exception\\BadRequest", error.description())
        };
        self.challenge(&mut response, scheme, Some(error), None);
        if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::from_str(nonce).ok()) {
            response.headers_mut().insert("dpop-nonce", nonce);
        }
        response
    }

    fn not_signed_in(&self, wrong_password: bool) -> Response {
        match self.form {
            Form::Dav => {
                let message = if wrong_password {
                    "Username or password was incorrect"
                } else {
                    "No 'Authorization: Basic' header found. Either the client didn't send one, or the server is \
                     misconfigured"
                };
                let exception = "Sabre\\DAV\\Exception\\NotAuthenticated";
                let mut response = sabre_error(StatusCode::UNAUTHORIZED, exception, message);
                append_challenge(&mut response, r#"Basic realm="Nextcloud", charset="UTF-8""#);
                response
            }
            Form::Ocs(ocs) if wrong_password => {
                let mut response = ocs.refuse(997, "Unauthorised");
                append_challenge(&mut response, r#"Basic realm="Authorisation Required""#);
                response
            }
            Form::Ocs(ocs) => ocs.refuse(997, "Current user is not logged in"),
            Form::Json => {
                let message = if wrong_password {
                    ""
                } else {
                    "Current user is not logged in"
                };
                message_json(StatusCode::UNAUTHORIZED, message)
            }
        }
    }

    /// Adds what a client does to get a token (RFC 6750 §3, RFC 9728 §5.1), where tokens are believed.
    fn challenge(&self, response: &mut Response, scheme: Scheme, error: Option<BearerError>, scope: Option<&ScopeSet>) {
        let Some(metadata) = &self.metadata else {
            return;
        };
        let challenge = Challenge {
            scheme,
            resource_metadata: Some(metadata.to_string()),
            scope: scope.and_then(|scope| ScopeList::parse(&scope.to_string()).ok()),
            error,
            algs: (scheme == Scheme::Dpop).then(|| "ES256 EdDSA".to_owned()),
        };
        append_challenge(response, &challenge.to_string());
    }

    /// The credential is good but lacks scopes. RFC 6750 §3.1.
    pub(super) fn insufficient_scope(&self, needed: ScopeSet) -> Response {
        let message = format!("The credential lacks the scope {needed}");
        let mut response = self.forbidden(&message);
        self.challenge_scope(&mut response, needed);
        response
    }

    /// Adds the scopes to ask for to such an answer.
    pub(super) fn challenge_scope(&self, response: &mut Response, needed: ScopeSet) {
        let error = BearerError::InsufficientScope;
        self.challenge(response, Scheme::Bearer, Some(error), Some(&needed));
    }

    /// The credential is good, but not for this.
    pub(super) fn forbidden(&self, message: &str) -> Response {
        self.plain(StatusCode::FORBIDDEN, "Sabre\\DAV\\Exception\\Forbidden", message)
    }

    /// An OCS request with Basic credentials, but without `OCS-APIRequest`. Not an envelope, by Nextcloud's own ways.
    pub(super) fn csrf_failed() -> Response {
        message_json(StatusCode::PRECONDITION_FAILED, "CSRF check failed")
    }

    /// What a stock Nextcloud answers to a Bearer at a controller that is marked `@CORS`. It names no way to sign in.
    pub(super) fn cors_refused() -> Response {
        message_json(StatusCode::UNAUTHORIZED, "CORS requires basic auth")
    }

    fn plain(&self, status: StatusCode, exception: &str, message: &str) -> Response {
        match self.form {
            Form::Dav => sabre_error(status, exception, message),
            Form::Ocs(ocs) => {
                let mut response = ocs.refuse(status.as_u16(), message);
                // Version 1 hides failures behind 200. Whether a credential is believed is not hidden: proxies and clients
                // that know nothing of envelopes look at the status.
                *response.status_mut() = status;
                response
            }
            Form::Json => message_json(status, message),
        }
    }
}

fn message_json(status: StatusCode, message: &str) -> Response {
    json(status, &json!({ "message": message }))
}

fn append_challenge(response: &mut Response, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(header::WWW_AUTHENTICATE, value);
    }
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
