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

/// What a description is called (RFC 8414, `OpenID` Connect Discovery).
const NAMES: [&str; 2] = ["oauth-authorization-server", "openid-configuration"];

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
///
/// The MCP server's own resource is below the same origin, and clients that take its URL for the issuer's look there: the
/// name before the path (RFC 8414 §3.1) and after it (Discovery §4), for both kinds of document. The issuer in it tells them
/// where they are.
fn well_known(provider: &Provider) -> Vec<String> {
    let config = provider.config();
    let path = |url: &str| {
        let url = Url::parse(url).ok();
        url.map_or_else(String::new, |url| url.path().trim_end_matches('/').to_owned())
    };
    let issuer_path = path(&config.issuer);
    let mut paths = NAMES.map(|name| format!("/.well-known/{name}")).to_vec();
    match config.role {
        Role::Cloud => {
            if !issuer_path.is_empty() {
                paths.push(format!("/.well-known/oauth-authorization-server{issuer_path}"));
            }
            paths.extend(
                config
                    .role
                    .prefixes()
                    .iter()
                    .map(|prefix| format!("{prefix}/openid-configuration")),
            );
        }
        Role::McpServer => {
            let below = |uri: &str| {
                uri.strip_prefix(&config.issuer)
                    .is_some_and(|rest| rest.starts_with('/'))
            };
            let own = config.resources.iter().map(|(uri, _)| uri).filter(|uri| below(uri));
            for full in own.map(|uri| path(uri)).chain([issuer_path.clone()]) {
                // A reverse proxy may take the issuer's path away or leave it.
                let short = full.strip_prefix(&issuer_path).unwrap_or(&full);
                for name in NAMES {
                    paths.push(format!("/.well-known/{name}{full}"));
                    paths.push(format!("{full}/.well-known/{name}"));
                    paths.push(format!("/.well-known/{name}{short}"));
                    paths.push(format!("{short}/.well-known/{name}"));
                }
            }
        }
    }
    paths.sort_unstable();
    paths.dedup();
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
            // The MCP SDKs send it with discovery too.
            HeaderName::from_static("mcp-protocol-version"),
        ])
        .expose_headers([
            header::WWW_AUTHENTICATE,
            header::RETRY_AFTER,
            HeaderName::from_static("dpop-nonce"),
        ])
}
