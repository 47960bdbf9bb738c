use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;
use crate::apps::sharing::SharePermissions;

fn strict() -> Value {
    json!({"shareWith": "bob@recv.example.org", "name": "plan.odt", "providerId": "7c084226-d9a1-11e6-bf26-cec0c932ce01",
        "owner": "alice@send.example.org", "sender": "alice@send.example.org", "shareType": "user", "resourceType": "file",
        "protocol": {"name": "multi", "webdav": {"uri": "7c084226-d9a1-11e6-bf26-cec0c932ce01", "sharedSecret": "hush",
            "permissions": ["read", "write"], "requirements": ["must-exchange-token"]}}})
}

/// As Nextcloud 32 sends and takes it.
const NEXTCLOUD: &str = r#"{"shareWith": "carol@cloud.example.org", "name": "report.pdf", "description": "Quarterly", "providerId": "569e09be286546b997b69cc8ef848238", "owner": "eve@https://peer.example.net", "ownerDisplayName": "Eve", "sharedBy": "eve@https://peer.example.net", "sharedByDisplayName": "Eve", "shareType": "user", "resourceType": "file", "protocol": {"name": "webdav", "options": {"sharedSecret": "<shared-secret>", "permissions": "{http://open-cloud-mesh.org/ns}share-permissions"}}}"#;

fn parse(value: &Value) -> Result<ShareMessage, MessageFault> {
    ShareMessage::parse(value.to_string().as_bytes())
}

fn with(change: impl FnOnce(&mut Value)) -> Result<ShareMessage, MessageFault> {
    let mut value = strict();
    change(&mut value);
    parse(&value)
}

fn fault(change: impl FnOnce(&mut Value)) -> Option<MessageFault> {
    with(change).err()
}

fn webdav(message: &ShareMessage) -> &Webdav {
    message.webdav.as_ref().expect("WebDAV")
}

#[test]
fn a_strict_share_is_read_and_written() {
    let message = parse(&strict()).expect("readable");
    assert_eq!(message.requirements(), Requirements::STRICT);
    let write = SharePermissions::ALL.without(SharePermissions::SHARE);
    assert_eq!(webdav(&message).permissions, Some(write));
    assert_eq!(
        webdav(&message).uri,
        WebdavUri::Relative("7c084226-d9a1-11e6-bf26-cec0c932ce01".to_owned())
    );
    assert_eq!(message.to_value(), strict());
    assert!(!format!("{message:?}").contains("hush"));
}

#[test]
fn the_share_of_the_draft_is_read() {
    let message = parse(&json!({"shareWith": "marie@receiver.example.org", "name": "spec.yaml",
        "providerId": "7c084226-d9a1-11e6-bf26-cec0c932ce01", "owner": "einstein@sender.example.org",
        "sender": "einstein@sender.example.org", "ownerDisplayName": "Albert Einstein", "senderDisplayName": "Albert Einstein",
        "shareType": "user", "resourceType": "file", "protocol": {"name": "multi", "webdav": {"uri": "spec.yaml",
            "sharedSecret": "hfiuhworzwnur98d3wjiwhr", "permissions": ["read", "write"]}}}))
    .expect("readable");
    assert_eq!(
        (message.owner_display_name.as_deref(), message.requirements()),
        (Some("Albert Einstein"), Requirements::NONE)
    );
}

#[test]
fn a_share_of_nextcloud_is_read_and_its_names_count_as_the_drafts() {
    let message = ShareMessage::parse(NEXTCLOUD.as_bytes()).expect("readable");
    assert_eq!(message.sender.to_string(), "eve@peer.example.net");
    assert_eq!(message.sender_display_name.as_deref(), Some("Eve"));
    assert_eq!(
        (&webdav(&message).uri, webdav(&message).permissions),
        (&WebdavUri::Root, None)
    );
    assert_eq!(message.requirements(), Requirements::NONE);
    for written in [message.to_value(), message.to_hybrid_value()] {
        let again = parse(&written).expect("readable");
        assert_eq!(
            (&webdav(&again).uri, again.name.as_str()),
            (&WebdavUri::Root, "report.pdf")
        );
    }
}

#[test]
fn all_spellings_of_the_protocol_are_read() {
    let inner = strict()["protocol"]["webdav"].clone();
    for protocol in [
        json!({"name": "webdav", "webdav": inner}),
        json!({"name": "multi", "webdav": inner}),
        json!({"webdav": inner}),
        json!({"name": "webdav", "options": {"sharedSecret": "other"}, "webdav": inner}),
    ] {
        let message = with(|value| value["protocol"] = protocol.clone()).expect("readable");
        assert_eq!(webdav(&message).secret.expose_secret(), "hush", "{protocol}");
        assert_eq!(message.requirements(), Requirements::STRICT);
    }
    let options = json!({"name": "webdav", "options": {"sharedSecret": "hush"}});
    assert_eq!(
        webdav(&with(|value| value["protocol"] = options).expect("readable")).uri,
        WebdavUri::Root
    );
}

#[test]
fn the_hybrid_form_has_all_that_nextcloud_asks_for() {
    let mut message = parse(&strict()).expect("readable");
    message.webdav.as_mut().expect("WebDAV").requirements = Requirements::NONE;
    let value = message.to_hybrid_value();
    assert_eq!(
        value["protocol"],
        json!({"name": "webdav",
            "options": {"sharedSecret": "hush", "permissions": "{http://open-cloud-mesh.org/ns}share-permissions"},
            "webdav": {"uri": "7c084226-d9a1-11e6-bf26-cec0c932ce01", "sharedSecret": "hush", "permissions": ["read", "write"]}})
    );
    assert_eq!(
        (&value["sharedBy"], &value["description"]),
        (&json!("alice@send.example.org"), &json!(""))
    );
    for name in ["ownerDisplayName", "sharedByDisplayName"] {
        assert_eq!(value[name], "alice", "{name}");
    }
    assert_eq!(parse(&value).expect("readable").provider_id, message.provider_id);
}

#[test]
fn missing_fields_are_named() {
    for name in [
        "shareWith",
        "name",
        "providerId",
        "owner",
        "sender",
        "shareType",
        "resourceType",
        "protocol",
    ] {
        assert_eq!(
            fault(|value| value[name] = Value::Null),
            Some(MessageFault::Missing(name))
        );
        assert_eq!(
            fault(|value| value[name] = json!(7)),
            Some(MessageFault::Invalid(name)),
            "{name}"
        );
    }
    for name in ["uri", "sharedSecret"] {
        assert_eq!(
            fault(|value| value["protocol"]["webdav"][name] = Value::Null),
            Some(MessageFault::Missing(name))
        );
    }
    assert_eq!(
        fault(|value| value["protocol"] = json!({"name": "webdav"})),
        Some(MessageFault::Missing("webdav"))
    );
    let without = fault(|value| value["protocol"] = json!({"name": "webdav", "options": {}}));
    assert_eq!(without, Some(MessageFault::Missing("sharedSecret")));
}

#[test]
fn ocm_n089_what_is_not_known_is_unsupported() {
    let asked =
        fault(|value| value["protocol"]["webdav"]["requirements"] = json!(["must-exchange-token", "must-dance"]));
    assert_eq!(asked, Some(MessageFault::Unsupported("requirements")));
    assert_eq!(
        fault(|value| value["shareType"] = "planet".into()),
        Some(MessageFault::Unsupported("shareType"))
    );
    let resource = fault(|value| value["resourceType"] = "spaceship".into());
    assert_eq!(resource, Some(MessageFault::Unsupported("resourceType")));
    for protocol in [
        json!({"name": "ssh", "ssh": {}}),
        json!({}),
        json!([]),
        json!({"name": "ssh", "options": {"sharedSecret": "s"}}),
    ] {
        assert_eq!(
            fault(|value| value["protocol"] = protocol),
            Some(MessageFault::Unsupported("protocol"))
        );
    }
    let access = fault(|value| value["protocol"]["webdav"]["accessTypes"] = json!(["pigeon"]));
    assert_eq!(access, Some(MessageFault::Unsupported("accessTypes")));
}

#[test]
fn ocm_n094_an_address_of_webdav_is_at_the_owners_server() {
    let good = with(|value| value["protocol"]["webdav"]["uri"] = "https://Send.example.org:443/ocm/dav/7c08/".into());
    let good = good.expect("readable");
    assert_eq!(
        webdav(&good).uri,
        WebdavUri::Absolute("https://send.example.org/ocm/dav/7c08/".parse().expect("a URL"))
    );
    for bad in [
        "https://evil.example/x",
        "https://send.example.org:8443/x",
        "https://send.example.org@evil.example/x",
        "https://u@send.example.org/x",
        "file:///etc/passwd",
        "gopher://send.example.org/",
        "//evil.example/x",
        "..",
        "a/../../b",
        "a/%2e%2E/b",
        "a%2f..%2fb",
        "a\\b",
        "a?b",
        "a#b",
        "a b",
        "a\nb",
        "",
        "/",
        "a//b",
        ".",
    ] {
        let refused = fault(|value| value["protocol"]["webdav"]["uri"] = bad.into());
        assert!(
            matches!(
                refused,
                Some(MessageFault::Invalid("uri") | MessageFault::Missing("uri"))
            ),
            "{bad}"
        );
    }
    let secret = fault(|value| value["protocol"]["webdav"]["uri"] = "7c08/hush".into());
    assert_eq!(
        secret,
        Some(MessageFault::Invalid("uri")),
        "the secret is never part of an address"
    );
}

#[test]
fn ocm_n098_names_are_checked() {
    for bad in ["..", "a/b", "a\0", &"x".repeat(10_000)] {
        assert_eq!(
            fault(|value| value["name"] = bad.into()),
            Some(MessageFault::Invalid("name")),
            "{bad}"
        );
    }
    assert_eq!(
        with(|value| value["name"] = "/plan\u{202e}.odt".into())
            .expect("readable")
            .name,
        "plan.odt"
    );
}

#[test]
fn several_protocols_are_kept_when_they_demand_the_same() {
    let webapp = json!({"uri": "https://send.example.org/edit/7", "targets": ["blank"], "permissions": ["view", "write"],
        "requirements": ["must-exchange-token"], "sharedSecret": "hush", "appName": "<b>Office</b>",
        "appIconHint": "https://evil.example/x.png", "mediaTypes": ["text/plain"]});
    let both = |value: &mut Value| {
        value["protocol"]["webapp"] = webapp.clone();
        value["protocol"]["ssh"] = json!({"uri": "send.example.org:22", "requirements": ["must-exchange-token"]});
    };
    let message = with(both).expect("readable");
    let read = message.webapp.as_ref().expect("a web application");
    assert_eq!((read.app_icon_hint.as_deref(), read.targets.len()), (None, 1));
    assert_eq!(message.to_value()["protocol"]["ssh"]["uri"], "send.example.org:22");
    assert!(!format!("{message:?}").contains("send.example.org:22"));
    for protocol in ["webdav", "ssh"] {
        let differing = fault(|value| {
            both(value);
            value["protocol"][protocol]["requirements"] = json!([]);
        });
        assert_eq!(differing, Some(MessageFault::Invalid("requirements")), "{protocol}");
    }
    for (name, bad) in [
        ("targets", json!([])),
        ("targets", json!(["popup"])),
        ("permissions", json!([])),
        ("permissions", json!(["own"])),
        ("uri", json!("relative")),
        ("uri", json!("https://evil.example/")),
        ("requirements", json!([])),
    ] {
        let refused = fault(|value| {
            both(value);
            value["protocol"]["webapp"][name] = bad.clone();
        });
        assert_eq!(refused, Some(MessageFault::Invalid(name)), "{bad}");
    }
    let only = with(|value| value["protocol"] = json!({"webapp": webapp})).expect("readable");
    assert!(only.webdav.is_none() && only.requirements().must_exchange_token);
}

#[test]
fn optional_members_are_read_or_refused() {
    let message = with(|value| {
        value["expiration"] = json!(1_785_060_500);
        value["resourceType"] = "folder".into();
        value["shareType"] = "group".into();
        value["protocol"]["webdav"]["size"] = json!(12);
        value["protocol"]["webdav"]["accessTypes"] = json!(["datatx", "remote"]);
        value["ownerDisplayName"] = "".into();
    })
    .expect("readable");
    assert!(message.is_folder && message.share_type == ShareKind::Group && message.owner_display_name.is_none());
    assert_eq!(
        (message.expiration, webdav(&message).size),
        (Some(1_785_060_500), Some(12))
    );
    for (name, bad) in [
        ("expiration", json!("soon")),
        ("expiration", json!(-1)),
        ("description", json!([])),
    ] {
        assert_eq!(fault(|value| value[name] = bad), Some(MessageFault::Invalid(name)));
    }
    for (name, bad) in [
        ("size", json!(-1)),
        ("permissions", json!(["own"])),
        ("permissions", json!("read")),
        ("requirements", json!("x")),
    ] {
        assert_eq!(
            fault(|value| value["protocol"]["webdav"][name] = bad),
            Some(MessageFault::Invalid(name))
        );
    }
}

#[test]
fn the_answer_to_a_share_is_read_with_and_without_an_id() {
    let person =
        ShareAccepted::parse(br#"{"recipientDisplayName":"Carol","recipientUserId":"carol"}"#).expect("readable");
    assert_eq!(
        ShareAccepted::parse(person.to_value().to_string().as_bytes()),
        Ok(person)
    );
    let group = ShareAccepted::parse(br#"{"recipientDisplayName":""}"#).expect("readable");
    assert_eq!(group.to_value(), json!({"recipientDisplayName": ""}));
}

proptest! {
    #[test]
    fn what_is_written_reads_back(name in "[a-z ö<>&]{1,20}x", user in "[a-zA-Z@.]{1,10}", folder: bool, secret in "[A-Za-z0-9_-]{40}") {
        let mut message = parse(&strict()).expect("readable");
        message.name = name.trim().to_owned();
        message.owner.user = user;
        message.is_folder = folder;
        message.webdav.as_mut().expect("WebDAV").secret = secret.into();
        let value = message.to_value();
        prop_assert_eq!(parse(&value).expect("readable").to_value(), value);
    }
}
