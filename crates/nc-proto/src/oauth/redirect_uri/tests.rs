use proptest::prelude::*;

use super::*;

fn uri(text: &str) -> RedirectUri {
    RedirectUri::parse(text).expect("acceptable")
}

#[test]
fn a02_only_the_very_same_uri_matches() {
    let registered = uri("https://app.example/cb");
    assert!(registered.matches("https://app.example/cb", ApplicationType::Web));
    for other in [
        "https://app.example/c",
        "https://app.example/cb/",
        "https://app.example/cb/more",
        "https://app.example/cb?x=1",
        "https://app.example/",
        "https://app.example:443/cb",
        "https://app.example.evil.example/cb",
        "https://other.example/cb",
        "http://app.example/cb",
        "",
    ] {
        for kind in [ApplicationType::Web, ApplicationType::Native] {
            assert!(!registered.matches(other, kind), "{other}");
        }
    }
}

#[test]
fn a03_disguised_uris_do_not_match() {
    let web = uri("https://app.example/cb");
    let native = uri("http://localhost:8080/cb");
    for other in [
        "http://evil@localhost:9999/cb",
        "http://localhost:80@evil.example/cb",
        "http://localhost:9999//cb",
        "http://localhost:9999/./cb",
        "http://localhost:9999/x/../cb",
        "http://localhost:9999/%2e/cb",
        "http://localhost:9999/%63b",
        "http://localhost:9999/CB",
        "http://LOCALHOST:9999/cb",
        "HTTP://localhost:9999/cb",
        "http://localhost.evil.example:9999/cb",
        "http://localhostevil:9999/cb",
        "http://localhost\\@evil.example/cb",
        "http://localhost:/cb",
        "http://localhost:0/cb",
        "http://localhost:65536/cb",
        "http://localhost:+80/cb",
        "http://127.0.0.1:9999/cb",
        "http://127.1:9999/cb",
        "http://2130706433/cb",
        "https://localhost:9999/cb",
        "//localhost:9999/cb",
        "https://app.example//cb",
        "https://app.example/./cb",
        "https://app.example/%2e/cb",
        "https://app.example/CB",
        "https://APP.example/cb",
        "https://app.example/cb ",
    ] {
        for registered in [&web, &native] {
            assert!(!registered.matches(other, ApplicationType::Native), "{other}");
        }
    }
}

#[test]
fn a04_the_port_of_a_loopback_address_is_free_for_native_clients_only() {
    for (registered, presented) in [
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"),
        ("http://127.0.0.1:8080/cb", "http://127.0.0.1:51004/cb"),
        ("http://[::1]:1/cb?x=1", "http://[::1]:65535/cb?x=1"),
        ("http://localhost:3000", "http://localhost:3001"),
        ("http://localhost:3000/", "http://localhost/"),
    ] {
        assert!(
            uri(registered).matches(presented, ApplicationType::Native),
            "{presented}"
        );
        assert!(!uri(registered).matches(presented, ApplicationType::Web), "{presented}");
    }
    assert!(!uri("http://127.0.0.1/cb").matches("http://[::1]/cb", ApplicationType::Native));
    assert!(!uri("http://localhost/cb").matches("http://localhost:80/cb?x", ApplicationType::Native));
    assert!(!uri("https://app.example/cb").matches("https://app.example:8443/cb", ApplicationType::Native));
}

#[test]
fn a05_fragments_and_control_characters_are_refused() {
    let registered = uri("http://localhost/cb");
    for suffix in ["#", "#x", "\r\n", "\n", "\0", "\t", "\u{7f}", " ", "%0d\n", "\u{2028}"] {
        let presented = format!("http://localhost:9000/cb{suffix}");
        assert!(
            !registered.matches(&presented, ApplicationType::Native),
            "{presented:?}"
        );
        assert_eq!(
            RedirectUri::parse(&presented),
            Err(RedirectUriError::Malformed),
            "{presented:?}"
        );
    }
    assert!(RedirectUri::parse("java\nscript:alert(1)").is_err());
    assert!(RedirectUri::parse("\u{1}javascript:alert(1)").is_err());
}

#[test]
fn d01_dangerous_redirect_uris_are_not_registered() {
    for text in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "blob:https://app.example/1",
        "http://app.example/cb",
        "http://10.0.0.1/cb",
        "http://127.0.0.2/cb",
        "http://localhost.evil.example/cb",
        "https://*.example/cb",
        "https://app.example/*",
        "https://app.example/cb#x",
        "https://user@app.example/cb",
        "https://user:pw@app.example/cb",
        "https://@app.example/cb",
        "https://\u{e4}pp.example/cb",
        "https:app.example/cb",
        "https:/app.example/cb",
        "https:///cb",
        "HTTPS:\\\\app.example",
        "https://app.example\\@evil.example/cb",
        "https://app%2eexample/cb",
        "/cb",
        "//app.example/cb",
        "cb",
        "",
    ] {
        for kind in [ApplicationType::Native, ApplicationType::Web] {
            let error = RedirectUri::register(text, kind).expect_err(text);
            assert_eq!(RegistrationError::from(error).code(), "invalid_redirect_uri");
        }
    }
    let long = format!("https://app.example/{}", "x".repeat(MAX_BYTES - 20));
    assert_eq!(long.len(), MAX_BYTES);
    assert!(RedirectUri::parse(&long).is_ok());
    assert!(RedirectUri::parse(&format!("{long}x")).is_err());
}

#[test]
fn a_query_must_not_hold_what_answers_hold() {
    for name in [
        "code",
        "state",
        "iss",
        "error",
        "error_description",
        "%63ode",
        "x=1&iss",
    ] {
        let text = format!("https://app.example/cb?{name}=x");
        assert_eq!(RedirectUri::parse(&text), Err(RedirectUriError::Malformed), "{text}");
    }
    assert!(RedirectUri::parse("https://app.example/code?codes=x&State=y").is_ok());
}

#[test]
fn each_type_of_application_has_its_own_addresses() {
    use ApplicationType::{Native, Web};
    for (text, native, web) in [
        ("https://app.example/cb?x=1", true, true),
        ("http://127.0.0.1:1234/cb", true, false),
        ("http://[::1]/cb", true, false),
        ("http://localhost/", true, false),
        ("https://localhost/cb", true, false),
        ("https://127.0.0.1/cb", true, false),
        ("https://app.localhost./cb", true, false),
        ("com.example.app:/cb", true, false),
        ("com.example.app://cb", true, false),
        ("myapp:/cb", false, false),
        ("cursor://anysphere.cursor-mcp/oauth/callback", true, false),
        ("vscode://vscode.github-authentication/did-authenticate", true, false),
        ("cursorx://anysphere.cursor-mcp/oauth/callback", false, false),
        ("tel:1", false, false),
        ("ms-msdt:/id", false, false),
    ] {
        assert_eq!(RedirectUri::register(text, Native).is_ok(), native, "{text} native");
        assert_eq!(RedirectUri::register(text, Web).is_ok(), web, "{text} web");
    }
    assert!(RedirectUri::parse("myapp:/cb").is_ok(), "an administrator may");
    assert_eq!(ApplicationType::derive(&[uri("https://a.example/")]), Web);
    assert_eq!(
        ApplicationType::derive(&[uri("https://a.example/"), uri("http://localhost/")]),
        Native
    );
    assert_eq!(ApplicationType::derive(&[uri("com.example.app:/cb")]), Native);
}

#[test]
fn a_policy_names_the_origin_or_the_scheme() {
    for (text, source) in [
        ("https://app.example/cb?x=1", "https://app.example"),
        ("http://127.0.0.1:8080/cb", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/cb", "http:"),
        ("com.example.app:/cb", "com.example.app:"),
    ] {
        assert_eq!(uri(text).policy_source().as_deref(), Some(source));
    }
}

proptest! {
    #[test]
    fn only_the_port_of_a_native_loopback_uri_may_differ(
        host in prop::sample::select(vec!["127.0.0.1", "[::1]", "localhost"]),
        path in "(/[a-z0-9]{0,5}){0,3}(\\?[xyz=&]{0,8})?",
        one in 1_u16.., other in 1_u16..,
    ) {
        let registered = uri(&format!("http://{host}:{one}{path}"));
        let presented = format!("http://{host}:{other}{path}");
        prop_assert!(registered.matches(&presented, ApplicationType::Native));
        prop_assert_eq!(registered.matches(&presented, ApplicationType::Web), one == other);
    }

    #[test]
    fn whatever_matches_a_loopback_uri_leads_to_this_machine(presented in "http://[a-z0-9.:@\\[\\]/%\\\\-]{0,24}/cb") {
        for host in ["127.0.0.1", "[::1]", "localhost"] {
            if uri(&format!("http://{host}/cb")).matches(&presented, ApplicationType::Native) {
                let url = Url::parse(&presented).expect("a URL");
                prop_assert_eq!(url.host_str(), Some(host));
                prop_assert_eq!((url.path(), url.username()), ("/cb", ""));
            }
        }
    }

    #[test]
    fn what_is_accepted_is_kept_byte_for_byte(text in "(https://|http://localhost|com\\.x:/)[ -~]{0,40}") {
        if let Ok(uri) = RedirectUri::parse(&text) {
            prop_assert_eq!(uri.as_str(), text.as_str());
            prop_assert!(uri.matches(&text, ApplicationType::Web));
        }
    }
}

/// Found by fuzzing.
#[test]
fn a_host_cannot_add_to_the_content_security_policy() {
    for host in [
        "a.example;img-src",
        "a.example,b.example",
        "a'.example",
        "a.example%3bx",
        "u@a.example",
        "a!b.example",
    ] {
        let uri = format!("https://{host}/cb");
        assert_eq!(RedirectUri::parse(&uri), Err(RedirectUriError::Malformed), "{uri}");
    }
    let uri = RedirectUri::parse("https://a-b_c.example:8443/cb;x,y").expect("acceptable");
    assert_eq!(uri.policy_source().as_deref(), Some("https://a-b_c.example:8443"));
}
