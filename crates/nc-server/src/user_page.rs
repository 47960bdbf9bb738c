//! The page on which people see which clients act for them, and pause, narrow and end them. The same for both ways of
//! signing in; its session is worth nothing at the MCP endpoint.

mod next;
mod posts;
mod show;
mod site;

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use nc_access::ClientRules;
use nc_proto::clock::Clock;
use nc_web::{ClientAddress, RateLimit, pages::Notice};
use serde_json::json;
use url::{Url, form_urlencoded};

pub(crate) use self::{
    next::{PAGE, local_path},
    show::moment,
    site::{About, Changed, KnownClient, Provisioned, Site, Visitor},
};

const LOGIN: &str = "/oauth/login";
const LOGOUT: &str = "/oauth/logout";
/// Requests to these pages from one address.
const PER_MINUTE: u32 = 60;

/// The pages of one server.
pub(crate) struct UserPages {
    site: Arc<dyn Site>,
    rules: Arc<ClientRules>,
    own: Url,
    limit: RateLimit,
}

type Pages = State<Arc<UserPages>>;
type Address = Option<Extension<ClientAddress>>;

/// The routes, for people of `site`, below `own`, the address of this server.
pub(crate) fn routes(site: Arc<dyn Site>, rules: Arc<ClientRules>, own: &Url, clock: &Clock) -> Router {
    let pages = UserPages {
        site,
        rules,
        own: own.clone(),
        limit: RateLimit::new(PER_MINUTE, clock.clone()),
    };
    Router::new()
        .route(LOGIN, get(log_in))
        .route(LOGOUT, post(posts::log_out))
        .route("/app", get(to_page))
        .route("/user", get(show::data))
        .route(PAGE, get(show::page))
        .route("/user/provision", post(posts::give))
        .route("/user/revoke", post(posts::take_back))
        .route("/user/pause", post(posts::pause))
        .route("/user/resume", post(posts::resume))
        .route("/user/clients/{client}/scopes", post(posts::narrow))
        .route("/user/clients/{client}/pause", post(posts::pause_client))
        .route("/user/clients/{client}/resume", post(posts::resume_client))
        .route("/user/clients/{client}/revoke", post(posts::disconnect))
        .with_state(Arc::new(pages))
}

/// Where people change what clients may do.
pub(crate) fn address(own: &Url) -> String {
    format!("{}{PAGE}", own.as_str().trim_end_matches('/'))
}

/// `GET /oauth/login`.
async fn log_in(State(pages): Pages, headers: HeaderMap, address: Address, RawQuery(query): RawQuery) -> Response {
    if let Some(refusal) = pages.too_many(address) {
        return refusal;
    }
    let query = query.unwrap_or_default();
    let mut nexts = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "next");
    let next = match (nexts.next(), nexts.next()) {
        (Some((_, next)), None) => Some(next),
        _ => None,
    };
    let next = local_path(next.as_deref());
    match pages.site.find(&headers).await {
        Ok(Some(_)) => return see_other(&pages.url(next)),
        Ok(None) => {}
        Err(error) => return failed(&error),
    }
    let response = pages.site.sign_in(&headers, next).await;
    response.unwrap_or_else(|error| failed(&error))
}

/// `GET /app`.
async fn to_page(State(pages): Pages) -> Response {
    see_other(&pages.url(PAGE))
}

impl UserPages {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.own.as_str().trim_end_matches('/'))
    }

    fn to_login(&self) -> Response {
        see_other(&self.url(LOGIN))
    }

    fn too_many(&self, address: Address) -> Option<Response> {
        let wait_s = self.limit.count(address.map(|address| address.0)).err()?;
        Some(too_many(
            wait_s,
            "Too many requests came from your network. Try again in a minute.",
        ))
    }
}

/// 429, and the seconds to wait.
pub(crate) fn too_many(wait_s: i64, text: &str) -> Response {
    let page = Notice {
        status: StatusCode::TOO_MANY_REQUESTS,
        title: "Too many requests",
        text,
    };
    let mut response = page.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
    response
}

/// To another page, by GET.
pub(crate) fn see_other(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (
            StatusCode::SEE_OTHER,
            [
                (header::LOCATION, location),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
                (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            ],
        )
            .into_response(),
        Err(_) => Notice::internal_error().into_response(),
    }
}

fn uncached(status: StatusCode, body: &serde_json::Value) -> Response {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (status, no_store, Json(body)).into_response()
}

fn not_signed_in(pages: &UserPages) -> Response {
    let body = json!({ "error": "not_signed_in", "sign_in": pages.url(LOGIN) });
    uncached(StatusCode::UNAUTHORIZED, &body)
}

/// What people see when this server failed.
pub(crate) fn failed(error: &anyhow::Error) -> Response {
    tracing::error!("the page of a person failed: {error:#}");
    Notice::internal_error().into_response()
}
