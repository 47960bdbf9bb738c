//! Log lines, on standard error only: standard output is for data.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts logging. A second call changes nothing.
pub(crate) fn start(level: &str, format: LogFormat) {
    // The SDK and the HTTP libraries speak of every connection at info.
    let filter = match level {
        "debug" | "trace" => format!("{level},hyper=info,h2=info,rustls=info,reqwest=info,sqlx=info"),
        _ => format!("{level},rmcp=warn,sqlx=warn"),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    let result = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    // In one process of tests, the first one wins.
    drop(result);
}
