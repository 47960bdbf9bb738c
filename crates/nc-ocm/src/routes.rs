//! What this server says of itself, and all routes of Open Cloud Mesh.

use axum::{Json, Router, extract::State, routing::get};
use nc_proto::ocm::PeerHost;
use serde_json::{Value, json};

use crate::{InboundSignatures, Ocm};

impl Ocm {
    /// Everything that other servers ask, at its place below the root of the origin: to be merged, not nested. Nobody signs in
    /// here.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/.well-known/ocm", get(discovery))
            .route("/ocm-provider", get(discovery))
            .route("/ocm-provider/", get(discovery))
            .route("/ocm-provider/index.php", get(discovery))
            .with_state(self.clone())
    }
}

async fn discovery(State(ocm): State<Ocm>) -> Json<Value> {
    Json(ocm.description())
}

impl Ocm {
    /// This server, as others write it after the `@`: `host[:port]`.
    pub fn own_host(&self) -> &PeerHost {
        &self.0.own_host
    }

    /// An address below our origin.
    pub(crate) fn own_url(&self, path: &str) -> String {
        format!("{}{path}", self.0.config.public_origin.as_str().trim_end_matches('/'))
    }

    /// What this server can do, and where (§3.1).
    pub(crate) fn description(&self) -> Value {
        let resource = |name: &str| {
            json!({
                "name": name,
                "shareTypes": ["user", "group"],
                "protocols": {"webdav": "/public.php/webdav/", "webdav-receive": {"uri": "relative"}},
            })
        };
        json!({
            "enabled": true,
            "apiVersion": "1.4.0",
            // Nextcloud reads this one first.
            "version": "1.4.0",
            "endPoint": self.own_url("/ocm"),
            "provider": self.0.config.provider_name,
            "resourceTypes": [resource("file"), resource("folder")],
            "capabilities": ["exchange-token", "invites", "notifications", "protocol-object"],
            "criteria": self.criteria(),
            "tokenEndPoint": self.own_url("/ocm/token"),
        })
    }

    /// What is asked of others.
    fn criteria(&self) -> Vec<&'static str> {
        let config = &self.0.config;
        [
            ("must-use-http-sig", config.inbound == InboundSignatures::Require),
            ("must-exchange-token", config.must_exchange_token),
            ("allowlist", !config.allow.is_empty()),
            ("denylist", !config.deny.is_empty()),
        ]
        .into_iter()
        .filter_map(|(word, applies)| applies.then_some(word))
        .collect()
    }
}
