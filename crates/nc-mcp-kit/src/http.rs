//! Streamable HTTP at one path, with and without a trailing slash, for all protocol revisions.
//!
//! In the order in which a request meets them: host, body limit, credential, scope gate, then the SDK with its host and
//! origin checks. The SDK cannot answer 401 or 403 from a handler, so the gate stands in front and reads the
//! method and tool name itself.

mod authenticate;
mod cors;
mod gate;
mod host;
mod peek;
mod sessions;

use std::{sync::Arc, time::Duration};

use axum::Router;
use rmcp::transport::{
    StreamableHttpServerConfig, StreamableHttpService,
    streamable_http_server::session::local::{LocalSessionManager, SessionConfig},
};
use tokio_util::sync::CancellationToken;

pub use authenticate::{Authenticate, NoCredential, Refusal};

use crate::Handler;

/// Sessions of the older revisions end after this long without a request.
const SESSION_IDLE: Duration = Duration::from_hours(1);

/// How the endpoint is mounted and guarded.
#[derive(Clone)]
pub struct HttpOptions {
    /// Path of the endpoint, such as `/mcp`.
    pub path: String,
    /// Hosts that requests may name, with or without a port. `None` switches the check off.
    pub allowed_hosts: Option<Vec<String>>,
    /// Origins that browsers may come from, as `scheme://host:port`. An empty list refuses every origin.
    /// `None` switches the check off.
    pub allowed_origins: Option<Vec<String>>,
    /// Longest request body, in bytes.
    pub max_body_bytes: usize,
    /// Most sessions of the older revisions at a time.
    pub max_sessions: usize,
    /// Tells who calls.
    pub authenticate: Arc<dyn Authenticate>,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
}

/// The endpoint as routes to merge into an application.
pub fn router(handler: Handler, options: &HttpOptions) -> Router {
    let mut config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(true)
        .with_json_response(true)
        .with_max_request_body_bytes(options.max_body_bytes)
        .with_cancellation_token(options.stop.clone());
    config = match &options.allowed_hosts {
        Some(hosts) => config.with_allowed_hosts(hosts.iter().cloned()),
        None => config.disable_allowed_hosts(),
    };
    config = match &options.allowed_origins {
        Some(origins) => config
            .with_allowed_origins(origins.iter().cloned())
            .enforce_origin_validation(),
        None => config.disable_allowed_origins(),
    };
    let mut session_config = SessionConfig::default();
    session_config.keep_alive = Some(SESSION_IDLE);
    let mut manager = LocalSessionManager::default();
    manager.session_config = session_config;
    let manager = Arc::new(manager);

    let sessions = sessions::Sessions::new(Arc::clone(&manager), options.max_sessions);
    let gate = gate::Gate::new(&handler, options, sessions);
    let service = StreamableHttpService::new(move || Ok(handler.clone()), manager, config);
    let guarded = tower::ServiceBuilder::new()
        .layer(cors::layer(options))
        .layer(axum::middleware::from_fn_with_state(Arc::new(gate), gate::guard))
        .service(service);

    let path = options.path.trim_end_matches('/');
    let slashed = format!("{path}/");
    let router = Router::new().route_service(&slashed, guarded.clone());
    if path.is_empty() {
        router
    } else {
        router.route_service(path, guarded)
    }
}
