use proptest::prelude::*;

use super::*;
use crate::oauth::form::Limits;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A good request with some parameters replaced; an empty value takes one away.
fn form(changes: &[(&str, &str)]) -> Form {
    let base = [
        ("client_id", "client"),
        ("redirect_uri", "https://app.example/cb"),
        ("response_type", "code"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let mut form = Form::default();
    for (name, value) in base {
        if !changes.iter().any(|(changed, _)| *changed == name) {
            form.push(name, value);
        }
    }
    for (name, value) in changes {
        form.push(name, *value);
    }
    Form::parse(form.to_string().as_bytes(), Limits::AUTHORIZE).expect("readable")
}

fn read(changes: &[(&str, &str)]) -> Result<AuthorizeRequest, AuthorizeError> {
    AuthorizeRequest::read(&form(changes), PlainMethod::Off, Flows::Code)
}

fn code(changes: &[(&str, &str)]) -> &'static str {
    read(changes).expect_err("a fault").code()
}

#[test]
fn a_full_request_is_read() {
    let request = read(&[
        ("response_mode", "form_post"),
        ("scope", "openid notes.read"),
        ("state", "x y"),
        ("nonce", "n"),
        ("resource", "https://mcp.example/mcp"),
        ("resource", "urn:example:api"),
        ("prompt", "select_account consent"),
        ("max_age", "60"),
        ("claims", r#"{"id_token":{"email":null}}"#),
        ("login_hint", "alice"),
        ("dpop_jkt", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        ("unknown", "ignored"),
    ])
    .expect("valid");
    assert_eq!(request.response_mode, ResponseMode::FormPost);
    assert_eq!(request.state.as_deref(), Some("x y"));
    assert!(request.scope.as_ref().is_some_and(|scope| scope.contains("notes:read")));
    assert_eq!(request.resources, ["https://mcp.example/mcp", "urn:example:api"]);
    assert_eq!(request.prompt, BTreeSet::from([Prompt::Login, Prompt::Consent]));
    assert_eq!(request.max_age_s, Some(60));
    assert!(
        request
            .claims
            .is_some_and(|claims| claims.id_token.contains_key("email"))
    );
    assert_eq!(request.challenge.as_ref().map(Challenge::value), Some(CHALLENGE));
    let bare = read(&[]).expect("valid");
    assert_eq!(
        (bare.scope, bare.state, bare.response_mode),
        (None, None, ResponseMode::Query)
    );
}

#[test]
fn a01_a_request_without_a_client_is_a_page() {
    let form = form(&[("client_id", "")]);
    assert_eq!(Addressed::read(&form), Err(PageError::UnknownClient));
    assert_eq!(PageError::UnknownClient.status(), 400);
}

#[test]
fn the_addressee_is_found_whatever_else_is_wrong() {
    let form = form(&[
        ("response_type", "token"),
        ("response_mode", "fragment"),
        ("state", "s"),
    ]);
    let addressed = Addressed::read(&form).expect("addressed");
    assert_eq!(
        (addressed.client_id, addressed.redirect_uri),
        ("client", Some("https://app.example/cb"))
    );
    assert_eq!(addressed.state, Some("s"));
    assert_eq!(ResponseMode::of(&form, Flows::Code), ResponseMode::Query);
}

#[test]
fn a07_other_response_types_are_not_supported() {
    for kind in ["token", "id_token token", "none", "", "code id_token", "Code"] {
        assert_eq!(code(&[("response_type", kind)]), "unsupported_response_type", "{kind}");
    }
}

#[test]
fn an_id_token_through_the_browser_needs_a_nonce_and_a_code_beside_it_a_challenge() {
    let read = |changes: &[(&str, &str)]| AuthorizeRequest::read(&form(changes), PlainMethod::Off, Flows::Legacy);
    let implicit = [("response_type", "id_token"), ("nonce", "n")];
    let request = read(&[&implicit[..], &[("code_challenge", "")]].concat()).expect("valid");
    assert_eq!(
        (request.challenge, request.response_mode),
        (None, ResponseMode::Fragment)
    );
    let hybrid = [("response_type", "id_token code"), ("nonce", "n")];
    assert!(read(&hybrid).expect("valid").challenge.is_some());
    for (changes, fault) in [
        (&[("response_type", "id_token")][..], AuthorizeError::Nonce),
        (&[("response_type", "code id_token")], AuthorizeError::Nonce),
        (
            &[
                ("response_type", "code id_token"),
                ("nonce", "n"),
                ("code_challenge", ""),
            ],
            AuthorizeError::Challenge,
        ),
        (
            &[
                ("response_type", "id_token"),
                ("nonce", "n"),
                ("response_mode", "query"),
            ],
            AuthorizeError::IdTokenMode,
        ),
    ] {
        assert_eq!(read(changes).err(), Some(fault), "{changes:?}");
    }
    assert!(read(&[]).is_ok(), "codes need no nonce");
}

#[test]
fn a08_a_challenge_is_due() {
    assert_eq!(code(&[("code_challenge", "")]), "invalid_request");
    assert_eq!(code(&[("code_challenge_method", "plain")]), "invalid_request");
    assert_eq!(code(&[("code_challenge_method", "")]), "invalid_request");
    assert_eq!(
        code(&[("code_challenge", &format!("{}+", "a".repeat(43)))]),
        "invalid_request"
    );
    let form = form(&[("code_challenge_method", "plain")]);
    assert!(AuthorizeRequest::read(&form, PlainMethod::On, Flows::Code).is_ok());
}

#[test]
fn a10_malformed_scopes_are_invalid() {
    for scope in [
        "a".repeat(129),
        "a b".repeat(2000),
        "a\"b".to_owned(),
        " ".to_owned(),
        vec!["a"; 257].join(" "),
    ] {
        assert_eq!(code(&[("scope", &scope)]), "invalid_scope", "{scope}");
    }
}

#[test]
fn a12_resources_are_absolute_and_without_fragment() {
    for resource in [
        "/mcp",
        "mcp",
        "https://mcp.example/mcp#x",
        "https://mcp.example/ ",
        "//mcp.example",
        "https://",
    ] {
        assert_eq!(code(&[("resource", resource)]), "invalid_target", "{resource}");
    }
}

#[test]
fn a14_prompt_is_a_set_in_which_none_stands_alone() {
    for prompt in ["none login", "login none", "none consent", "create", "LOGIN"] {
        assert_eq!(code(&[("prompt", prompt)]), "invalid_request", "{prompt}");
    }
    assert!(read(&[("prompt", "none")]).expect("valid").is_silent());
    assert!(read(&[("prompt", "none none")]).expect("valid").is_silent());
    assert!(!read(&[("prompt", "login consent")]).expect("valid").is_silent());
}

#[test]
fn a15_a_maximum_age_is_measured_from_the_real_sign_in() {
    let request = |age| read(&[("max_age", age)]).expect("valid");
    assert!(request("0").needs_sign_in(1000, 1000));
    assert!(!request("60").needs_sign_in(1000, 1060));
    assert!(request("60").needs_sign_in(1000, 1061));
    assert!(!read(&[]).expect("valid").needs_sign_in(0, i64::MAX));
    assert!(read(&[("prompt", "login")]).expect("valid").needs_sign_in(1000, 1000));
    for age in ["-1", "+1", "1.5", "x", "99999999999999999999"] {
        assert_eq!(code(&[("max_age", age)]), "invalid_request", "{age}");
    }
}

#[test]
fn a16_request_objects_are_not_supported() {
    assert_eq!(
        code(&[("request", "ey"), ("response_type", "token")]),
        "request_not_supported"
    );
    assert_eq!(
        code(&[("request_uri", "https://app.example/r")]),
        "request_uri_not_supported"
    );
    let foreign = form(&[("request_uri", "https://app.example/r")]);
    assert_eq!(Addressed::read(&foreign).expect("addressed").pushed, None);
    let pushed = form(&[("request_uri", "urn:ietf:params:oauth:request_uri:abc")]);
    assert!(Addressed::read(&pushed).expect("addressed").pushed.is_some());
}

#[test]
fn lengths_and_other_values_are_checked() {
    let longest = "s".repeat(STATE_MAX_BYTES);
    assert_eq!(
        read(&[("state", &longest)]).expect("valid").state,
        Some(longest.clone())
    );
    let longer = format!("{longest}s");
    let form = form(&[("state", &longer)]);
    assert_eq!(Addressed::read(&form).expect("addressed").state, None);
    for (name, value) in [
        ("state", longer.as_str()),
        ("nonce", longer.as_str()),
        ("claims", "[]"),
        ("dpop_jkt", "short"),
        ("response_mode", "fragment"),
    ] {
        assert_eq!(code(&[(name, value)]), "invalid_request", "{name}");
    }
}

proptest! {
    #[test]
    fn any_form_is_read_or_refused_and_state_is_kept(
        state in "\\PC{1,40}",
        name in prop::sample::select(vec!["scope", "resource", "prompt", "max_age", "claims", "nonce"]),
        value in "\\PC{0,40}",
    ) {
        if let Ok(request) = read(&[("state", &state), (name, &value)]) {
            prop_assert_eq!(request.state, Some(state));
        }
    }
}
