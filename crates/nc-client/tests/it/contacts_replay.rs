//! Address books and contacts against recorded traffic.

use nc_client::{AddressBook, BookKind, Client, Error};
use nc_proto::{
    dav::addressbook::AddressbookFilter,
    vcard::{Card, ContactPatch},
};

use crate::replay::Replay;

const CARD: &str =
    "BEGIN:VCARD\nVERSION:3.0\nPRODID:-//example//client//EN\nUID:card-ada\nFN:Ada Lovelace\nEND:VCARD\n";

/// The address book of the recording, as a listing would give it.
async fn book(names: &[&str]) -> (std::sync::Arc<Replay>, Client, AddressBook) {
    let (listing, client) = Replay::start("carddav", &["addressbook-home"]);
    let mut book = client.contacts().books().await.expect("books").swap_remove(0);
    listing.done();
    book.path = book.path.parent().expect("home").child("fx-book");
    "fx-book".clone_into(&mut book.uri);
    let (replay, client) = Replay::start("carddav", names);
    (replay, client, book)
}

#[tokio::test]
async fn own_books_come_before_those_that_the_server_keeps() {
    let (replay, client) = Replay::start("carddav", &["addressbook-home"]);
    let books = client.contacts().books().await.expect("books");
    replay.done();
    let seen: Vec<_> = books
        .iter()
        .map(|book| (book.uri.as_str(), book.kind, book.read_only))
        .collect();
    assert_eq!(
        seen,
        [
            ("contacts", BookKind::Own, false),
            ("z-app-generated--contactsinteraction--recent", BookKind::Recent, true),
            ("z-server-generated--system", BookKind::System, true),
        ]
    );
    assert_eq!(books[0].display_name, "Contacts");
    assert_eq!(books[0].ctag.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_shared_book_names_its_owner_and_says_that_it_is_read_only() {
    let exchange = crate::replay::exchange("carddav", "share-addressbook-home-of-sharee");
    let text = exchange
        .to_string()
        .replace("users/dave", "users/carol")
        .replace("shared_by_carol", "shared_by_dave");
    let text = text.replace("principals/users/carol</oc:owner", "principals/users/dave</oc:owner");
    let (replay, client) = Replay::start_with(vec![serde_json::from_str(&text).expect("JSON")]);
    let books = client.contacts().books().await.expect("books");
    replay.done();
    let shared = books.iter().find(|book| book.kind == BookKind::Shared).expect("shared");
    assert_eq!(shared.uri, "fx-book_shared_by_dave");
    assert_eq!(shared.owner.as_deref(), Some("dave"));
    assert!(shared.read_only);
}

#[tokio::test]
async fn a_book_that_is_there_is_not_made_again() {
    let (replay, client) = Replay::start("carddav", &["mkcol-addressbook-existing"]);
    let error = client
        .contacts()
        .create_book("fx-book", "Friends")
        .await
        .expect_err("there");
    replay.done();
    assert!(matches!(error, Error::AlreadyExists { .. }), "{error}");
}

#[tokio::test]
async fn the_server_finds_and_both_versions_are_read() {
    let (replay, client, book) = book(&["query-anyof-two-props"]).await;
    let filter = AddressbookFilter::any_contains(["FN", "EMAIL"], "a");
    let found = client.contacts().query(&book, filter, &[], None).await.expect("cards");
    replay.done();
    let names: Vec<_> = found.cards.iter().map(|card| card.card.contact().full_name).collect();
    assert!(names.contains(&"Alan Turing".to_owned()), "{names:?}");
    assert!(
        found
            .cards
            .iter()
            .all(|card| card.etag.is_some() && !card.name().is_empty())
    );
    assert_eq!(found.unreadable, 0);
}

#[tokio::test]
async fn a_missing_card_is_left_out_of_those_asked_for() {
    let (replay, client, book) = book(&["multiget-one-and-one-missing"]).await;
    let places = [book.path.child("missing.vcf"), book.path.child("ada.vcf")];
    let found = client.contacts().cards(&book, &places, &[]).await.expect("cards");
    replay.done();
    assert_eq!(found.cards.len(), 1);
    assert_eq!(found.cards[0].path, places[1]);
}

#[tokio::test]
async fn a_card_is_replaced_only_as_the_version_that_was_read() {
    let (replay, client, book) = book(&["get-vcard", "delete-card-if-match-stale", "get-vcard"]).await;
    let place = book.path.child("ada.vcf");
    let subject = nc_client::Subject::named("the contact");
    let mut read = client.contacts().get(&place, subject).await.expect("card");
    assert_eq!(read.card.contact().full_name, "Ada King");
    read.etag = nc_client::ETag::parse("c2be5d1d8f5d531c992ffc45e714adcf");
    let error = client.contacts().delete(&book, &read).await.expect_err("stale");
    let Error::Conflict { current, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(current.etag, nc_client::ETag::parse("b4d3b0487890bbeed95a22bf8c3054fa"));
    // The answer told the version; nothing more was asked.
    assert_eq!(replay.count(), 2);
}

#[tokio::test]
async fn an_update_sends_the_version_and_gives_the_new_one() {
    let (replay, client, book) = book(&["put-vcard-update-if-match-ok"]).await;
    let mut card = Card::parse(CARD.as_bytes()).expect("card");
    let read = nc_client::StoredCard {
        path: book.path.child("ada.vcf"),
        etag: nc_client::ETag::parse("c2be5d1d8f5d531c992ffc45e714adcf"),
        card: card.clone(),
    };
    let patch = ContactPatch {
        full_name: Some("Ada King".to_owned()),
        ..ContactPatch::default()
    };
    card.apply(&patch).expect("patch");
    let stored = client.contacts().replace(&book, &read, &card).await.expect("stored");
    replay.done();
    assert_eq!(stored.etag, nc_client::ETag::parse("b4d3b0487890bbeed95a22bf8c3054fa"));
}

#[tokio::test]
async fn a_write_into_a_book_that_can_only_be_read_is_not_sent() {
    let (replay, client, mut book) = book(&[]).await;
    book.read_only = true;
    let card = Card::parse(CARD.as_bytes()).expect("card");
    let error = client.contacts().create(&book, &card).await.expect_err("read-only");
    assert!(matches!(error, Error::Forbidden { .. }), "{error}");
    assert!(error.to_string().contains("read-only"), "{error}");
    assert_eq!(replay.count(), 0);
}

/// A card of the recording, and what changes it.
fn change(book: &AddressBook) -> (nc_client::StoredCard, Card) {
    let card = Card::parse(CARD.as_bytes()).expect("card");
    let read = nc_client::StoredCard {
        path: book.path.child("ada.vcf"),
        etag: nc_client::ETag::parse("c2be5d1d8f5d531c992ffc45e714adcf"),
        card: card.clone(),
    };
    (read, card)
}

#[tokio::test]
async fn a_stored_card_that_cannot_be_looked_at_is_not_reported_as_failed() {
    let (replay, client, book) = book(&["put-vcard-update-if-match-ok", "get-vcard"]).await;
    let mut put = crate::replay::exchange("carddav", "put-vcard-update-if-match-ok");
    let headers = put["response"]["headers"].as_object_mut().expect("headers");
    headers.retain(|name, _| !name.to_lowercase().contains("etag"));
    replay.replace(0, put);
    let mut get = crate::replay::exchange("carddav", "get-vcard");
    get["response"]["status"] = 404.into();
    replay.replace(1, get);
    let (read, card) = change(&book);
    let error = client
        .contacts()
        .replace(&book, &read, &card)
        .await
        .expect_err("unknown");
    replay.done();
    assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error}");
}

#[tokio::test]
async fn a_card_that_is_gone_is_told_from_one_that_can_only_be_read() {
    for (is_there, told) in [(true, "forbidden"), (false, "not_found")] {
        let (replay, client, book) = book(&["put-vcard-update-if-match-ok", "get-vcard"]).await;
        let mut put = crate::replay::exchange("carddav", "put-vcard-update-if-match-ok");
        put["response"]["status"] = 404.into();
        replay.replace(0, put);
        let mut get = crate::replay::exchange("carddav", "get-vcard");
        if !is_there {
            get["response"]["status"] = 404.into();
        }
        replay.replace(1, get);
        let (read, card) = change(&book);
        let error = client
            .contacts()
            .replace(&book, &read, &card)
            .await
            .expect_err("refused");
        replay.done();
        assert_eq!(error.code(), told, "{error}");
    }
}
