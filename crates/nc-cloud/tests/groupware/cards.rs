use http::StatusCode;

use crate::wire::{Wire, card};

const CONTACTS: &str = "/remote.php/dav/addressbooks/users/alice/contacts/";
const ACCOUNTS: &str = "/remote.php/dav/addressbooks/users/alice/z-server-generated--system/";

fn query(inside: &str) -> String {
    format!(
        "<card:addressbook-query xmlns:card='urn:ietf:params:xml:ns:carddav' xmlns:d='DAV:'><d:prop><d:getetag/>\
         <card:address-data/></d:prop>{inside}</card:addressbook-query>"
    )
}

#[tokio::test]
async fn a_search_is_cut_where_it_was_asked_to_be() {
    let wire = Wire::boot().await;
    for name in ["Ann", "Anna", "Ben"] {
        wire.put("alice", &format!("{CONTACTS}{name}.vcf"), card(name, name))
            .await;
    }
    let filter = "<card:filter><card:prop-filter name='FN'><card:text-match match-type='starts-with'>ann</card:text-match>\
        </card:prop-filter></card:filter>";
    let found = wire.report("alice", CONTACTS, &query(filter)).await.names();
    assert_eq!(found, [format!("{CONTACTS}Ann.vcf"), format!("{CONTACTS}Anna.vcf")]);
    let limit = format!("{filter}<card:limit><card:nresults>1</card:nresults></card:limit>");
    let found = wire.report("alice", CONTACTS, &query(&limit)).await.multistatus();
    let last = found.responses.last().unwrap();
    assert_eq!(
        (found.responses.len(), last.status, last.href.as_str()),
        (2, Some(507), CONTACTS)
    );
}

#[tokio::test]
async fn a_card_is_given_in_the_version_that_was_asked_for_and_kept_as_it_is() {
    let wire = Wire::boot().await;
    let path = format!("{CONTACTS}a.vcf");
    let sent = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nFN:Ann\r\nX-ADDRESSBOOKSERVER-KIND:group\r\nX-ODD;A=b:kept\r\n\
        EMAIL;TYPE=HOME,PREF:a@example.org\r\nPHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgo=\r\nEND:VCARD\r\n";
    wire.put("alice", &path, sent).await;
    let four = wire
        .send("alice", "GET", &path, &[("accept", "text/vcard; version=4.0")], "")
        .await;
    assert_eq!(four.header("content-type"), "text/vcard; version=4.0; charset=utf-8");
    let text = four.text();
    for line in [
        "VERSION:4.0",
        "KIND:group",
        "X-ODD;A=b:kept",
        "EMAIL;TYPE=HOME;PREF=1:a@example.org",
        "PHOTO:data:image/png;base64,",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert_eq!(wire.get("alice", &path).await.text(), sent);
    let photo = wire.get("alice", &format!("{path}?photo")).await;
    assert_eq!((photo.header("content-type"), photo.body.len()), ("image/png", 8));
    assert_eq!(photo.header("content-disposition"), "attachment; filename=photo");
}

#[tokio::test]
async fn the_book_of_all_accounts_can_be_searched_and_not_changed() {
    let wire = Wire::boot().await;
    let filter = "<card:filter><card:prop-filter name='EMAIL'><card:text-match>bob@</card:text-match></card:prop-filter>\
        </card:filter>";
    let found = wire.report("alice", ACCOUNTS, &query(filter)).await.names();
    assert_eq!(found.len(), 1);
    assert!(wire.get("alice", &found[0]).await.text().contains("FN:Bob"));
    for method in ["PUT", "DELETE"] {
        let answer = wire.send("alice", method, &found[0], &[], card("x", "x")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method}");
    }
    let (changes, token) = wire.changes("alice", ACCOUNTS, "", "").await;
    assert_eq!(changes.len(), 3);
    assert!(wire.changes("alice", ACCOUNTS, &token, "").await.0.is_empty());
}

#[tokio::test]
async fn cards_move_between_books_and_keep_their_uid_for_themselves() {
    let wire = Wire::boot().await;
    let other = "/remote.php/dav/addressbooks/users/alice/friends";
    let make = "<d:mkcol xmlns:d='DAV:' xmlns:card='urn:ietf:params:xml:ns:carddav'><d:set><d:prop><d:resourcetype>\
        <d:collection/><card:addressbook/></d:resourcetype></d:prop></d:set></d:mkcol>";
    assert_eq!(
        wire.send("alice", "MKCOL", other, &[], make).await.status,
        StatusCode::CREATED
    );
    wire.put("alice", &format!("{CONTACTS}a.vcf"), card("a", "Ann")).await;
    let twice = wire
        .send("alice", "PUT", &format!("{CONTACTS}b.vcf"), &[], card("a", "Ann"))
        .await;
    assert_eq!(
        (twice.status, twice.condition().as_str()),
        (StatusCode::BAD_REQUEST, "no-uid-conflict")
    );
    let to = format!("{other}/a.vcf");
    let moved = wire
        .send(
            "alice",
            "MOVE",
            &format!("{CONTACTS}a.vcf"),
            &[("destination", &to)],
            "",
        )
        .await;
    assert_eq!(moved.status, StatusCode::CREATED);
    assert_eq!(wire.get("alice", &to).await.text(), card("a", "Ann"));
    assert_eq!(
        wire.get("alice", &format!("{CONTACTS}a.vcf")).await.status,
        StatusCode::NOT_FOUND
    );
    let calendar = [("destination", "/remote.php/dav/calendars/alice/personal/a.ics")];
    let wrong = wire.send("alice", "MOVE", &to, &calendar, "").await;
    assert_eq!(wrong.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
