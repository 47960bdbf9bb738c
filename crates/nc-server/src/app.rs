//! The MCP server as one router, over any Nextcloud: what `serve`, `demo` and the tests all boot.

use std::{net::IpAddr, sync::Arc};

use axum::Router;
use nc_auth::Caller;
use nc_client::Nextcloud;
use nc_documents::Extractor;
use nc_mcp::{Assistant, Options};
use nc_mcp_kit::{
    Handler,
    http::{Authenticate, HttpOptions, NoCredential},
};
use nc_proto::clock::Clock;
use nc_web::{Kit, TrustedProxies};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    authenticate::{OwnAppPassword, StaticToken, single_caller},
    call_limits::CallLimits,
    config::{Config, ConfigError, DocumentSettings, Mode},
    entrance::{Entrance, check_public_url},
    health, telemetry,
};

/// The options of the tools, from the settings.
pub fn tool_options(config: &Config) -> Options {
    Options {
        apps: config.tools.apps.clone(),
        read_only: config.tools.read_only,
        hide_missing_apps: config.tools.hide_missing_apps,
        list_all: config.tools.list_all,
        write_max_bytes: config.tools.write_max_bytes,
        recipe_hosts: config.tools.recipe_hosts,
        share_outside: config.tools.share_outside,
        documents: extractor(&config.documents).map(Arc::new),
    }
}

fn extractor(documents: &DocumentSettings) -> Option<Extractor> {
    let executable = documents.executable.clone().filter(|_| documents.enabled)?;
    Some(Extractor::new(nc_documents::Settings {
        executable,
        limits: documents.limits,
        processes: documents.processes,
        tesseract: documents.tesseract.clone(),
        languages: documents.languages.clone(),
    }))
}

/// The tools over `cloud`.
pub fn assistant(config: &Config, cloud: Nextcloud, clock: Clock) -> Assistant {
    Assistant::new(cloud, tool_options(config), clock)
}

/// The one caller of single-user mode.
///
/// # Errors
/// [`ConfigError::Conflict`] when no account is configured.
pub fn configured_caller(config: &Config) -> Result<Caller, ConfigError> {
    let account = config.cloud.account.as_ref().ok_or_else(|| {
        ConfigError::Conflict(
            "no account is configured: set NEXTCLOUD_HOST, NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD, or run `nextcloud-mcp login URL`"
                .to_owned(),
        )
    })?;
    Ok(single_caller(&account.login, account.password.clone()))
}

/// Refuses to open a door: without a credential only this machine may ask.
///
/// # Errors
/// [`ConfigError::Conflict`] that says what to set.
pub fn check_exposure(config: &Config, mode: Mode) -> Result<(), ConfigError> {
    if mode == Mode::SingleUser && config.server.token.is_none() && !is_loopback(&config.server.host) {
        return Err(ConfigError::Conflict(format!(
            "listening on {} would let everybody in the network act as the configured account; set NEXTCLOUD_MCP_TOKEN to a long \
             random text, or use `--mode basic`, or listen on 127.0.0.1",
            config.server.host
        )));
    }
    if matches!(mode, Mode::OwnIssuer | Mode::ExternalIssuer) {
        check_public_url(config)?;
    }
    Ok(())
}

/// Whether only this machine can reach `host`.
pub fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Everything that the MCP server answers.
///
/// # Errors
/// [`ConfigError`] when settings do not fit together.
pub fn router(
    config: &Config,
    entrance: &Entrance,
    cloud: Nextcloud,
    clock: Clock,
    stop: &CancellationToken,
) -> Result<Router, ConfigError> {
    let mode = entrance.mode();
    check_exposure(config, mode)?;
    let authenticate: Arc<dyn Authenticate> = match (entrance, &config.server.token) {
        (Entrance::SingleUser, None) => Arc::new(NoCredential(configured_caller(config)?)),
        (Entrance::SingleUser, Some(token)) => Arc::new(StaticToken::new(token.clone(), configured_caller(config)?)),
        (Entrance::Basic, _) => Arc::new(OwnAppPassword::new(cloud.clone(), clock.clone())),
        (Entrance::OwnIssuer(issuer), _) => issuer.authenticate(),
        (Entrance::ExternalIssuer(issuer), _) => issuer.authenticate(),
    };
    let options = HttpOptions {
        path: config.server.path.clone(),
        allowed_hosts: config.server.check_host.then(|| allowed_hosts(config)),
        allowed_origins: config.server.check_host.then(|| allowed_origins(config)),
        max_body_bytes: config.server.max_body_bytes,
        max_sessions: config.server.max_sessions,
        authenticate,
        stop: stop.clone(),
    };
    let mut assistant = assistant(config, cloud.clone(), clock.clone());
    let mut others = health::routes(cloud, mode, config.health_refresh, stop.clone());
    match entrance {
        Entrance::OwnIssuer(issuer) => {
            assistant = assistant.with_provisioning(issuer.provisioning());
            others = others.merge(issuer.routes());
        }
        Entrance::ExternalIssuer(issuer) => {
            assistant = assistant.with_provisioning(issuer.provisioning());
            others = others.merge(issuer.routes());
        }
        Entrance::SingleUser | Entrance::Basic => {}
    }
    let (of_client, of_all) = config.calls_per_minute;
    let mut handler = Handler::new(Arc::new(assistant));
    if of_client > 0 || of_all > 0 {
        handler = handler.limited_by(Arc::new(CallLimits::new(of_client, of_all, clock)));
    }
    if let Some(calls) = entrance.calls() {
        handler = handler.observed_by(Arc::new(calls));
    }
    let mut router = nc_mcp_kit::http::router(handler, &options).merge(others);
    if config.metrics_port.is_some()
        && is_loopback(&config.server.host)
        // Where there is a public address, a proxy in front of this port would publish them.
        && config.server.public_url.is_none()
        && let Some(handle) = telemetry::start()
    {
        router = router.merge(telemetry::routes(handle));
    }
    let https = config
        .server
        .public_url
        .as_ref()
        .is_some_and(|url| url.scheme() == "https");
    Ok(Kit::new(proxies(config)?, https).wrap(router))
}

pub(crate) fn proxies(config: &Config) -> Result<TrustedProxies, ConfigError> {
    config
        .server
        .trusted_proxies
        .join(",")
        .parse()
        .map_err(|error: nc_web::NotAProxy| ConfigError::Conflict(format!("server.trusted_proxies: {error}")))
}

fn allowed_hosts(config: &Config) -> Vec<String> {
    let mut hosts: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let listening = config.server.host.trim_matches(['[', ']']);
    let everywhere = listening
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_unspecified());
    if !everywhere {
        hosts.push(listening.to_owned());
    }
    hosts.extend(config.server.public_url.as_ref().and_then(host_of));
    hosts.extend(config.server.allowed_hosts.iter().cloned());
    hosts
}

fn host_of(url: &Url) -> Option<String> {
    url.host_str().map(|host| host.trim_matches(['[', ']']).to_owned())
}

/// A page on this machine may ask a server on this machine; any other page must be named.
fn allowed_origins(config: &Config) -> Vec<String> {
    let mut origins = Vec::new();
    if is_loopback(&config.server.host) {
        origins.extend(["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"].map(str::to_owned));
    }
    origins.extend(config.server.public_url.as_ref().map(with_port));
    for origin in &config.server.allowed_origins {
        match Url::parse(origin) {
            Ok(url) => origins.push(with_port(&url)),
            // `:*` is no port of a URL; the SDK reads it.
            Err(_) => origins.push(origin.clone()),
        }
    }
    origins
}

/// The SDK takes an origin without a port for one with any port, so the port is always written.
fn with_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    format!("{}://{host}:{port}", url.scheme())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_from_the_rest() {
        for host in ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.8.8"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "0.0.0.0",
            "::",
            "192.168.1.2",
            "example.org",
            "",
            "localhost.example.org",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn origins_always_carry_a_port() {
        assert_eq!(
            with_port(&Url::parse("https://mcp.example.org/x").expect("URL")),
            "https://mcp.example.org:443"
        );
        assert_eq!(
            with_port(&Url::parse("http://[::1]:8000").expect("URL")),
            "http://[::1]:8000"
        );
    }
}
