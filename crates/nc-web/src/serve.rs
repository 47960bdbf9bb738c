use std::{io, net::SocketAddr, time::Duration};

use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, sync::oneshot};

/// How long requests under way may take after the end was asked for; event streams never end by themselves.
pub const GRACE: Duration = Duration::from_secs(10);

/// Serves `router` until `shutdown` resolves, then lets requests under way finish, for [`GRACE`] at most.
///
/// `TCP_NODELAY` is set on every connection: without it small answers wait for the client's delayed acknowledgement,
/// some 40 ms each.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(
    listener: std::net::TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY cannot be set");
        }
    });
    let (ending, ended) = oneshot::channel();
    let signal = async move {
        shutdown.await;
        // Nobody listens when serving has ended by itself.
        let _ = ending.send(());
    };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(signal);
    let deadline = async {
        if ended.await.is_ok() {
            tokio::time::sleep(GRACE).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        result = serving => result,
        () = deadline => Ok(()),
    }
}
