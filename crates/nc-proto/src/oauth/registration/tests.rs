use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::json;

use super::*;
use crate::oauth::{client_auth::AuthMethod, redirect_uri::ApplicationType};

fn web() -> Value {
    json!({"redirect_uris": ["https://app.example/cb"], "client_name": "App"})
}

fn with(mut document: Value, name: &str, value: Value) -> Value {
    document[name] = value;
    document
}

fn check(document: &Value) -> Result<ClientMetadata, RegistrationError> {
    ClientMetadata::check(&RequestedMetadata::read(document.to_string().as_bytes())?)
}

fn code(document: &Value) -> &'static str {
    check(document).expect_err(&document.to_string()).code()
}

#[test]
fn defaults_follow_the_place_where_a_client_runs() {
    let app = check(&web()).expect("valid");
    assert_eq!(
        (app.application_type, app.auth_method),
        (ApplicationType::Web, AuthMethod::ClientSecretPost)
    );
    assert_eq!(app.grants, [AllowedGrant::AuthorizationCode].into());
    let local = check(&json!({"redirect_uris": ["http://127.0.0.1:1/cb"]})).expect("valid");
    assert_eq!(
        (local.application_type, local.auth_method),
        (ApplicationType::Native, AuthMethod::None)
    );
    assert_eq!(local.client_name, None);
}

#[test]
fn d01_redirect_uris_are_due_few_and_allowed() {
    for uris in [
        json!([]),
        json!(["javascript:alert(1)"]),
        json!(["https://app.example/cb", "data:text/html,x"]),
        json!(["http://app.example/cb"]),
        json!(["https://*.example/cb"]),
        json!(["https://app.example/cb#x"]),
        json!(vec!["https://app.example/cb"; 11]),
    ] {
        assert_eq!(
            code(&with(web(), "redirect_uris", uris.clone())),
            "invalid_redirect_uri",
            "{uris}"
        );
    }
    assert_eq!(code(&json!({})), "invalid_redirect_uri");
    assert!(check(&with(web(), "redirect_uris", json!(vec!["https://app.example/cb"; 10]))).is_ok());
    let mixed = json!({"redirect_uris": ["http://localhost/cb"], "application_type": "web"});
    assert_eq!(code(&mixed), "invalid_redirect_uri");
}

#[test]
fn d07_a_client_that_asks_for_no_secret_gets_none() {
    let app = check(&with(web(), "token_endpoint_auth_method", json!("none"))).expect("valid");
    assert_eq!(app.auth_method, AuthMethod::None);
    assert_eq!(app.echo().token_endpoint_auth_method.as_deref(), Some("none"));
    for method in ["client_secret_jwt", "private_key_jwt", "tls_client_auth", ""] {
        let asked = with(web(), "token_endpoint_auth_method", json!(method));
        assert_eq!(check(&asked), Err(RegistrationError::AuthMethod), "{method}");
    }
}

#[test]
fn a22_names_that_deceive_are_refused() {
    let override_text = "App \u{202e}elpmaxe";
    for name in [
        "",
        "  ",
        override_text,
        "a\u{2066}b",
        "a\nb",
        "a\0",
        "a\u{200f}",
        "a\u{feff}",
        &"x".repeat(129),
    ] {
        assert_eq!(
            check(&with(web(), "client_name", json!(name))),
            Err(RegistrationError::ClientName),
            "{name:?}"
        );
    }
    for (name, kept) in [
        ("<script>", "<script>"),
        ("e\u{301}", "\u{e9}"),
        (&"\u{e4}".repeat(128), &"\u{e4}".repeat(128)),
    ] {
        assert_eq!(
            check(&with(web(), "client_name", json!(name)))
                .expect("valid")
                .client_name
                .as_deref(),
            Some(kept)
        );
    }
}

#[test]
fn scopes_above_the_limits_are_refused_and_others_kept_whole() {
    assert_eq!(
        code(&with(web(), "scope", json!("a".repeat(129)))),
        "invalid_client_metadata"
    );
    assert_eq!(code(&with(web(), "scope", json!(["a"]))), "invalid_client_metadata");
    let scope: Vec<String> = (0..52).map(|index| format!("scope:{index:02}x")).collect();
    let scope = scope.join(" ");
    assert_eq!(
        check(&with(web(), "scope", json!(scope))).expect("valid").echo().scope,
        Some(scope)
    );
}

#[test]
fn grants_that_are_not_offered_are_left_out() {
    let grants = json!([
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code"
    ]);
    let app = check(&with(web(), "grant_types", grants)).expect("valid");
    assert_eq!(
        app.echo().grant_types,
        Some(vec!["authorization_code".to_owned(), "refresh_token".to_owned()])
    );
    for (name, value) in [
        ("grant_types", json!(["implicit"])),
        ("grant_types", json!(["refresh_token"])),
        ("grant_types", json!([])),
        ("response_types", json!(["token"])),
        ("response_types", json!([])),
    ] {
        assert_eq!(
            check(&with(web(), name, value.clone())),
            Err(RegistrationError::Grants),
            "{name} {value}"
        );
    }
}

#[test]
fn keys_are_public_and_given_one_way() {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let signed = with(web(), "token_endpoint_auth_method", json!("private_key_jwt"));
    let by_value = check(&with(signed.clone(), "jwks", json!({"keys": [key]}))).expect("valid");
    assert_eq!(by_value.auth_method, AuthMethod::PrivateKeyJwt);
    assert!(matches!(
        check(&with(signed.clone(), "jwks_uri", json!("https://app.example/k")))
            .expect("valid")
            .keys,
        Some(Keys::At(_))
    ));
    for bad in [
        with(
            signed.clone(),
            "jwks",
            json!({"keys": [with(key.clone(), "d", json!("AA"))]}),
        ),
        with(signed.clone(), "jwks", json!({"keys": []})),
        with(signed.clone(), "jwks", json!("x")),
        with(signed.clone(), "jwks_uri", json!("http://app.example/k")),
        with(
            with(signed, "jwks", json!({"keys": [key]})),
            "jwks_uri",
            json!("https://app.example/k"),
        ),
    ] {
        assert_eq!(code(&bad), "invalid_client_metadata", "{bad}");
    }
}

#[test]
fn other_values_are_checked() {
    for (name, value) in [
        ("logo_uri", json!("http://app.example/logo")),
        ("policy_uri", json!("javascript:x")),
        ("tos_uri", json!("https://user@app.example/")),
        ("id_token_signed_response_alg", json!("HS256")),
        ("id_token_signed_response_alg", json!("none")),
        ("application_type", json!("tv")),
        ("token_type", json!("mac")),
        ("resource_url", json!("/mcp")),
        ("client_name", json!(7)),
        ("redirect_uris", json!("https://app.example/cb")),
    ] {
        assert_eq!(
            code(&with(web(), name, value.clone())),
            "invalid_client_metadata",
            "{name} {value}"
        );
    }
    assert_eq!(
        code(&with(web(), "software_statement", json!("ey"))),
        "invalid_software_statement"
    );
    let known = with(with(web(), "token_type", json!("Bearer")), "unknown", json!([1]));
    assert_eq!(check(&known).expect("valid").token_format, Some(TokenFormat::Opaque));
    for body in ["[]", "{\"client_name\":\"a\",\"client_name\":\"a\"}", "", "nonsense"] {
        assert_eq!(
            RequestedMetadata::read(body.as_bytes()),
            Err(RegistrationError::InvalidClientMetadata),
            "{body}"
        );
    }
    let long = format!("{}{}", web(), " ".repeat(MAX_BYTES));
    assert_eq!(
        RequestedMetadata::read(long.as_bytes()),
        Err(RegistrationError::InvalidClientMetadata)
    );
}

#[test]
fn d05_a_replacement_holds_nothing_that_the_server_sets() {
    let read = |document: &Value| Replacement::read(document.to_string().as_bytes(), "c1");
    let good = with(with(web(), "client_id", json!("c1")), "client_secret", json!("hush"));
    let replacement = read(&good).expect("valid");
    assert_eq!(
        replacement.client_secret.as_ref().map(ExposeSecret::expose_secret),
        Some("hush")
    );
    assert!(!format!("{replacement:?}").contains("hush"));
    for name in SERVER_OWNED {
        for value in [json!(0), json!(null)] {
            let error = read(&with(good.clone(), name, value)).expect_err(name);
            assert_eq!((error.code(), error.status()), ("invalid_client_metadata", 400));
        }
    }
    assert!(read(&with(good.clone(), "client_id", json!("c2"))).is_err());
    assert!(read(&web()).is_err(), "it has to name the client");
    assert!(read(&with(good, "client_secret", json!(1))).is_err());
}

#[test]
fn d06_s01_the_answer_writes_and_reads_back_and_shows_no_secret() {
    let answer = ClientInformation {
        client_id: "c1".to_owned(),
        client_secret: Some("hush".to_owned()),
        client_id_issued_at: Some(1),
        client_secret_expires_at: Some(2),
        registration_access_token: Some("hush".to_owned()),
        registration_client_uri: Some("https://cloud.example/register/c1".to_owned()),
        metadata: check(&web()).expect("valid").echo(),
    };
    let json = serde_json::to_value(&answer).expect("writable");
    assert_eq!(json["redirect_uris"], json!(["https://app.example/cb"]));
    assert_eq!(json["response_types"], json!(["code"]));
    assert!(!format!("{answer:?}").contains("hush"));
    assert_eq!(
        serde_json::from_value::<ClientInformation>(json).expect("readable"),
        answer
    );
}

proptest! {
    #[test]
    fn what_holds_is_echoed_and_holds_again(
        name in "[a-zäß ]{0,10}[a-z]",
        native in any::<bool>(),
        scope in prop::option::of("[a-z]{1,8}:[a-z]{1,8}( [a-z]{1,8})?"),
        refresh in any::<bool>(),
        format in prop::option::of(prop::sample::select(vec!["jwt", "opaque", "Bearer"])),
    ) {
        let uri = if native { "http://localhost/cb" } else { "https://app.example/cb" };
        let mut document = json!({"redirect_uris": [uri], "client_name": name});
        if let Some(scope) = scope { document["scope"] = json!(scope); }
        if refresh { document["grant_types"] = json!(["refresh_token", "authorization_code"]); }
        if let Some(format) = format { document["token_type"] = json!(format); }
        let checked = check(&document).expect("valid");
        prop_assert_eq!(ClientMetadata::check(&checked.echo()), Ok(checked));
    }

    #[test]
    fn any_body_is_read_or_refused(body in "\\{?\"?(redirect_uris|scope)?[\":\\[\\]a-z, {}]{0,40}") {
        if let Ok(requested) = RequestedMetadata::read(body.as_bytes()) {
            prop_assert!(ClientMetadata::check(&requested).is_err(), "no redirect URI can come out of this");
        }
    }
}
