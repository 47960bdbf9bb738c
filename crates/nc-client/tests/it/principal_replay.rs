//! Where a person's calendars and address books are, against recorded traffic.

use crate::replay::Replay;

#[tokio::test]
async fn homes_and_addresses_are_asked_for_once() {
    let (replay, client) = Replay::start("caldav", &["principal-discovery-at-dav-root", "principal-properties"]);
    let principal = client.principal().await.expect("principal");
    assert_eq!(principal.display_name(), Some("Carol"));
    assert_eq!(
        principal.path().encode_folder(),
        "/remote.php/dav/principals/users/carol/"
    );
    assert_eq!(
        principal.calendar_home().encode_folder(),
        "/remote.php/dav/calendars/carol/"
    );
    assert_eq!(
        principal.addressbook_home().encode_folder(),
        "/remote.php/dav/addressbooks/users/carol/"
    );
    assert_eq!(principal.email(), Some("carol@example.org"));
    assert!(principal.is_called("MAILTO:Carol@example.org"));
    assert!(!principal.is_called("mailto:dave@example.org"));
    let outbox = principal.outbox().expect("outbox");
    assert_eq!(outbox.encode_folder(), "/remote.php/dav/calendars/carol/outbox/");
    let default = principal.default_calendar().expect("default calendar");
    assert_eq!(default.name(), Some("personal"));
    client.principal().await.expect("principal");
    replay.done();
}
