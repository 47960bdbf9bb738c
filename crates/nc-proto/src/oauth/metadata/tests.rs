use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const ISSUER: &str = "https://cloud.example";

fn server() -> Value {
    json!({"issuer": ISSUER, "authorization_endpoint": "https://cloud.example/apps/oidc/authorize",
        "token_endpoint": "https://cloud.example/apps/oidc/token", "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": false})
}

fn with(mut document: Value, name: &str, value: Value) -> Value {
    document[name] = value;
    document
}

fn read_server(document: &Value) -> Result<ServerMetadata, MetadataError> {
    ServerMetadata::read(document.to_string().as_bytes(), ISSUER)
}

#[test]
fn documents_are_found_before_or_after_the_path() {
    use WellKnown::{AuthorizationServer, OpenidConfiguration, ProtectedResource};
    for (kind, identifier, url) in [
        (
            AuthorizationServer,
            "https://a.example",
            "https://a.example/.well-known/oauth-authorization-server",
        ),
        (
            AuthorizationServer,
            "https://a.example/",
            "https://a.example/.well-known/oauth-authorization-server",
        ),
        (
            AuthorizationServer,
            "https://a.example/t/1",
            "https://a.example/.well-known/oauth-authorization-server/t/1",
        ),
        (
            OpenidConfiguration,
            "https://a.example:8443/t",
            "https://a.example:8443/t/.well-known/openid-configuration",
        ),
        (
            OpenidConfiguration,
            "http://localhost:8000",
            "http://localhost:8000/.well-known/openid-configuration",
        ),
        (
            ProtectedResource,
            "https://m.example/mcp",
            "https://m.example/.well-known/oauth-protected-resource/mcp",
        ),
        (
            ProtectedResource,
            "https://m.example",
            "https://m.example/.well-known/oauth-protected-resource",
        ),
        (
            ProtectedResource,
            "https://m.example/a?b=c",
            "https://m.example/.well-known/oauth-protected-resource/a?b=c",
        ),
    ] {
        assert_eq!(kind.url(identifier).as_deref(), Some(url));
    }
    for identifier in ["", "cloud.example", "urn:x:y", "/mcp"] {
        assert_eq!(ProtectedResource.url(identifier), None, "{identifier}");
    }
}

#[test]
fn m05_another_issuer_or_no_pkce_is_refused() {
    assert!(read_server(&server()).is_ok());
    for issuer in [
        "https://cloud.example/",
        "https://CLOUD.example",
        "http://cloud.example",
        "",
    ] {
        assert_eq!(
            read_server(&with(server(), "issuer", json!(issuer))),
            Err(MetadataError::Identifier),
            "{issuer}"
        );
    }
    for methods in [json!([]), json!(["plain"]), json!(["s256"])] {
        let document = with(server(), "code_challenge_methods_supported", methods);
        assert_eq!(read_server(&document), Err(MetadataError::Pkce));
    }
    let mut silent = server();
    silent
        .as_object_mut()
        .expect("an object")
        .remove("code_challenge_methods_supported");
    assert_eq!(read_server(&silent), Err(MetadataError::Pkce));
}

#[test]
fn endpoints_are_protected_unless_they_are_on_this_machine() {
    for bad in [
        "http://cloud.example/t",
        "http://10.0.0.1/t",
        "ftp://cloud.example/t",
        "/token",
        "",
        "http://localhost.example/",
    ] {
        for name in ["token_endpoint", "jwks_uri", "revocation_endpoint"] {
            assert_eq!(
                read_server(&with(server(), name, json!(bad))),
                Err(MetadataError::Insecure),
                "{name} {bad}"
            );
        }
    }
    for good in [
        "http://localhost:8080/t",
        "http://127.0.0.1/t",
        "http://[::1]/t",
        "https://other.example/t",
    ] {
        assert!(
            read_server(&with(server(), "token_endpoint", json!(good))).is_ok(),
            "{good}"
        );
    }
}

#[test]
fn other_documents_are_refused() {
    for text in ["", "[]", "null", "{", "[\"https://cloud.example\",\"a\",\"b\"]"] {
        assert_eq!(
            ServerMetadata::read(text.as_bytes(), ISSUER),
            Err(MetadataError::Json),
            "{text}"
        );
        assert_eq!(
            ResourceMetadata::read(text.as_bytes(), ISSUER),
            Err(MetadataError::Json),
            "{text}"
        );
    }
    let padding = " ".repeat(MAX_BYTES);
    assert_eq!(
        ServerMetadata::read(padding.as_bytes(), ISSUER),
        Err(MetadataError::Json)
    );
    assert_eq!(
        ServerMetadata::read(format!("{padding} ").as_bytes(), ISSUER),
        Err(MetadataError::TooLarge)
    );
}

#[test]
fn what_is_not_offered_is_not_mentioned() {
    let read = read_server(&with(server(), "unknown", json!(1))).expect("readable");
    assert_eq!(serde_json::to_value(&read).expect("writable"), server());
    let open = ServerMetadata {
        registration_endpoint: Some("https://cloud.example/r".to_owned()),
        ..read
    };
    assert!(
        serde_json::to_string(&open)
            .expect("writable")
            .contains("registration_endpoint")
    );
}

#[test]
fn m04_a_resource_is_named_to_the_byte() {
    let resource = "https://mcp.example/mcp";
    let document = json!({"resource": resource, "authorization_servers": [ISSUER], "scopes_supported": ["notes:read"],
        "bearer_methods_supported": ["header"], "resource_signing_alg_values_supported": ["ES256"], "resource_name": "MCP"});
    let read = ResourceMetadata::read(document.to_string().as_bytes(), resource).expect("readable");
    assert_eq!(serde_json::to_value(&read).expect("writable"), document);
    for other in ["https://mcp.example/mcp/", "https://mcp.example"] {
        let error = ResourceMetadata::read(document.to_string().as_bytes(), other);
        assert_eq!(error, Err(MetadataError::Identifier), "{other}");
    }
}

proptest! {
    #[test]
    fn documents_write_and_read_back(lists in prop::collection::vec(prop::collection::vec("\\PC{0,8}", 0..3), 4), flag in any::<Option<bool>>()) {
        let mut sent = read_server(&server()).expect("readable");
        sent.scopes_supported = lists[0].clone();
        sent.grant_types_supported = lists[1].clone();
        sent.claims_supported = lists[2].clone();
        sent.claims_parameter_supported = flag;
        let json = serde_json::to_vec(&sent).expect("writable");
        prop_assert_eq!(ServerMetadata::read(&json, ISSUER), Ok(sent));
        let sent = ResourceMetadata { resource: "r".to_owned(), scopes_supported: lists[3].clone(), ..ResourceMetadata::default() };
        let json = serde_json::to_vec(&sent).expect("writable");
        prop_assert_eq!(ResourceMetadata::read(&json, "r"), Ok(sent));
    }
}
