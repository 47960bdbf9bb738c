//! Listening, and stopping when asked to.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

/// Listens on `host` and `port`; 0 picks a free one.
pub(crate) fn listen(host: &str, port: u16) -> anyhow::Result<TcpListener> {
    let name = host.trim_matches(['[', ']']);
    let addresses: Vec<_> = (name, port)
        .to_socket_addrs()
        .with_context(|| format!("`{host}` is not an address to listen on"))?
        .collect();
    TcpListener::bind(&*addresses)
        .with_context(|| format!("cannot listen on {host}:{port}; is the port taken? choose another with --port"))
}

/// The URL of a listener as a client on this machine writes it.
pub(crate) fn url_of(listener: &TcpListener) -> anyhow::Result<String> {
    Ok(written(listener.local_addr()?))
}

/// The same before anything listens there.
pub(crate) fn url_at(host: &str, port: u16) -> anyhow::Result<String> {
    let mut addresses = (host.trim_matches(['[', ']']), port).to_socket_addrs().ok();
    let first = addresses.as_mut().and_then(Iterator::next);
    first
        .map(written)
        .with_context(|| format!("`{host}` is not an address to listen on"))
}

fn written(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    format!("http://{address}")
}

/// Cancelled on Ctrl-C or SIGTERM. A second one ends the process at once.
pub(crate) fn stop_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let token = stop.clone();
    let mut terminate = terminations()?;
    tokio::spawn(async move {
        wait(&mut terminate).await;
        tracing::info!("stopping");
        token.cancel();
        wait(&mut terminate).await;
        std::process::exit(130);
    });
    Ok(stop)
}

#[cfg(unix)]
type Terminations = tokio::signal::unix::Signal;

#[cfg(unix)]
fn terminations() -> std::io::Result<Terminations> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
}

#[cfg(unix)]
async fn wait(terminate: &mut Terminations) {
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
type Terminations = ();

#[cfg(not(unix))]
fn terminations() -> std::io::Result<Terminations> {
    Ok(())
}

#[cfg(not(unix))]
async fn wait(_terminate: &mut Terminations) {
    drop(tokio::signal::ctrl_c().await);
}
