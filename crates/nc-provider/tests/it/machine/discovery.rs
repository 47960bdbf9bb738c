//! Metadata and keys.

use http::{Request, StatusCode, header};
use nc_provider::{Endpoint, Role};
use nc_store::ClientKind;
use serde_json::json;

use super::world::{ROLES, World};

#[tokio::test]
async fn a25_the_document_is_the_same_at_every_path_whatever_the_host() {
    for role in ROLES {
        let world = World::with(
            role,
            |config| {
                config.issuer = "https://cloud.example/sub".to_owned();
                let own = "https://cloud.example/sub/mcp".to_owned();
                config.resources.push((own, vec!["notes:read".to_owned()]));
            },
            |store| store,
        )
        .await;
        let first = world.get("/.well-known/openid-configuration").await;
        assert_eq!(first.json()["issuer"], "https://cloud.example/sub");
        assert_eq!(first.header("cache-control"), Some("public, max-age=300"));
        let mut paths = vec![
            "/.well-known/oauth-authorization-server".to_owned(),
            "/.well-known/oauth-authorization-server/sub".to_owned(),
        ];
        match role {
            Role::Cloud => paths.extend(
                role.prefixes()
                    .iter()
                    .map(|prefix| format!("{prefix}/openid-configuration")),
            ),
            // Clients that take the resource for the issuer.
            Role::McpServer => {
                for name in ["oauth-authorization-server", "openid-configuration"] {
                    for path in ["/sub", "/sub/mcp", "/mcp"] {
                        paths.push(format!("/.well-known/{name}{path}"));
                        paths.push(format!("{path}/.well-known/{name}"));
                    }
                }
            }
        }
        for path in paths {
            let request = Request::get(&path)
                .header(header::HOST, "evil.example")
                .header("x-forwarded-host", "evil.example");
            let other = world
                .send(request.body(axum::body::Body::empty()).expect("a request"))
                .await;
            assert_eq!(other.status, StatusCode::OK, "{path}");
            assert_eq!(other.body, first.body, "{path}");
        }
    }
}

#[tokio::test]
async fn the_document_tells_what_is_on() {
    for role in ROLES {
        let world = World::new(role).await;
        let read = async || world.get("/.well-known/openid-configuration").await.json();
        let document = read().await;
        assert_eq!(document["token_endpoint"], world.provider.config().url(Endpoint::Token));
        assert_eq!(
            document["registration_endpoint"],
            world.provider.config().url(Endpoint::Register)
        );
        assert_eq!(
            document["introspection_endpoint"],
            world.provider.config().url(Endpoint::Introspect)
        );
        assert_eq!(document["response_types_supported"], json!(["code"]));
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(document["request_parameter_supported"], false);
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        assert!(
            !document["grant_types_supported"]
                .to_string()
                .contains("client_credentials")
        );

        world.set("dynamic_client_registration", "off").await;
        world.set("introspection_enabled", "false").await;
        world.set("allow_plain_challenge", "true").await;
        world.client_of("robot", ClientKind::Service, |_| {}).await;
        let document = read().await;
        assert!(document.get("registration_endpoint").is_none());
        assert!(!document.to_string().contains("introspect"));
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256", "plain"]));
        assert!(
            document["grant_types_supported"]
                .to_string()
                .contains("client_credentials")
        );
    }
}

#[tokio::test]
async fn without_a_path_the_mcp_server_is_described_where_clients_look() {
    let own = |config: &mut nc_provider::ProviderConfig| {
        let own = format!("{}/mcp", config.issuer);
        config.resources.push((own, vec!["notes:read".to_owned()]));
    };
    let world = World::with(Role::McpServer, own, |store| store).await;
    let first = world.get("/.well-known/oauth-authorization-server").await;
    let document = first.json();
    for (member, path) in [
        ("authorization_endpoint", "/oauth/authorize"),
        ("token_endpoint", "/oauth/token"),
        ("registration_endpoint", "/oauth/register"),
        ("jwks_uri", "/oauth/jwks"),
        ("userinfo_endpoint", "/oauth/userinfo"),
        ("revocation_endpoint", "/oauth/revoke"),
        ("introspection_endpoint", "/oauth/introspect"),
        ("pushed_authorization_request_endpoint", "/oauth/par"),
        ("end_session_endpoint", "/oauth/end-session"),
    ] {
        assert_eq!(document[member], format!("https://mcp.example{path}"), "{member}");
    }
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration/mcp",
        "/mcp/.well-known/oauth-authorization-server",
        "/mcp/.well-known/openid-configuration",
    ] {
        let answer = world.get(path).await;
        assert_eq!(
            (answer.status, answer.body == first.body),
            (StatusCode::OK, true),
            "{path}"
        );
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
    }
    for path in [
        "/.well-known/webfinger?resource=acct:ann@mcp.example",
        "/apps/oidc/openid-configuration",
    ] {
        assert_eq!(world.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn where_people_sign_in_elsewhere_no_strength_is_promised() {
    let world = World::elsewhere().await;
    let document = world.get("/.well-known/openid-configuration").await.json();
    assert_eq!(document.get("acr_values_supported"), None);
    let local = World::new(Role::McpServer).await;
    let document = local.get("/.well-known/openid-configuration").await.json();
    assert_eq!(document["acr_values_supported"], json!(["1", "2"]));
}

#[tokio::test]
async fn keys_have_public_members_only() {
    for role in ROLES {
        let world = World::new(role).await;
        let answer = world.get(&world.path(Endpoint::Jwks)).await;
        let keys = answer.json()["keys"].as_array().expect("an array").clone();
        assert_eq!(keys.len(), 2);
        for key in keys {
            let mut names: Vec<&str> = key.as_object().expect("an object").keys().map(String::as_str).collect();
            names.retain(|name| !["kty", "use", "key_ops", "alg", "kid", "crv", "x", "y", "n", "e"].contains(name));
            assert!(names.is_empty(), "{names:?}");
            assert_eq!((&key["use"], &key["key_ops"]), (&json!("sig"), &json!(["verify"])));
        }
    }
}

#[tokio::test]
async fn documents_have_a_limit_for_each_address() {
    let world = World::new(Role::Cloud).await;
    for _ in 0..750 {
        assert_eq!(
            world.get("/.well-known/openid-configuration").await.status,
            StatusCode::OK
        );
        assert_eq!(world.get(&world.path(Endpoint::Jwks)).await.status, StatusCode::OK);
    }
    let late = world.get("/.well-known/openid-configuration").await;
    assert_eq!(late.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(late.header("retry-after"), Some("540"));
    world.pass(540);
    assert_eq!(
        world.get("/.well-known/openid-configuration").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn pages_of_other_origins_may_ask_without_credentials() {
    for role in ROLES {
        let world = World::new(role).await;
        for path in [
            "/.well-known/openid-configuration".to_owned(),
            world.path(Endpoint::Token),
        ] {
            let request = Request::options(&path)
                .header(header::ORIGIN, "https://page.example")
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
                .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,dpop");
            let answer = world
                .send(request.body(axum::body::Body::empty()).expect("a request"))
                .await;
            assert!(answer.status.is_success());
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            assert_eq!(answer.header("access-control-allow-credentials"), None);
        }
    }
}
