//! Log lines, on standard error only: standard output is for data.

use std::io::IsTerminal;

use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::LogFormat;

/// What is written down at a level.
pub fn filter(level: &str) -> Targets {
    // The SDK and the HTTP libraries speak of every connection at info, and the SDK below that of what people ask and get:
    // their notes, and links that give access.
    let filter = match level {
        // Statements, never their values.
        "trace" => "trace,rmcp=info,hyper=info,h2=info,rustls=info,reqwest=info,sqlx=debug".to_owned(),
        "debug" => "debug,rmcp=info,hyper=info,h2=info,rustls=info,reqwest=info,sqlx=info".to_owned(),
        _ => format!("{level},rmcp=warn,sqlx=warn"),
    };
    // Written here, so it can be read; without a filter at all, everything would be logged.
    filter.parse().unwrap_or_default()
}

/// Starts logging. A second call changes nothing.
pub(crate) fn start(level: &str, format: LogFormat) {
    let filter = filter(level);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    let result = match format {
        LogFormat::Text => tracing_subscriber::registry()
            .with(lines.with_filter(filter))
            .try_init(),
        LogFormat::Json => tracing_subscriber::registry()
            .with(lines.json().flatten_event(true).with_filter(filter))
            .try_init(),
    };
    // In one process of tests, the first one wins.
    drop(result);
}
