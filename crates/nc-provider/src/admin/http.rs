//! The administrators' HTTP interface, with the paths, names and forms of Nextcloud's `oidc` app. Nothing is answered before
//! the [`AdminGate`] has let the request pass.

mod answer;
mod claims;
mod clients;
mod input;
mod keys;
mod logout_uris;
mod settings;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{MethodRouter, delete, get, patch, post},
};
use http::{Method, StatusCode, header};
use nc_auth::UserId;
use nc_web::Identified;

use super::{Admin, AdminAccess, AdminGate};
use crate::{Provider, Role};

/// Who sent the request, as the gate found out.
#[derive(Clone)]
struct By(UserId);

impl By {
    fn admin<'a>(&'a self, provider: &'a Provider) -> Admin<'a> {
        Admin::new(provider.store(), provider.now(), self.0.as_str())
    }
}

impl Provider {
    /// The administrators' routes; none for the MCP server, where the command line does it.
    pub fn admin_routes(&self, gate: Arc<dyn AdminGate>) -> Router {
        if self.config().role != Role::Cloud {
            return Router::new();
        }
        let mut router = Router::new();
        for prefix in self.config().role.prefixes() {
            for version in ["", "/api/v2"] {
                router = router.nest(&format!("{prefix}{version}"), one_prefix());
            }
        }
        router.layer(from_fn_with_state(gate, pass)).with_state(self.clone())
    }
}

fn one_prefix() -> Router<Provider> {
    let add = |router: Router<Provider>, (path, methods): (String, _)| router.route(&path, methods);
    routes().into_iter().fold(Router::new(), add)
}

/// Each path with its methods.
fn routes() -> Vec<(String, MethodRouter<Provider>)> {
    let single = [
        ("/clients", get(clients::list).post(clients::create)),
        ("/clients/{id}", get(clients::show).delete(clients::remove)),
        ("/clients/redirect", post(clients::add_redirect)),
        ("/clients/redirect/{id}", delete(clients::remove_redirect)),
        ("/logoutRedirect", get(logout_uris::list).post(logout_uris::add)),
        ("/logoutRedirect/{id}", delete(logout_uris::remove)),
        (
            "/customClaim",
            get(claims::list).post(claims::create).patch(claims::change),
        ),
        (
            "/customClaim/{id}",
            patch(claims::change_by_path).delete(claims::remove),
        ),
        ("/genKeys", post(keys::rotate)),
    ];
    let single = single.map(|(path, methods)| (path.to_owned(), methods));
    let patches = clients::PATCHES.map(|what| {
        let change = patch(move |state, by, path, input| clients::change(what, state, by, path, input));
        (format!("/clients/{}/{{id}}", what.path()), change)
    });
    let settings = settings::ROUTES.map(|setting| {
        let put = post(move |state, by, input| settings::put(setting, state, by, input));
        (setting.path.to_owned(), put)
    });
    single.into_iter().chain(patches).chain(settings).collect()
}

/// Lets administrators pass. Browsers add a remembered password by themselves, so a change also has to look like no form
/// that a page of somebody else could send.
async fn pass(State(gate): State<Arc<dyn AdminGate>>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let access = if reads { AdminAccess::Read } else { AdminAccess::Write };
    let (parts, body) = request.into_parts();
    let user = match gate.admit(&parts, access).await {
        Ok(user) => user,
        Err(answer) => return answer,
    };
    if parts.method == Method::POST && !is_deliberate(&parts.headers) {
        return answer::message(
            StatusCode::PRECONDITION_FAILED,
            "send JSON, or the header OCS-APIRequest: true",
        );
    }
    let mut request = Request::from_parts(parts, body);
    request.extensions_mut().insert(By(user.clone()));
    let mut response = next.run(request).await;
    response.extensions_mut().insert(Identified { user, client: None });
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    response
}

/// A page of another origin can send neither of these without asking first, and nobody allows it to.
fn is_deliberate(headers: &http::HeaderMap) -> bool {
    let is_json = |value: &http::HeaderValue| {
        let kind = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("application/json")
    };
    headers.get(header::CONTENT_TYPE).is_some_and(is_json) || headers.contains_key("ocs-apirequest")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Endpoint;

    /// What the description for programs says, which `e2e/provider_openapi.py` holds against a server.
    const DESCRIPTION: &str = include_str!("../../../../docs/openid-provider.yaml");

    #[test]
    fn the_description_names_every_endpoint_for_programs() {
        let prefix = Role::Cloud.prefixes()[0];
        let is_described = |path: &str| {
            let line = format!("  {prefix}{path}:");
            DESCRIPTION.lines().any(|described| described == line)
        };
        let for_programs = [
            Endpoint::Authorize,
            Endpoint::Token,
            Endpoint::UserInfo,
            Endpoint::Jwks,
            Endpoint::Introspect,
            Endpoint::Revoke,
            Endpoint::Par,
            Endpoint::Register,
            Endpoint::Logout,
            Endpoint::Consents,
        ];
        for endpoint in for_programs {
            let path = Role::Cloud.path(endpoint);
            assert!(is_described(path), "{path}");
        }
        for (path, _) in routes() {
            assert!(is_described(&path), "{path}");
        }
        assert!(!is_described("/tokens"));
    }
}
