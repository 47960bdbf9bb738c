//! What this server says of itself, and all routes of Open Cloud Mesh.

use axum::{
    Json, Router,
    extract::State,
    middleware::map_response_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, header};
use nc_proto::ocm::PeerHost;
use serde_json::{Value, json};

use crate::{InboundSignatures, Ocm, OcmError, invites, provider, receiver, signature::write_http_date};

/// How long others may keep our keys, seconds.
pub(crate) const KEYS_MAX_AGE_S: i64 = 300;

impl Ocm {
    /// Everything that other servers ask, at its place below the root of the origin: to be merged, not nested. Nobody signs in
    /// here.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/.well-known/ocm", get(discovery))
            .route("/ocm-provider", get(discovery))
            .route("/ocm-provider/", get(discovery))
            .route("/ocm-provider/index.php", get(discovery))
            .route("/ocm/jwks", get(key_set))
            .merge(invites::routes())
            .merge(provider::routes())
            .merge(receiver::routes())
            .layer(map_response_with_state(self.clone(), dated))
            .with_state(self.clone())
    }
}

/// With the time that signatures are judged by, so that others can date theirs by it.
async fn dated(State(ocm): State<Ocm>, mut response: Response) -> Response {
    if let Some(date) = write_http_date(ocm.now()).and_then(|date| HeaderValue::try_from(date).ok()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

async fn discovery(State(ocm): State<Ocm>) -> Result<Response, Failure> {
    Ok(Json(ocm.description().await?).into_response())
}

async fn key_set(State(ocm): State<Ocm>) -> Result<Response, Failure> {
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json".to_owned()),
        (header::CACHE_CONTROL, format!("max-age={KEYS_MAX_AGE_S}")),
    ];
    Ok((headers, ocm.keys().published().await?.to_string()).into_response())
}

/// The database failed: the other server may come again.
struct Failure(OcmError);

impl From<OcmError> for Failure {
    fn from(error: OcmError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        tracing::error!(
            error = &self.0 as &dyn std::error::Error,
            "what this server can do cannot be told"
        );
        http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
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
    pub(crate) async fn description(&self) -> Result<Value, OcmError> {
        let cavage = self.keys().cavage().await?;
        let resource = |name: &str| {
            json!({
                "name": name,
                "shareTypes": ["user", "group"],
                "protocols": {"webdav": "/public.php/webdav/", "webdav-receive": {"uri": "relative"}},
            })
        };
        let mut description = json!({
            "enabled": true,
            "apiVersion": "1.4.0",
            // Nextcloud reads this one first.
            "version": "1.4.0",
            "endPoint": self.own_url("/ocm"),
            "provider": self.0.config.provider_name,
            "resourceTypes": [resource("file"), resource("folder")],
            "capabilities": ["exchange-token", "http-sig", "invites", "notifications", "protocol-object"],
            "criteria": self.criteria(),
            "tokenEndPoint": self.own_url("/ocm/token"),
            "jwksUri": self.own_url("/ocm/jwks"),
            "publicKey": {"keyId": cavage.key_id, "publicKeyPem": cavage.public_pem},
        });
        if let Some(path) = &self.0.config.invite_accept_dialog {
            description["inviteAcceptDialog"] = self.own_url(path).into();
        }
        Ok(description)
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
