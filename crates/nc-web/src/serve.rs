use std::{io, net::SocketAddr, pin::pin, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

/// How long requests under way may take after the end was asked for; event streams never end by themselves.
pub const GRACE: Duration = Duration::from_secs(10);

/// How long a client may take to send the head of a request, the wait on an idle connection included: a few slow
/// clients must not hold every connection. nginx's own default, so pools of clients are set up for it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// Requests that one HTTP/2 connection may have under way.
const STREAMS: u32 = 250;

/// Pause after a connection could not be accepted for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

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
    let listener = TcpListener::from_std(listener)?;
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEAD_TIMEOUT)
        .max_concurrent_streams(STREAMS);
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => connect(&builder, &graceful, stream, peer, router.clone()),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    // Connections that wait in the queue are refused now, not after the grace.
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(GRACE) => tracing::warn!("requests under way were cut off"),
    }
    Ok(())
}

fn connect(
    builder: &Builder<TokioExecutor>,
    graceful: &GracefulShutdown,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY cannot be set");
    }
    let service = router.map_request(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let connection = graceful.watch(connection.into_owned());
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            // Clients hang up all the time.
            tracing::debug!(%error, "connection ended");
        }
    });
}

/// Whether only the connection that was about to be accepted is broken, not the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::oneshot,
    };

    use super::*;

    type Running = (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<io::Result<()>>);

    fn start(router: Router) -> Running {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = serve(listener, router, async { drop(stopped.await) });
        (address, stop, tokio::spawn(serving))
    }

    async fn request(stream: &mut TcpStream, path: &str) -> String {
        let head = format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut buffer = vec![0; 4096];
        let length = stream.read(&mut buffer).await.unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[tokio::test]
    async fn handlers_see_the_peer_and_small_answers_do_not_wait() {
        let show = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
        let (address, stop, serving) = start(Router::new().route("/", get(show)));
        let mut stream = TcpStream::connect(address).await.unwrap();
        let own = stream.local_addr().unwrap().to_string();
        let began = Instant::now();
        for _ in 0..50 {
            assert!(request(&mut stream, "/").await.ends_with(&own));
        }
        // With Nagle's algorithm on, answers after the first wait some 40 ms each: 2 seconds in all.
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        stop.send(()).unwrap();
        serving.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_request_under_way_is_finished_and_idle_connections_do_not_hold_the_end() {
        let (arrived, mut seen) = tokio::sync::mpsc::channel::<oneshot::Sender<()>>(1);
        let slow = move || async move {
            let (go_on, wait) = oneshot::channel();
            arrived.send(go_on).await.unwrap();
            wait.await.unwrap();
            "finished"
        };
        let (address, stop, serving) = start(Router::new().route("/slow", get(slow)));
        let _idle = TcpStream::connect(address).await.unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let answer = tokio::spawn(async move { request(&mut stream, "/slow").await });
        let go_on = seen.recv().await.unwrap();
        stop.send(()).unwrap();
        go_on.send(()).unwrap();
        assert!(answer.await.unwrap().ends_with("finished"));
        tokio::time::timeout(GRACE / 2, serving)
            .await
            .expect("ends before the grace")
            .unwrap()
            .unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
