//! One JSON message a line over standard input and output, for one user. Nothing else is ever written to stdout.

use rmcp::ServiceExt;

use crate::Handler;

/// Serves until standard input ends.
///
/// # Errors
/// When the first message is not one of the protocol, or the pipes break.
pub async fn serve(handler: Handler) -> Result<(), std::io::Error> {
    let running = match handler.serve(rmcp::transport::stdio()).await {
        Ok(running) => running,
        // The client went away before it said anything: an end like any other.
        Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(std::io::Error::other(error)),
    };
    running.waiting().await.map_err(std::io::Error::other)?;
    Ok(())
}
