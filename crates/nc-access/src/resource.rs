//! What the MCP endpoint says about itself: its metadata (RFC 9728), and its challenges (RFC 6750).

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::any,
};
use http::{HeaderValue, Method, StatusCode, header};
use nc_auth::{Scope, ScopeSet};
use nc_proto::oauth::{
    bearer::Scheme,
    challenge::Challenge,
    error::BearerError,
    metadata::{ResourceMetadata, WellKnown},
    scope_list::ScopeList,
};
use url::Url;

/// The endpoint as clients and tokens name it.
#[derive(Debug, Clone)]
pub struct Resource(Arc<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    url: Url,
    identifier: String,
    metadata_url: String,
    issuers: Vec<String>,
    advertised: ScopeSet,
    takes_proofs: bool,
}

impl Resource {
    /// The endpoint at `url`, whose tokens come from `issuers`. `advertised` are the scopes that clients should ask for
    /// first.
    ///
    /// Returns `None` when `url` has no host.
    pub fn new(url: &Url, issuers: Vec<String>, advertised: ScopeSet) -> Option<Self> {
        // Without a slash at its end, as clients compare it to the byte with the address that they were given.
        let identifier = url.as_str().trim_end_matches('/').to_owned();
        let metadata_url = WellKnown::ProtectedResource.url(&identifier)?;
        Some(Self(Arc::new(Inner {
            url: url.clone(),
            identifier,
            metadata_url,
            issuers,
            advertised,
            takes_proofs: true,
        })))
    }

    /// The same without tokens that are bound to a key (RFC 9449).
    #[must_use]
    pub fn bearer_only(self) -> Self {
        let inner = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Inner {
            takes_proofs: false,
            ..inner
        }))
    }

    /// What tokens must be for.
    pub fn identifier(&self) -> &str {
        &self.0.identifier
    }

    /// The endpoint's address.
    pub fn url(&self) -> &Url {
        &self.0.url
    }

    /// The document, at the root and at the endpoint's own place (RFC 9728 §3.1).
    pub fn routes(&self) -> Router {
        let root = "/.well-known/oauth-protected-resource";
        let path = self.0.url.path().trim_end_matches('/');
        let mut router = Router::new().route(root, any(answer));
        if !path.is_empty() {
            router = router.route(&format!("{root}{path}"), any(answer));
        }
        router.with_state(self.clone())
    }

    /// Asks for a token, or says what is wrong with the one that came.
    pub(crate) fn challenge(
        &self,
        scheme: Scheme,
        error: Option<BearerError>,
        scopes: Option<ScopeSet>,
    ) -> HeaderValue {
        let names = scopes
            .unwrap_or(self.0.advertised)
            .iter()
            .map(Scope::as_str)
            .collect::<Vec<_>>();
        let challenge = Challenge {
            scheme,
            resource_metadata: Some(self.0.metadata_url.clone()),
            scope: ScopeList::from_tokens(names).ok().filter(|scope| !scope.is_empty()),
            error,
            algs: (scheme == Scheme::Dpop).then(|| "ES256 EdDSA".to_owned()),
        };
        // The challenge writes only what a header can hold.
        HeaderValue::from_str(&challenge.to_string()).unwrap_or(HeaderValue::from_static("Bearer"))
    }

    fn document(&self) -> ResourceMetadata {
        let mut scopes: Vec<String> = self
            .0
            .advertised
            .iter()
            .map(|scope| scope.as_str().to_owned())
            .collect();
        scopes.sort_unstable();
        ResourceMetadata {
            resource: self.0.identifier.clone(),
            authorization_servers: self.0.issuers.clone(),
            scopes_supported: scopes,
            bearer_methods_supported: vec!["header".to_owned()],
            resource_signing_alg_values_supported: ["RS256", "ES256", "EdDSA"].map(str::to_owned).to_vec(),
            resource_name: Some("Nextcloud".to_owned()),
            dpop_signing_alg_values_supported: if self.0.takes_proofs {
                ["ES256", "EdDSA"].map(str::to_owned).to_vec()
            } else {
                Vec::new()
            },
        }
    }
}

async fn answer(State(resource): State<Resource>, method: Method) -> Response {
    let open = (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    match method {
        Method::OPTIONS => {
            let headers = [
                open,
                (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, "Accept, MCP-Protocol-Version"),
                (header::ACCESS_CONTROL_MAX_AGE, "86400"),
            ];
            (StatusCode::NO_CONTENT, headers).into_response()
        }
        Method::GET | Method::HEAD => {
            let headers = [open, (header::CACHE_CONTROL, "public, max-age=300")];
            (headers, axum::Json(resource.document())).into_response()
        }
        _ => (
            StatusCode::METHOD_NOT_ALLOWED,
            [open, (header::ALLOW, "GET, HEAD, OPTIONS")],
        )
            .into_response(),
    }
}
