//! The way back to the client.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use nc_proto::oauth::{
    authorize::{Answer, Given, ResponseMode},
    error::AuthorizeError,
    redirect_uri::RedirectUri,
};
use nc_web::pages::provider::FormPost;

use crate::{Error, ProviderConfig, random};

/// Where an answer goes, and how.
#[derive(Debug, Clone)]
pub(crate) struct Return {
    /// The address that the request named, or the only one that is registered.
    pub(crate) redirect_uri: RedirectUri,
    /// By which way.
    pub(crate) mode: ResponseMode,
    /// Sent back byte for byte.
    pub(crate) state: Option<String>,
    /// What the client calls itself.
    pub(crate) client: String,
}

impl Return {
    /// The answer, as the browser gets it. 303, so that a post becomes a get (RFC 9700 §4.12).
    pub(super) fn send(
        &self,
        config: &ProviderConfig,
        outcome: Result<Given, AuthorizeError>,
    ) -> Result<Response, Error> {
        let answer = Answer {
            outcome,
            state: self.state.clone(),
            issuer: Some(config.issuer.clone()),
        };
        Ok(match self.mode {
            ResponseMode::Query => see_other(&answer.location(&self.redirect_uri)),
            ResponseMode::Fragment => see_other(&answer.fragment(&self.redirect_uri)),
            ResponseMode::FormPost => {
                let form = answer.form();
                let fields: Vec<(&str, &str)> = form.pairs().collect();
                let form_target = self.form_target();
                let page = FormPost {
                    action: self.redirect_uri.as_str(),
                    client: &self.client,
                    fields: &fields,
                    nonce: &hex::encode(random::bytes::<16>()?),
                    form_target: form_target.as_deref(),
                };
                page.into_response()
            }
        })
    }

    /// What `form-action` has to name besides ourselves.
    pub(super) fn form_target(&self) -> Option<String> {
        self.redirect_uri.policy_source()
    }

    /// Host, or scheme, that the answer goes to; without port, which for programs on a device says nothing.
    pub(crate) fn host(&self) -> String {
        let text = self.redirect_uri.as_str();
        let Ok(url) = url::Url::parse(text) else {
            return text.to_owned();
        };
        match url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")) {
            Some(host) => host.to_owned(),
            None => format!("{}:", url.scheme()),
        }
    }
}

/// To the next page; a reload there does not send a form again.
pub(super) fn see_other(location: &str) -> Response {
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_TYPE, "text/html; charset=UTF-8"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}
