use proptest::prelude::*;

use super::*;

const METADATA: &str = "https://mcp.example/.well-known/oauth-protected-resource/mcp";

fn challenge(error: Option<BearerError>) -> Challenge {
    Challenge {
        resource_metadata: Some(METADATA.to_owned()),
        scope: Some(ScopeList::parse("notes:read files:read").expect("valid")),
        error,
        ..Challenge::bearer()
    }
}

fn one(header: &str) -> Received {
    let mut all = Received::read(header).expect("readable");
    assert_eq!(all.len(), 1, "{header}");
    all.remove(0)
}

#[test]
fn m01_without_a_token_the_challenge_names_metadata_and_scopes_but_no_error() {
    assert_eq!(
        challenge(None).to_string(),
        format!("Bearer scope=\"files:read notes:read\", resource_metadata=\"{METADATA}\"")
    );
    assert_eq!(Challenge::bearer().to_string(), "Bearer");
}

#[test]
fn m02_u01_a_refused_token_is_told_why() {
    for error in [BearerError::InvalidToken, BearerError::InsufficientScope] {
        let sent = challenge(Some(error));
        let read = one(&sent.to_string());
        assert!(read.is(Scheme::Bearer));
        assert_eq!(
            (read.error(), read.get("resource_metadata")),
            (Some(error), Some(METADATA))
        );
        assert_eq!(read.scope(), sent.scope);
    }
}

#[test]
fn several_challenges_stand_in_one_header() {
    let read = Received::read(
        "Basic realm=\"a, \\\"b\\\"\", charset=UTF-8 ,, DPoP algs=\"ES256 EdDSA\", Negotiate abc==, bearer, Custom x = y",
    )
    .expect("readable");
    let schemes: Vec<&str> = read.iter().map(|challenge| challenge.scheme.as_str()).collect();
    assert_eq!(schemes, ["Basic", "DPoP", "Negotiate", "bearer", "Custom"]);
    assert_eq!(
        (read[0].get("realm"), read[0].get("charset")),
        (Some("a, \"b\""), Some("UTF-8"))
    );
    assert_eq!((read[2].get(""), read[4].get("x")), (Some("abc=="), Some("y")));
    assert!(read[1].is(Scheme::Dpop) && read[3].is(Scheme::Bearer));
    assert_eq!(Received::read(""), Some(Vec::new()));
}

#[test]
fn what_breaks_the_grammar_is_not_guessed_at() {
    for header in [
        "Bearer realm=\"open",
        "Bearer realm=\"a\" scope=\"b\"",
        "Bearer error=\"a\", error=\"b\"",
        "Bearer error=\"a\", ERROR=\"b\"",
        "Bearer realm= , x=\"y\"",
        "=x",
        "\"Bearer\"",
        "Bearer a b",
        "Bearer \"x\"",
    ] {
        assert_eq!(Received::read(header), None, "{header}");
    }
}

#[test]
fn no_value_can_end_its_quotes_or_the_line() {
    let sent = Challenge {
        resource_metadata: Some("https://a.example/\", error=\"x\\\r\nSet-Cookie: a=b\u{e4}".to_owned()),
        ..Challenge::bearer()
    };
    let written = sent.to_string();
    assert!(written.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{written}");
    let read = one(&written);
    assert_eq!(read.parameters.len(), 1);
    assert_eq!(
        read.get("resource_metadata"),
        Some("https://a.example/\", error=\"x\\Set-Cookie: a=b")
    );
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        metadata in prop::option::of("[ -~]{0,40}"),
        scope in prop::option::of("[!#-\\[\\]-~]{1,12}"),
        error in prop::option::of(prop::sample::select(BearerError::ALL)),
        algs in prop::option::of("[ -~]{0,12}"),
    ) {
        let scope = scope.map(|scope| ScopeList::parse(&scope).expect("valid"));
        let sent = Challenge { scheme: Scheme::Dpop, resource_metadata: metadata.clone(), scope: scope.clone(), error, algs: algs.clone() };
        let read = one(&sent.to_string());
        prop_assert!(read.is(Scheme::Dpop));
        prop_assert_eq!(read.get("resource_metadata"), metadata.as_deref());
        prop_assert_eq!(read.get("algs"), algs.as_deref());
        prop_assert_eq!(read.scope(), scope);
        prop_assert_eq!(read.get("error"), error.map(BearerError::code));
    }

    #[test]
    fn any_header_is_read_or_refused(header in "[a-zA-Z=\", \\\\\\t]{0,60}|\\PC{0,60}") {
        for challenge in Received::read(&header).unwrap_or_default() {
            prop_assert!(!challenge.scheme.is_empty());
        }
    }
}
