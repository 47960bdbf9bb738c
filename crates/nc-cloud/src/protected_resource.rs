//! How clients find out who issues tokens for the interfaces (RFC 9728).

use axum::{
    extract::State,
    response::{IntoResponse, Response},
    routing::any,
};
use http::{HeaderValue, Method, StatusCode, header};
use nc_auth::{Scope, ScopeKind, ScopeSet};
use nc_proto::oauth::metadata::ResourceMetadata;
use serde_json::json;

use crate::{
    Cloud,
    address::Path,
    json::json,
    routes::{Access, Declared, Routes, Surface},
};

const PATH: &str = "/.well-known/oauth-protected-resource";

/// Without and with the path of one interface, as RFC 9728 §3.1 has it.
pub(crate) fn routes(cloud: &Cloud) -> Routes {
    Routes::new(Surface::Plain, cloud)
        .at(PATH, Access::Public, any(whole))
        .at(&format!("{PATH}/{{*path}}"), Access::Public, any(part))
}

async fn whole(State(cloud): State<Cloud>, method: Method) -> Response {
    let scopes: ScopeSet = Scope::ALL
        .iter()
        .copied()
        .filter(|scope| used(&cloud, *scope))
        .collect();
    answer(&cloud, &method, Some(scopes))
}

async fn part(State(cloud): State<Cloud>, method: Method, Path(path): Path<String>) -> Response {
    let scopes = scopes_below(&cloud.declared_routes(), &path);
    answer(&cloud, &method, scopes)
}

/// Whether some route opens to this scope. Administrators' scopes are not worth asking for: clients get them from an
/// administrator, not by themselves.
fn used(cloud: &Cloud, scope: Scope) -> bool {
    let declared = cloud.declared_routes();
    let wanted = |route: &Declared| route.access.scopes().contains(scope);
    scope.kind() != ScopeKind::Admin && declared.iter().any(wanted)
}

/// The scopes of the interface at `path`. `None`: nothing there takes tokens.
fn scopes_below(declared: &[Declared], path: &str) -> Option<ScopeSet> {
    let path = format!("/{}", path.trim_matches('/'));
    let inside = |route: &&Declared| {
        let rest = route.path.strip_prefix(&path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let scopes: ScopeSet = declared
        .iter()
        .filter(inside)
        .flat_map(|route| route.access.scopes().iter().collect::<Vec<_>>())
        .collect();
    (!scopes.is_empty()).then_some(scopes)
}

/// One resource is all there is: tokens are for the whole cloud, and their scopes say for which part.
fn answer(cloud: &Cloud, method: &Method, scopes: Option<ScopeSet>) -> Response {
    let open = HeaderValue::from_static("*");
    if *method == Method::OPTIONS {
        let headers = [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "Accept, MCP-Protocol-Version"),
            (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        ];
        return (StatusCode::NO_CONTENT, headers).into_response();
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, OPTIONS")]).into_response();
    }
    let (Some(trust), Some(scopes)) = (cloud.believed(), scopes) else {
        let mut response = json(StatusCode::NOT_FOUND, &json!({ "message": "Not found" }));
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, open);
        return response;
    };
    let document = ResourceMetadata {
        resource: trust.issuers.resource.clone(),
        authorization_servers: trust.issuers.issuers.clone(),
        scopes_supported: scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        bearer_methods_supported: vec!["header".to_owned()],
        resource_name: Some("Nextcloud".to_owned()),
        dpop_signing_alg_values_supported: vec!["ES256".to_owned(), "EdDSA".to_owned()],
        ..ResourceMetadata::default()
    };
    let mut response = json(StatusCode::OK, &document);
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, open);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
