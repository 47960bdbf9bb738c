//! `/health/live` and `/health/ready`, outside of every credential.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use axum::{Json, Router, routing::get};
use nc_client::Nextcloud;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::config::Mode;

/// What is known of the cloud, without asking it in the request.
#[derive(Clone, Default)]
struct Reachable(Arc<AtomicU8>);

impl Reachable {
    fn set(&self, reachable: bool) {
        self.0.store(if reachable { 1 } else { 2 }, Ordering::Relaxed);
    }

    fn describe(&self) -> &'static str {
        match self.0.load(Ordering::Relaxed) {
            0 => "unknown",
            1 => "ok",
            _ => "unreachable",
        }
    }
}

/// The names that dashboards of the peer know.
const fn auth_mode(mode: Mode) -> &'static str {
    match mode {
        Mode::SingleUser => "basic",
        Mode::Basic => "multi_user_basic",
        Mode::OwnIssuer => "login_flow",
        Mode::ExternalIssuer => "oauth",
    }
}

/// The routes, and the task behind them. Readiness depends on this server alone: a cloud in maintenance must not make
/// an orchestrator kill it.
pub(crate) fn routes(cloud: Nextcloud, mode: Mode, refresh: Duration, stop: CancellationToken) -> Router {
    let reachable = Reachable::default();
    tokio::spawn(watch(cloud, reachable.clone(), refresh, stop));
    let live = move || async move { Json(json!({ "status": "alive", "mode": "basic" })) };
    let ready = move || {
        let reachable = reachable.clone();
        async move { Json(readiness(mode, &reachable)) }
    };
    let status = move || async move {
        Json(json!({
            "version": env!("CARGO_PKG_VERSION"),
            "auth_mode": auth_mode(mode),
            "vector_sync_enabled": false,
            "webhooks_enabled": false,
        }))
    };
    Router::new()
        .route("/health/live", get(live))
        .route("/healthz", get(live))
        .route("/health/ready", get(ready.clone()))
        .route("/readyz", get(ready))
        .route("/api/v1/status", get(status))
}

fn readiness(mode: Mode, reachable: &Reachable) -> Value {
    json!({
        "status": "ready",
        "checks": {
            "nextcloud_configured": "ok",
            "nextcloud_reachable": reachable.describe(),
            "auth_mode": auth_mode(mode),
            "auth_configured": "ok",
            "supports_app_passwords": true,
        },
    })
}

async fn watch(cloud: Nextcloud, reachable: Reachable, refresh: Duration, stop: CancellationToken) {
    let mut interval = tokio::time::interval(refresh.max(Duration::from_secs(1)));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = interval.tick() => {
                let answers = cloud.status().await.is_ok();
                reachable.set(answers);
                metrics::gauge!("mcp_dependency_health", "dependency" => "nextcloud").set(f64::from(u8::from(answers)));
            }
        }
    }
}
