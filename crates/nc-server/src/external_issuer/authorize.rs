//! `GET /oauth/authorize`, for clients that ask here although tokens come from an issuer elsewhere: a request that is well
//! formed goes on to the issuer's own endpoint, and the issuer decides about it. Nothing is ever sent to the client's address.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{StatusCode, header};
use nc_proto::{
    clock::Clock,
    oauth::{
        allowed_client::AllowedClient,
        authorize::{AuthorizeRequest, Flows},
        form::{Form, Limits},
        pkce::PlainMethod,
        redirect_uri::RedirectUri,
    },
};
use nc_web::{ClientAddress, RateLimit, pages::Notice};
use url::Url;

use super::browser::see_other;

const PATH: &str = "/oauth/authorize";
const PER_MINUTE: u32 = 60;

/// What goes on as the client wrote it. All else has no meaning here, or could change what was looked at.
const OF_CLIENT: [&str; 14] = [
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "login_hint",
    "max_age",
    "ui_locales",
    "claims",
];

/// Sends clients on.
pub(super) struct Forwarding {
    authorization: Url,
    /// What tokens are for.
    resource: String,
    allowed: Vec<AllowedClient>,
    limit: RateLimit,
}

impl Forwarding {
    /// To this endpoint, for tokens for `resource`. Without `allowed` clients the issuer knows which there are.
    pub(super) fn new(authorization: Url, resource: String, allowed: Vec<AllowedClient>, clock: Clock) -> Self {
        Self {
            authorization,
            resource,
            allowed,
            limit: RateLimit::new(PER_MINUTE, clock),
        }
    }

    pub(super) fn routes(self: &Arc<Self>) -> Router {
        Router::new().route(PATH, get(forward)).with_state(Arc::clone(self))
    }

    /// Where this request goes; `None` when it is not one of a client that may come here.
    fn target(&self, query: &str) -> Option<Url> {
        let form = Form::parse(query.as_bytes(), Limits::AUTHORIZE).ok()?;
        let (client_id, redirect_uri) = (form.get("client_id")?, form.get("redirect_uri")?);
        RedirectUri::parse(redirect_uri).ok()?;
        let may = |entry: &AllowedClient| entry.is(client_id) && entry.allows_redirect(redirect_uri);
        if !self.allowed.is_empty() && !self.allowed.iter().any(may) {
            return None;
        }
        let request = AuthorizeRequest::read(&form, PlainMethod::Off, Flows::Code).ok()?;
        request.state?;
        if request.resources.iter().any(|resource| *resource != self.resource) {
            return None;
        }
        let mut target = self.authorization.clone();
        let mut pairs = target.query_pairs_mut();
        for (name, value) in form.pairs().filter(|(name, _)| OF_CLIENT.contains(name)) {
            pairs.append_pair(name, value);
        }
        pairs.append_pair("resource", &self.resource);
        drop(pairs);
        Some(target)
    }
}

async fn forward(
    State(forwarding): State<Arc<Forwarding>>,
    address: Option<Extension<ClientAddress>>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(wait_s) = forwarding.limit.count(address.map(|address| address.0)) {
        let page = Notice {
            status: StatusCode::TOO_MANY_REQUESTS,
            title: "Too many requests",
            text: "Too many requests came from your network. Try again in a minute.",
        };
        let mut response = page.into_response();
        response.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
        return response;
    }
    match forwarding.target(&query.unwrap_or_default()) {
        Some(target) => see_other(target.as_str()),
        None => Notice {
            status: StatusCode::BAD_REQUEST,
            title: "This request cannot be used",
            text: "The client that sent you here is not known or not allowed, or its request is incomplete. Nothing was shared.",
        }
        .into_response(),
    }
}
