//! Serves the conformance fixtures on a free port of loopback; prints the address as one line of JSON.

use std::io::Write as _;

use nc_testkit::conformance;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let ready = serde_json::json!({ "mcp_url": format!("http://{address}/mcp") });
    writeln!(std::io::stdout(), "{ready}")?;
    let application = conformance::application(&stop);
    tokio::select! {
        served = conformance::serve(listener, application, stop.clone()) => served?,
        signal = tokio::signal::ctrl_c() => signal?,
    }
    Ok(())
}
