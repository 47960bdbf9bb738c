//! `serve`: the MCP server in front of a Nextcloud.

use nc_proto::clock::Clock;

use super::{OrFail, Setting, Trouble, connect, listen, output};
use crate::{app, config::Mode, entrance::Entrance, external_issuer, telemetry};

pub(crate) async fn run(setting: Setting) -> Result<(), Trouble> {
    let setting = connect::with_kept_login(setting)?;
    let config = &setting.config;
    let cloud = connect::nextcloud(config)?;
    let mode = config.mode.unwrap_or(Mode::OwnIssuer);
    app::check_exposure(config, mode)?;
    let stop = listen::stop_signal().or_fail()?;
    let clock = Clock::system();
    let (host, port) = (&config.server.host, config.server.port);
    // An issuer elsewhere may be waited for, and nobody should wait at this door meanwhile. Only a free port has to be taken
    // before its address is known.
    let (listener, url, entrance) = if mode == Mode::ExternalIssuer && (port != 0 || config.server.public_url.is_some())
    {
        let url = listen::url_at(host, port).or_fail()?;
        let entrance = Entrance::open(config, mode, &cloud, &url, &clock).await.or_fail()?;
        let listener = listen::listen(host, port).or_fail()?;
        let url = listen::url_of(&listener).or_fail()?;
        (listener, url, entrance)
    } else {
        let listener = listen::listen(host, port).or_fail()?;
        let url = listen::url_of(&listener).or_fail()?;
        let entrance = Entrance::open(config, mode, &cloud, &url, &clock).await.or_fail()?;
        (listener, url, entrance)
    };
    let router = app::router(config, &entrance, cloud, clock, &stop)?;
    if let Some(port) = config.metrics_port {
        serve_metrics(&config.server.host, port, &stop);
    }
    output::tell(&format!("MCP server: {url}{}", config.server.path));
    let calls = entrance.calls();
    let upkeep = tokio::spawn(entrance.keep_up());
    let shutdown = stop.clone();
    let served = nc_web::serve(listener, router, async move { shutdown.cancelled().await }).await;
    upkeep.abort();
    if let Some(calls) = calls {
        calls.flush().await;
    }
    served.or_fail()
}

/// `serve --unregister`.
pub(crate) async fn unregister(setting: &Setting) -> Result<(), Trouble> {
    let config = &setting.config;
    if config.mode != Some(Mode::ExternalIssuer) {
        return Err(Trouble::Usage(
            "--unregister deletes this server's client at an issuer elsewhere: set MCP_DEPLOYMENT_MODE=oauth and OIDC_DISCOVERY_URL as for `serve`".to_owned(),
        ));
    }
    let cloud = connect::nextcloud(config)?;
    let done = external_issuer::unregister(&cloud, &config.issuer, &config.oauth.data).await;
    output::tell(&done.or_fail()?);
    Ok(())
}

/// Metrics have a port of their own, so that a proxy in front of the main one does not publish them. A taken port is
/// no reason not to serve.
fn serve_metrics(host: &str, port: u16, stop: &tokio_util::sync::CancellationToken) {
    let Some(handle) = telemetry::start() else { return };
    let stop = stop.clone();
    match listen::listen(host, port) {
        Ok(listener) => {
            tokio::spawn(async move {
                let shutdown = async move { stop.cancelled().await };
                if let Err(error) = nc_web::serve(listener, telemetry::routes(handle), shutdown).await {
                    tracing::warn!(%error, "metrics are not served");
                }
            });
        }
        Err(error) => tracing::warn!("metrics are not served: {error:#}"),
    }
}

/// Which client configuration fits, for people to paste.
pub(crate) fn client_configuration(mcp_url: &str, mode: Mode, login: Option<(&str, &str)>) -> String {
    let header = match (mode, login) {
        (Mode::Basic, Some((name, password))) => Some(nc_auth::basic::header_value(name, password)),
        _ => None,
    };
    let mut server = serde_json::json!({ "type": "http", "url": mcp_url });
    if let Some(value) = &header {
        server["headers"] = serde_json::json!({ "Authorization": value });
    }
    let json = serde_json::json!({ "mcpServers": { "nextcloud": server } });
    let flag = header
        .map(|value| format!(" --header \"Authorization: {value}\""))
        .unwrap_or_default();
    format!(
        "Client configuration (Claude Desktop, Cursor, .mcp.json):\n\n{json:#}\n\nClaude Code:\n\n  claude mcp add --transport http nextcloud {mcp_url}{flag}"
    )
}
