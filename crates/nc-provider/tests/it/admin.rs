//! The administrators' interface, through its router.

mod clients;
mod others;

use std::sync::Arc;

use axum::{Router, body::Body, response::IntoResponse as _, response::Response};
use http::{HeaderMap, Request, StatusCode, header, request::Parts};
use http_body_util::BodyExt as _;
use nc_auth::UserId;
use nc_provider::{
    Role,
    admin::{Admin, AdminAccess, AdminGate},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::machine::world::World;

/// Lets `root` do everything and `viewer` look.
struct Gate;

#[async_trait::async_trait]
impl AdminGate for Gate {
    async fn admit(&self, request: &Parts, access: AdminAccess) -> Result<UserId, Response> {
        match (
            request.headers.get("x-user").and_then(|user| user.to_str().ok()),
            access,
        ) {
            (Some("root"), _) => Ok(UserId::new("root")),
            (Some("viewer"), AdminAccess::Read) => Ok(UserId::new("viewer")),
            (Some(_), _) => Err(StatusCode::FORBIDDEN.into_response()),
            (None, _) => Err(StatusCode::UNAUTHORIZED.into_response()),
        }
    }
}

struct Office {
    world: World,
    router: Router,
}

impl Office {
    async fn open() -> Self {
        let world = World::new(Role::Cloud).await;
        let router = world.provider.admin_routes(Arc::new(Gate));
        Self { world, router }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, Value) {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("readable").to_bytes();
        (
            parts.status,
            parts.headers,
            serde_json::from_slice(&body).unwrap_or(Value::Null),
        )
    }

    async fn ask(&self, user: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/apps/oidc{path}"))
            .header("x-user", user)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let (status, headers, body) = self.send(request).await;
        if status != StatusCode::FORBIDDEN {
            assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        }
        (status.as_u16(), body)
    }

    /// As the administrator, and it works.
    async fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, body) = self.ask("root", method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {body}");
        body
    }

    /// As the administrator, and it is refused.
    async fn refused(&self, method: &str, path: &str, body: &Value) -> (u16, String) {
        let (status, body) = self.ask("root", method, path, body).await;
        (status, body["message"].as_str().unwrap_or_default().to_owned())
    }

    async fn new_client(&self) -> Value {
        let new = json!({
            "name": "Wiki", "redirectUri": "https://wiki.example/cb", "signingAlg": "ES256", "type": "confidential",
            "flowType": "code", "tokenType": "jwt", "allowedScopes": "openid profile", "emailRegex": ".*@work\\.example",
            "resourceUrl": "https://wiki.example/api",
        });
        self.done("POST", "/clients", &new).await
    }

    fn admin(&self) -> Admin<'_> {
        Admin::new(&*self.world.store, self.world.now(), "command line")
    }
}

/// Every route with a method that exists.
const ROUTES: &[(&str, &str)] = &[
    ("GET", "/clients"),
    ("POST", "/clients"),
    ("GET", "/clients/1"),
    ("DELETE", "/clients/1"),
    ("POST", "/clients/redirect"),
    ("DELETE", "/clients/redirect/1"),
    ("PATCH", "/clients/groups/1"),
    ("PATCH", "/clients/flows/1"),
    ("PATCH", "/clients/token_type/1"),
    ("PATCH", "/clients/allowed_scopes/1"),
    ("PATCH", "/clients/email_regex/1"),
    ("PATCH", "/clients/resource_url/1"),
    ("GET", "/logoutRedirect"),
    ("POST", "/logoutRedirect"),
    ("DELETE", "/logoutRedirect/1"),
    ("POST", "/expire"),
    ("POST", "/refreshExpire"),
    ("POST", "/genKeys"),
    ("POST", "/defaultTokenType"),
    ("POST", "/allowUserSettings"),
    ("POST", "/provideRefreshTokenAlways"),
    ("POST", "/alwaysIncludeScopeClaims"),
    ("POST", "/restrictUserInformation"),
    ("POST", "/overwriteEmailVerified"),
    ("POST", "/dynamicClientRegistration"),
    ("GET", "/customClaim"),
    ("POST", "/customClaim"),
    ("PATCH", "/customClaim"),
    ("DELETE", "/customClaim/1"),
];

#[tokio::test]
async fn every_route_under_every_prefix_is_for_administrators_only() {
    let office = Office::open().await;
    for prefix in [
        "/apps/oidc",
        "/index.php/apps/oidc",
        "/apps/oidc/api/v2",
        "/index.php/apps/oidc/api/v2",
    ] {
        for (method, path) in ROUTES {
            for (user, expected) in [(None, 401), (Some("ann"), 403), (Some("viewer"), 403)] {
                if user == Some("viewer") && *method == "GET" {
                    continue;
                }
                let mut request = Request::builder().method(*method).uri(format!("{prefix}{path}"));
                if let Some(user) = user {
                    request = request.header("x-user", user);
                }
                let request = request
                    .header("ocs-apirequest", "true")
                    .body(Body::empty())
                    .expect("a request");
                let (status, ..) = office.send(request).await;
                assert_eq!(status, expected, "{method} {prefix}{path} by {user:?}");
            }
        }
    }
    assert!(
        office
            .world
            .store
            .list_audit(9)
            .await
            .expect("read")
            .iter()
            .all(|record| record.event == "key.changed")
    );
    assert_eq!(office.ask("viewer", "GET", "/clients", &Value::Null).await.0, 200);
}

#[tokio::test]
async fn the_mcp_server_has_no_such_interface() {
    let world = World::new(Role::McpServer).await;
    let router = world.provider.admin_routes(Arc::new(Gate));
    let request = Request::get("/oauth/clients")
        .header("x-user", "root")
        .body(Body::empty())
        .expect("a request");
    let response = router.oneshot(request).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_form_that_any_page_could_send_changes_nothing() {
    let office = Office::open().await;
    for kind in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"] {
        let request = Request::post("/apps/oidc/expire")
            .header("x-user", "root")
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from("expireTime=60"))
            .expect("a request");
        assert_eq!(office.send(request).await.0, StatusCode::PRECONDITION_FAILED, "{kind}");
    }
    let request = Request::post("/apps/oidc/expire")
        .header("x-user", "root")
        .header("OCS-APIRequest", "true")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("expireTime=60"))
        .expect("a request");
    let (status, _, body) = office.send(request).await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "expire_time": "60" })));
}

#[tokio::test]
async fn what_is_no_number_is_refused_in_json() {
    let office = Office::open().await;
    for (method, path) in [
        ("GET", "/clients/9223372036854775808"),
        ("DELETE", "/clients/one"),
        ("PATCH", "/clients/groups/1.5"),
        ("DELETE", "/clients/redirect/%C3%A4"),
        ("DELETE", "/logoutRedirect/-"),
        ("PATCH", "/customClaim/0x1"),
    ] {
        let refused = office.refused(method, path, &json!({})).await;
        assert_eq!(
            refused,
            (400, "the path must end with a number".to_owned()),
            "{method} {path}"
        );
    }
}
