//! Serves a cloud for WebDAV test suites: `serve DATA_DIR PORT`. User `alice`, password `wonderland`.

use std::{error::Error, net::Ipv4Addr};

use axum::serve::ListenerExt;
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(data_dir), Some(port)) = (arguments.next(), arguments.next()) else {
        return Err("usage: serve DATA_DIR PORT".into());
    };
    let cloud = Cloud::open(CloudConfig::new(data_dir)).await?;
    let alice = NewUser::new("alice", "Alice", "wonderland".into());
    match cloud.create_user(&alice).await {
        // From an earlier run.
        Ok(()) | Err(nc_cloud::Error::Exists(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse()?)).await?;
    // Without it, Nagle's algorithm holds back the end of every small answer.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, cloud.router()).await?)
}
