//! The endpoints for programs.

pub(crate) mod answer;
pub(crate) mod fault;
mod introspect;
mod json_request;
mod jwks;
mod manage;
mod metadata;
mod register;
mod registration_fault;
pub(crate) mod request;
mod revoke;
mod token;
mod userinfo;
mod webfinger;

use axum::{
    Router,
    routing::{get, post},
};
use http::{HeaderName, Method, header};
use tower_http::cors::{Any, CorsLayer};
use url::Url;

use crate::{Endpoint, Provider, Role};

/// Every route, below every prefix of the role.
pub(crate) fn routes(provider: &Provider) -> Router {
    let role = provider.config().role;
    let mut open = Router::new();
    // Not for pages of other origins: programs with secrets ask here.
    let mut closed = Router::new();
    for path in well_known(provider) {
        open = open.route(&path, get(metadata::answer));
    }
    for prefix in role.prefixes() {
        let path = |endpoint| format!("{prefix}{}", role.path(endpoint));
        open = open
            .route(&path(Endpoint::Token), post(token::answer))
            .route(&path(Endpoint::Jwks), get(jwks::answer))
            .route(&path(Endpoint::Register), post(register::answer))
            .route(
                &format!("{}/{{client_id}}", path(Endpoint::Register)),
                get(manage::read).put(manage::replace).delete(manage::delete),
            )
            .route(&path(Endpoint::Revoke), post(revoke::answer))
            .route(&path(Endpoint::UserInfo), get(userinfo::answer).post(userinfo::answer));
        closed = closed.route(&path(Endpoint::Introspect), post(introspect::answer));
    }
    if role == Role::Cloud {
        open = open.route("/.well-known/webfinger", get(webfinger::answer));
    }
    open.layer(cors()).merge(closed).with_state(provider.clone())
}

/// Where the server describes itself.
fn well_known(provider: &Provider) -> Vec<String> {
    let issuer_path =
        Url::parse(&provider.config().issuer).map(|issuer| issuer.path().trim_end_matches('/').to_owned());
    let issuer_path = issuer_path.unwrap_or_default();
    let mut paths = vec![
        "/.well-known/openid-configuration".to_owned(),
        "/.well-known/oauth-authorization-server".to_owned(),
    ];
    if !issuer_path.is_empty() {
        paths.push(format!("/.well-known/oauth-authorization-server{issuer_path}"));
    }
    if provider.config().role == Role::Cloud {
        let prefixes = provider.config().role.prefixes();
        paths.extend(prefixes.iter().map(|prefix| format!("{prefix}/openid-configuration")));
    }
    paths
}

/// Pages of other origins may ask, but never with the credentials that the browser keeps for us.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            HeaderName::from_static("dpop"),
        ])
        .expose_headers([
            header::WWW_AUTHENTICATE,
            header::RETRY_AFTER,
            HeaderName::from_static("dpop-nonce"),
        ])
}
