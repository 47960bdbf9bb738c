use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn recorded(name: &str) -> Value {
    let all: Vec<Value> =
        serde_json::from_str(include_str!("../../../../../fixtures/nextcloud-32/sharing.json")).expect("JSON");
    let exchange = all.iter().find(|exchange| exchange["name"] == name);
    let body = exchange.expect(name)["response"]["body"].as_str().expect("a body");
    let envelope: Value = serde_json::from_str(body).expect("JSON");
    envelope["ocs"]["data"].clone()
}

#[test]
fn a_recorded_share_with_a_person_reads_and_writes_back() {
    let recorded = recorded("share-create-user");
    let share: Share = serde_json::from_value(recorded.clone()).expect("a share");
    assert_eq!(share.id, ShareId(74));
    assert_eq!(share.share_type, ShareType::User);
    assert_eq!(share.permissions, SharePermissions::READ);
    assert_eq!(share.path.as_deref(), Some("/doc.txt"));
    assert_eq!(serde_json::to_value(&share).expect("writable"), recorded);
}

#[test]
fn the_hash_of_a_password_is_read_as_there_is_one_and_never_kept() {
    let share: Share = serde_json::from_value(recorded("share-create-link-password-expire-label")).expect("a share");
    assert!(share.has_password);
    assert_eq!(share.expires_on(), Some("2027-03-01"));
    let written = serde_json::to_value(&share).expect("writable");
    assert_eq!(written["password"], "***");
    let open: Share = serde_json::from_value(recorded("share-create-link")).expect("a share");
    assert!(!open.has_password);
}

#[test]
fn no_download_is_understood_in_both_spellings() {
    let share: Share = serde_json::from_value(recorded("share-create-attributes-no-download")).expect("a share");
    assert!(share.forbids_download());
    let older = r#"[{"scope":"permissions","key":"download","enabled":false}]"#;
    assert!(Attribute::parse_list(older).expect("a list")[0].forbids_download());
    assert!(Attribute::parse_list(Attribute::NO_DOWNLOAD).expect("a list")[0].forbids_download());
}

#[test]
fn every_recorded_search_is_read() {
    let exact: Sharees = serde_json::from_value(recorded("sharees-search-exact")).expect("hits");
    assert_eq!(exact.exact.users[0].value.share_with, "dave");
    let remote: Sharees = serde_json::from_value(recorded("sharees-search-remote")).expect("hits");
    assert_eq!(
        remote.exact.all().next().expect("a hit").value.share_type,
        ShareType::Federated
    );
    let nothing: Sharees = serde_json::from_value(json!({"exact": [], "users": []})).expect("no hits");
    assert_eq!(nothing.others.all().count(), 0);
}

#[test]
fn types_and_permissions_have_names() {
    assert_eq!(ShareType::from(7).name(), Some("team"));
    assert_eq!(ShareType::from(99), ShareType::Other(99));
    assert_eq!(ShareType::from(99).name(), None);
    assert_eq!(SharePermissions::from(19).to_string(), "read, update, share");
    assert_eq!(SharePermissions::from_bits(32), None);
    assert_eq!(SharePermissions::from_bits(-1), None);
    assert_eq!(SharePermissions::named("create"), Some(SharePermissions::CREATE));
}

proptest! {
    #[test]
    fn masks_survive_their_names(bits in 0i64..32) {
        let mask = SharePermissions::from_bits(bits).expect("a mask");
        let again = mask.names().filter_map(SharePermissions::named).fold(SharePermissions::NONE, SharePermissions::with);
        prop_assert_eq!(again, mask);
        prop_assert_eq!(mask.bits(), bits);
    }
}
