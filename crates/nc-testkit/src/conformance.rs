//! What the MCP conformance suite expects to find on a server, behind the transport, gate and registry that ship.
//!
//! The product has no tools called `test_image_content`, so the suite cannot see all of the protocol through it.
//! This backend has them; everything in front of it is the product's own code.

mod backend;
mod changes;
mod content;
mod dialogue;
mod input_required;
mod prompts;
mod resources;
mod schemas;
mod tools;

use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt as _;
use nc_auth::{Caller, Credential, Grants, LoginName, UserId};
use nc_mcp_kit::{
    Handler,
    http::{HttpOptions, NoCredential, router},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use backend::Fixtures;

/// The fixtures as an application at `/mcp`, with the checks that the product has on loopback.
pub fn application(stop: &CancellationToken) -> Router {
    let caller = Caller {
        subject: UserId::new("tester"),
        client: None,
        grants: Grants::Unrestricted,
        credential: Credential::Basic {
            login: LoginName::new("tester"),
            password: "unused".into(),
        },
    };
    let loopback = ["localhost", "127.0.0.1", "::1"];
    let options = HttpOptions {
        path: "/mcp".to_owned(),
        allowed_hosts: Some(loopback.iter().map(ToString::to_string).collect()),
        allowed_origins: Some(vec!["http://localhost:*".to_owned(), "http://127.0.0.1:*".to_owned()]),
        max_body_bytes: 4 << 20,
        max_sessions: 1000,
        authenticate: Arc::new(NoCredential(caller)),
        stop: stop.clone(),
    };
    router(Handler::new(Arc::new(Fixtures::default())), &options)
}

/// Serves `application` until `stop` is cancelled. Without the socket option, answers that are streamed wait for
/// the client's delayed acknowledgement: about 44 ms each.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, application: Router, stop: CancellationToken) -> std::io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // A socket that cannot be set is served slowly rather than not at all.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, application)
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
}
