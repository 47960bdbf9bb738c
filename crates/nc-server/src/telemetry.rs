//! Prometheus metrics: one recorder a process.

use std::sync::OnceLock;

use axum::{Router, routing::get};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Seconds, from a cached answer to the longest call.
const BUCKETS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// Starts recording. `None` when something else records already.
pub(crate) fn start() -> Option<PrometheusHandle> {
    RECORDER
        .get_or_init(|| {
            let builder = PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), BUCKETS)
                .ok()?;
            builder
                .install_recorder()
                .inspect_err(|error| tracing::warn!(%error, "metrics are off"))
                .ok()
        })
        .clone()
}

/// `/metrics`.
pub(crate) fn routes(handle: PrometheusHandle) -> Router {
    Router::new().route(
        "/metrics",
        get(move || {
            let handle = handle.clone();
            async move {
                handle.run_upkeep();
                (
                    [("content-type", "text/plain; version=0.0.4; charset=utf-8")],
                    handle.render(),
                )
            }
        }),
    )
}

/// Counts what the client does. No label names a user, a path or a title.
#[derive(Debug)]
pub(crate) struct CloudCalls;

impl nc_client::Observer for CloudCalls {
    fn exchanged(&self, exchange: &nc_client::Exchange) {
        let status = exchange
            .status
            .map_or_else(|| "none".to_owned(), |status| status.to_string());
        let method = exchange.method.to_string();
        metrics::counter!("mcp_nextcloud_api_requests_total", "app" => exchange.area, "method" => method.clone(), "status_code" => status).increment(1);
        metrics::histogram!("mcp_nextcloud_api_duration_seconds", "app" => exchange.area, "method" => method)
            .record(exchange.elapsed.as_secs_f64());
    }
}
