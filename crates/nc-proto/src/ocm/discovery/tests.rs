use proptest::prelude::*;

use super::*;

fn ours() -> Value {
    json!({"enabled": true, "apiVersion": "1.4.0", "version": "1.4.0", "endPoint": "https://cloud.example.org/ocm",
        "provider": "Example Cloud", "resourceTypes": [
            {"name": "file", "shareTypes": ["user", "group"],
             "protocols": {"webdav": "/public.php/webdav/", "webdav-receive": {"uri": "relative"}}},
            {"name": "folder", "shareTypes": ["user", "group"],
             "protocols": {"webdav": "/public.php/webdav/", "webdav-receive": {"uri": "relative"}}}],
        "capabilities": ["exchange-token", "http-sig", "invites", "notifications", "protocol-object"], "criteria": [],
        "tokenEndPoint": "https://cloud.example.org/ocm/token", "jwksUri": "https://cloud.example.org/ocm/jwks",
        "inviteAcceptDialog": "https://cloud.example.org/apps/ocm/accept",
        "publicKey": {"keyId": "https://cloud.example.org/ocm#signature", "publicKeyPem": "-----BEGIN PUBLIC KEY-----"}})
}

/// As Nextcloud 32 answers.
const NEXTCLOUD: &str = r#"{"enabled":true,"apiVersion":"1.0-proposal1","version":"1.1.0","endPoint":"https:\/\/cloud.example.org\/ocm","publicKey":{"keyId":"https:\/\/cloud.example.org\/ocm#signature","publicKeyPem":"-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----\n"},"resourceTypes":[{"name":"file","shareTypes":["user","group"],"protocols":{"webdav":"\/public.php\/webdav\/"}}],"capabilities":["\/invite-accepted","\/notifications","\/shares"]}"#;

fn parse(value: &Value) -> Result<Discovery, DiscoveryError> {
    Discovery::parse(value.to_string().as_bytes())
}

fn with(change: impl FnOnce(&mut Value)) -> Result<Discovery, DiscoveryError> {
    let mut value = ours();
    change(&mut value);
    parse(&value)
}

fn host() -> PeerHost {
    PeerHost::parse("cloud.example.org").expect("a host")
}

fn check(discovery: &Discovery) -> Result<(), DiscoveryError> {
    discovery.check_endpoints(&host(), &BTreeSet::new(), false)
}

#[test]
fn the_document_of_the_specification_is_read_and_written() {
    let discovery = parse(&ours()).expect("readable");
    assert!(discovery.can_exchange() && discovery.can_sign());
    assert_eq!(discovery.webdav_path(), Some("/public.php/webdav/"));
    assert_eq!(
        discovery.address_of("shares").as_str(),
        "https://cloud.example.org/ocm/shares"
    );
    assert!(discovery.receives("folder", "group") && !discovery.receives("folder", "federation"));
    assert!(!discovery.receives_absolute_uri());
    assert_eq!(check(&discovery), Ok(()));
    let mut written = discovery.to_value();
    for list in ["capabilities", "criteria"] {
        assert_eq!(
            written[list].as_array().map(Vec::len),
            ours()[list].as_array().map(Vec::len)
        );
        written[list] = ours()[list].clone();
    }
    assert_eq!(written, ours());
    assert_eq!(
        Discovery::parse(discovery.to_value().to_string().as_bytes()),
        Ok(discovery)
    );
}

#[test]
fn the_document_of_nextcloud_32_is_read() {
    let discovery = Discovery::parse(NEXTCLOUD.as_bytes()).expect("readable");
    assert_eq!(
        (discovery.api_version.as_str(), discovery.version.as_str()),
        ("1.0-proposal1", "1.1.0")
    );
    assert!(discovery.capabilities.is_empty(), "those are names of an older draft");
    assert!(!discovery.can_exchange() && !discovery.can_sign());
    assert!(discovery.receives("file", "user") && discovery.receives("file", "group"));
    assert!(!discovery.receives("folder", "user"), "folders are sent as files there");
    let key = discovery.public_key.as_ref().expect("a key");
    assert_eq!(key.key_id, "https://cloud.example.org/ocm#signature");
    assert_eq!(check(&discovery), Ok(()));
}

#[test]
fn ocm_n096_documents_that_are_not_right_are_rejected() {
    let member = |name| Err(DiscoveryError::Member(name));
    assert_eq!(
        with(|value| value["enabled"] = false.into()),
        Err(DiscoveryError::Disabled)
    );
    for name in ["enabled", "apiVersion", "endPoint", "resourceTypes"] {
        let removed = with(|value| drop(value.as_object_mut().and_then(|members| members.remove(name))));
        assert_eq!(removed, member(name), "{name}");
        assert_eq!(with(|value| value[name] = json!(7)), member(name), "{name}");
    }
    let unpaired = with(|value| value["tokenEndPoint"] = Value::Null);
    assert_eq!(unpaired, Err(DiscoveryError::Unpaired("exchange-token")));
    assert_eq!(
        with(|value| value["jwksUri"] = Value::Null),
        Err(DiscoveryError::Unpaired("http-sig"))
    );
    let demanding = with(|value| {
        value["capabilities"] = json!([]);
        value["criteria"] = json!(["must-exchange-token"]);
    });
    assert_eq!(demanding, Err(DiscoveryError::Unpaired("must-exchange-token")));
    let twice = with(|value| value["resourceTypes"][1]["name"] = "file".into());
    assert_eq!(twice, member("resourceTypes"));
    let nobody = with(|value| value["resourceTypes"][0]["shareTypes"] = json!(["group"]));
    assert_eq!(nobody, member("shareTypes"));
    assert_eq!(
        with(|value| value["resourceTypes"][0]["protocols"] = json!("x")),
        member("protocols")
    );
    let repeated = ours().to_string().replacen('{', "{\"enabled\":true,", 1);
    assert_eq!(Discovery::parse(repeated.as_bytes()), Err(JsonError::Form.into()));
    let deep = with(|value| value["x"] = (0..16).fold(json!(1), |inner, _| json!([inner])));
    assert_eq!(deep, Err(JsonError::Form.into()));
    let large = with(|value| value["x"] = "x".repeat(64 << 10).into());
    assert_eq!(large, Err(JsonError::TooLarge.into()));
}

fn refuse(name: &'static str, url: &str) {
    let discovery = with(|value| value[name] = url.into()).expect("readable");
    assert_eq!(check(&discovery), Err(DiscoveryError::Elsewhere(name)), "{url}");
}

#[test]
fn ocm_n095_endpoints_without_tls_are_refused() {
    for name in ["endPoint", "tokenEndPoint", "jwksUri", "inviteAcceptDialog"] {
        refuse(name, "http://cloud.example.org/ocm");
    }
}

#[test]
fn ocm_n094_endpoints_elsewhere_are_refused() {
    for name in ["endPoint", "tokenEndPoint", "jwksUri", "inviteAcceptDialog"] {
        for elsewhere in [
            "https://evil.example/ocm",
            "https://cloud.example.org:8443/ocm",
            "https://cloud.example.org@evil.example/ocm",
            "https://user@cloud.example.org/ocm",
            "https://cloud.example.org/ocm#x",
        ] {
            refuse(name, elsewhere);
        }
    }
    for name in ["endPoint", "tokenEndPoint", "jwksUri"] {
        for bad in [
            "/ocm",
            "file:///etc/passwd",
            "gopher://cloud.example.org/",
            "data:x",
            "",
        ] {
            assert_eq!(
                with(|value| value[name] = bad.into()),
                Err(DiscoveryError::Member(name)),
                "{bad}"
            );
        }
    }
    for dialog in ["//evil.example/accept", "javascript:alert(1)", "\\\\evil.example/x"] {
        let discovery = with(|value| value["inviteAcceptDialog"] = dialog.into()).expect("readable");
        assert!(check(&discovery).is_err(), "{dialog}");
    }
    let relative = with(|value| value["inviteAcceptDialog"] = "/accept".into()).expect("readable");
    assert_eq!(check(&relative), Ok(()));
    for path in [
        "//evil.example/",
        "https://evil.example/",
        "webdav/",
        "/\\evil.example/",
        "/a/../..",
        "/a?b",
        "/ x",
    ] {
        let bad = with(|value| value["resourceTypes"][0]["protocols"]["webdav"] = path.into());
        assert_eq!(bad, Err(DiscoveryError::Elsewhere("webdav")), "{path}");
    }
}

#[test]
fn an_exception_allows_one_other_host_and_plain_http_only_where_it_is_allowed() {
    let discovery = with(|value| value["jwksUri"] = "https://keys.example.net/set".into()).expect("readable");
    let exceptions = BTreeSet::from([("cloud.example.org".to_owned(), "keys.example.net".to_owned())]);
    assert_eq!(discovery.check_endpoints(&host(), &exceptions, false), Ok(()));
    let other = PeerHost::parse("other.example.org").expect("a host");
    assert!(discovery.check_endpoints(&other, &exceptions, false).is_err());
    let plain =
        parse(&serde_json::from_str(&ours().to_string().replace("https:", "http:")).expect("JSON")).expect("readable");
    assert!(check(&plain).is_err());
    assert_eq!(plain.check_endpoints(&host(), &BTreeSet::new(), true), Ok(()));
}

#[test]
fn older_names_of_criteria_count_and_unknown_words_do_not() {
    let discovery = with(|value| {
        value["criteria"] = json!(["http-request-signatures", "invite", "sunshine"]);
        value["capabilities"] = json!(["/shares", "receive-code", "webdav-uri", "http-sig", "HTTP-SIG"]);
    })
    .expect("readable");
    assert_eq!(
        discovery.criteria,
        BTreeSet::from([Criterion::MustUseHttpSig, Criterion::MustInvite])
    );
    assert_eq!(discovery.capabilities, BTreeSet::from([Capability::HttpSig]));
    assert!(!discovery.can_exchange(), "an endpoint alone promises nothing");
}

#[test]
fn what_is_received_follows_the_newer_words_where_there_are_some() {
    let discovery = with(|value| {
        value["resourceTypes"][0]["protocols"] = json!({"webdav": "/dav/", "x": {"kept": [1]}});
        value["resourceTypes"][1]["protocols"]["webdav-receive"]["uri"] = "absolute".into();
    })
    .expect("readable");
    assert!(!discovery.receives("file", "user"), "it only sends files");
    assert!(discovery.receives("folder", "user") && discovery.receives_absolute_uri());
    assert_eq!(
        discovery.to_value()["resourceTypes"][0]["protocols"]["x"],
        json!({"kept": [1]})
    );
    let nothing = with(|value| value["resourceTypes"] = json!([])).expect("readable");
    assert!(nothing.receives("file", "user") && !nothing.receives("file", "group"));
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        capabilities in prop::collection::btree_set(prop::sample::select(Capability::ALL), 0..7),
        criteria in prop::collection::btree_set(prop::sample::select(Criterion::ALL), 0..5),
        provider in prop::option::of("[a-z<>ö ]{0,12}x"),
        path in "(/[a-z0-9._-]{1,6}x){0,3}",
    ) {
        let mut discovery = parse(&ours()).expect("readable");
        discovery.capabilities = capabilities;
        discovery.criteria = criteria;
        discovery.provider = provider.map(|name| name.trim().to_owned());
        discovery.end_point = format!("https://cloud.example.org{path}").parse().expect("a URL");
        discovery.resource_types = vec![ResourceType::over_webdav("file", &format!("{path}/"), path.len() % 2 == 0)];
        let unpaired = discovery.demands(Criterion::MustExchangeToken) && !discovery.can_exchange();
        let read = parse(&discovery.to_value());
        prop_assert_eq!(read, if unpaired { Err(DiscoveryError::Unpaired("must-exchange-token")) } else { Ok(discovery) });
    }

    #[test]
    fn any_change_of_a_document_is_read_or_refused(at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = ours().to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(discovery) = Discovery::parse(&bytes) {
            let again = parse(&discovery.to_value()).expect("what is written reads back");
            prop_assert_eq!(parse(&again.to_value()), Ok(again));
        }
    }
}
