//! Calendars and their objects, against recorded traffic.

use std::ops::Range;

use chrono::{DateTime, TimeZone, Utc};
use nc_client::{
    Calendar, CalendarChanges, CalendarKind, CalendarObject, CalendarPatch, ComponentKind, Error, ObjectFilter, Subject,
};
use nc_proto::{content::Document, etag::ETag};
use serde_json::Value;

use crate::replay::{Replay, exchange};

const DISCOVERY: [&str; 2] = ["principal-discovery-at-dav-root", "principal-properties"];
const SUBJECT: Subject = Subject::named("the event");

fn day(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, day, 0, 0, 0).unwrap()
}

/// A client that knows the calendar `fx-work`, as it was after it was renamed.
async fn work(names: &[&str]) -> (std::sync::Arc<Replay>, nc_client::Client, Calendar) {
    work_as(names, "calendar-depth-0-after-proppatch", "carol/fx-work").await
}

async fn work_as(names: &[&str], listing: &str, place: &str) -> (std::sync::Arc<Replay>, nc_client::Client, Calendar) {
    let mut home = exchange("caldav", listing);
    home["request"]["path"] = Value::from("/remote.php/dav/calendars/carol/");
    home["request"]["headers"]["Depth"] = Value::from("1");
    let mut exchanges: Vec<Value> = DISCOVERY.iter().map(|name| exchange("caldav", name)).collect();
    exchanges.push(home);
    exchanges.extend(names.iter().map(|name| exchange("caldav", name)));
    let (replay, client) = Replay::start_with(exchanges);
    let calendars = client.calendars().list().await.expect("calendars");
    let calendar = calendars
        .into_iter()
        .find(|calendar| calendar.path.to_string().ends_with(place))
        .expect(place);
    (replay, client, calendar)
}

/// An exchange about an object whose name the client chooses.
fn of_new(name: &str) -> Value {
    let mut exchange = exchange("caldav", name);
    exchange["request"]["path"] = Value::from("/remote.php/dav/calendars/carol/fx-work/NEW");
    exchange
}

fn body(name: &str) -> Document {
    let exchange = exchange("caldav", name);
    Document::parse(exchange["request"]["body"].as_str().expect("body").as_bytes()).expect("an object")
}

fn object(name: &str) -> CalendarObject {
    let exchange = exchange("caldav", name);
    let path = exchange["request"]["path"].as_str().expect("path");
    let etag = exchange["request"]["headers"]["If-Match"].as_str();
    CalendarObject {
        path: nc_proto::dav::DavPath::decode(path).expect("path"),
        etag: ETag::parse(etag.unwrap_or("none")).expect("etag"),
        document: exchange["request"]["body"].as_str().map_or_else(
            || body("put-event-create-if-none-match"),
            |body| Document::parse(body.as_bytes()).expect("an object"),
        ),
    }
}

#[tokio::test]
async fn calendars_are_listed_without_inbox_outbox_and_trash_writable_ones_first() {
    let names = [DISCOVERY[0], DISCOVERY[1], "calendar-home-depth-1"];
    let (replay, client) = Replay::start("caldav", &names);
    let calendars = client.calendars().list().await.expect("calendars");
    replay.done();
    let seen: Vec<_> = calendars
        .iter()
        .map(|calendar| (calendar.name.as_str(), calendar.read_only, calendar.kind))
        .collect();
    let expected = [
        ("personal", false, CalendarKind::Own),
        ("contact_birthdays", true, CalendarKind::Birthdays),
    ];
    assert_eq!(seen, expected);
    assert!(calendars[0].is_default && calendars[0].takes(ComponentKind::Todo));
    assert!(!calendars[1].takes(ComponentKind::Todo) && !calendars[1].is_default);
    assert_eq!(calendars[1].color.as_deref(), Some("#E9D859"));
    assert_eq!(calendars[0].sync_token.as_deref(), Some("http://sabre.io/ns/sync/1"));
}

#[tokio::test]
async fn a_deleted_calendar_is_not_listed() {
    let names = [DISCOVERY[0], DISCOVERY[1], "deleted-calendar-in-home"];
    let (replay, client) = Replay::start("caldav", &names);
    let calendars = client.calendars().list().await.expect("calendars");
    replay.done();
    assert!(!calendars.is_empty());
    assert!(
        calendars.iter().all(|calendar| calendar.name != "fx-tasks"),
        "{calendars:?}"
    );
}

#[tokio::test]
async fn a_calendar_is_found_by_its_address_or_its_name_for_people() {
    let names = [
        DISCOVERY[0],
        DISCOVERY[1],
        "calendar-home-depth-1",
        "calendar-home-depth-1",
        "calendar-home-depth-1",
    ];
    let (replay, client) = Replay::start("caldav", &names);
    let calendars = client.calendars();
    assert_eq!(calendars.find("personal").await.expect("found").name, "personal");
    assert_eq!(
        calendars.find("contact Birthdays").await.expect("found").name,
        "contact_birthdays"
    );
    let error = calendars.find("work").await.expect_err("missing");
    assert_eq!(
        error.to_string(),
        "the calendar \"work\" (there are: personal, contact_birthdays) was not found"
    );
    replay.done();
}

#[tokio::test]
async fn a_new_object_gets_a_name_of_its_own_and_never_replaces_another() {
    let (replay, client, calendar) = work(&["put-event-create-if-none-match"]).await;
    replay.replace(0, of_new("put-event-create-if-none-match"));
    let document = body("put-event-create-if-none-match");
    let stored = client
        .calendars()
        .create(&calendar, ComponentKind::Event, &document, &SUBJECT)
        .await
        .expect("stored");
    replay.done();
    assert_eq!(stored.status, 201);
    assert_eq!(stored.etag.opaque(), "2dd6b2d81b89b40712b14342f3795fd4");
    assert_eq!(stored.changed, None);
    assert!(calendar.holds(&stored.path));
}

#[tokio::test]
async fn an_answer_without_version_is_followed_by_a_look_at_what_was_stored() {
    let (replay, client, calendar) = work(&[
        "invite-put-event-with-attendee",
        "invite-organizer-copy-has-schedule-status",
    ])
    .await;
    replay.replace(0, of_new("invite-put-event-with-attendee"));
    replay.replace(1, of_new("invite-organizer-copy-has-schedule-status"));
    let document = body("invite-put-event-with-attendee");
    let stored = client
        .calendars()
        .create(&calendar, ComponentKind::Event, &document, &SUBJECT)
        .await
        .expect("stored");
    replay.done();
    assert_eq!(stored.etag.opaque(), "2f1f2cb99debd2ba40946cc64b457944");
    let text = stored.changed.expect("another text").to_bytes();
    assert!(String::from_utf8_lossy(&text).contains("SCHEDULE-STATUS=5.0"));
}

#[tokio::test]
async fn an_old_version_is_a_conflict_that_tells_the_new_one() {
    let names = [
        "put-event-update-if-match-ok",
        "put-event-update-if-match-stale",
        "delete-event-if-match-stale",
    ];
    let (replay, client, calendar) = work(&names).await;
    let calendars = client.calendars();
    let stored = calendars
        .update(&calendar, &object("put-event-update-if-match-ok"), &SUBJECT)
        .await
        .expect("stored");
    assert_eq!(
        (stored.status, stored.etag.opaque()),
        (204, "75fb3b6f074fb63d1dc37b00311ea360")
    );
    let stale = object("put-event-update-if-match-stale");
    let update = calendars.update(&calendar, &stale, &SUBJECT).await.expect_err("stale");
    let delete = calendars
        .delete(&calendar, &stale.path, &stale.etag, &SUBJECT)
        .await
        .expect_err("stale");
    replay.done();
    for error in [update, delete] {
        let Error::Conflict { current, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(current.etag.expect("etag").opaque(), "75fb3b6f074fb63d1dc37b00311ea360");
    }
}

#[tokio::test]
async fn tasks_do_not_go_into_a_calendar_for_events_and_nothing_into_one_that_can_only_be_read() {
    let (replay, client, calendar) = work(&[]).await;
    let document = body("put-todo");
    let calendars = client.calendars();
    let error = calendars
        .create(&calendar, ComponentKind::Todo, &document, &SUBJECT)
        .await
        .expect_err("refused");
    assert_eq!(
        error.to_string(),
        "calendar_name: the calendar \"fx-work\" takes no tasks"
    );
    let mut locked = calendar;
    locked.read_only = true;
    let error = calendars
        .create(&locked, ComponentKind::Event, &document, &SUBJECT)
        .await
        .expect_err("refused");
    assert_eq!(error.code(), "forbidden");
    replay.done();
}

#[tokio::test]
async fn a_calendar_that_is_not_found_when_it_is_written_to_can_only_be_read() {
    let mut home = exchange("caldav", "share-calendar-home-of-sharee");
    home["request"]["path"] = Value::from("/remote.php/dav/calendars/carol/");
    let mut exchanges: Vec<Value> = DISCOVERY.iter().map(|name| exchange("caldav", name)).collect();
    exchanges.push(home);
    let mut refused = exchange("caldav", "share-calendar-sharee-writes-forbidden");
    refused["request"]["path"] = Value::from("/remote.php/dav/calendars/dave/fx-work_shared_by_carol/NEW");
    exchanges.push(refused);
    let (replay, client) = Replay::start_with(exchanges);
    let calendars = client.calendars();
    let mut shared = calendars.find("fx-work_shared_by_carol").await.expect("shared");
    assert!(shared.read_only);
    // A server that does not tell what may be done.
    shared.read_only = false;
    let document = body("share-calendar-sharee-writes-forbidden");
    let error = calendars
        .create(&shared, ComponentKind::Event, &document, &SUBJECT)
        .await
        .expect_err("refused");
    replay.done();
    assert_eq!(error.code(), "forbidden");
    assert!(error.to_string().contains("it is read-only for you"), "{error}");
}

#[tokio::test]
async fn objects_are_found_by_time_and_unreadable_ones_are_told() {
    let (replay, client, calendar) = work(&["calendar-query-time-range", "calendar-query-no-hit"]).await;
    let filter = |range: Range<DateTime<Utc>>| ObjectFilter {
        range: Some(range),
        ..ObjectFilter::all(ComponentKind::Event)
    };
    let found = client
        .calendars()
        .query(&calendar, &filter(day(23)..day(28)))
        .await
        .expect("found");
    assert!(found.len() >= 4, "{found:?}");
    assert!(
        found
            .iter()
            .all(|object| object.document.is_ok() && object.etag.is_some())
    );
    let none = client
        .calendars()
        .query(&calendar, &filter(day(1)..day(2)))
        .await
        .expect("found");
    assert!(none.is_empty());
    let error = client
        .calendars()
        .query(&calendar, &filter(day(2)..day(2)))
        .await
        .expect_err("empty");
    assert_eq!(error.code(), "invalid_input");
    replay.done();
}

#[tokio::test]
async fn an_object_is_found_by_its_uid_and_read_from_its_address() {
    let (replay, client, calendar) = work(&[
        "calendar-query-text-match-summary",
        "get-event",
        "calendar-query-no-hit",
    ])
    .await;
    let mut get = exchange("caldav", "get-event");
    get["request"]["path"] = Value::from("/remote.php/dav/calendars/carol/fx-work/uni.ics");
    replay.replace(1, get);
    let calendars = client.calendars();
    let found = calendars
        .find_uid(&calendar, ComponentKind::Event, "ev-uni@example.org", &SUBJECT)
        .await
        .expect("found");
    assert_eq!(found.path.name(), Some("uni.ics"));
    let error = calendars
        .find_uid(&calendar, ComponentKind::Event, "other", &SUBJECT)
        .await
        .expect_err("missing");
    replay.done();
    assert_eq!(error.to_string(), "the event was not found");
}

#[tokio::test]
async fn several_objects_are_read_at_once_and_the_missing_one_is_told() {
    let (replay, client, calendar) = work(&["multiget-two-and-one-missing"]).await;
    let paths = ["one.ics", "allday.ics", "missing.ics"].map(|name| calendar.path.child(name));
    let found = client.calendars().multiget(&calendar, &paths).await.expect("found");
    replay.done();
    let seen: Vec<bool> = found.iter().map(|object| object.document.is_ok()).collect();
    assert_eq!(seen, [true, true, false]);
    assert_eq!(found[2].path, paths[2]);
}

#[tokio::test]
async fn calendars_are_made_changed_and_deleted() {
    let mut home = exchange("caldav", "calendar-depth-0-after-proppatch");
    home["request"]["path"] = Value::from("/remote.php/dav/calendars/carol/");
    home["request"]["headers"]["Depth"] = Value::from("1");
    let mut deleted = exchange("caldav", "delete-calendar");
    deleted["request"]["path"] = Value::from("/remote.php/dav/calendars/carol/fx-work/");
    let mut exchanges: Vec<Value> = DISCOVERY.iter().map(|name| exchange("caldav", name)).collect();
    exchanges.push(exchange("caldav", "mkcalendar-events"));
    exchanges.push(home.clone());
    exchanges.push(exchange("caldav", "proppatch-colour-and-name"));
    exchanges.push(home);
    exchanges.push(deleted);
    exchanges.push(exchange("caldav", "mkcalendar-existing"));
    let (replay, client) = Replay::start_with(exchanges);
    let calendars = client.calendars();
    let patch = CalendarPatch {
        display_name: Some("Work".to_owned()),
        color: Some("#FF0000".to_owned()),
        ..CalendarPatch::default()
    };
    let kinds = [ComponentKind::Event];
    let made = calendars
        .create_calendar("fx-work", &patch, &kinds)
        .await
        .expect("made");
    assert!(!made.read_only && made.takes(ComponentKind::Event));
    calendars.change_calendar(&made, &patch).await.expect("changed");
    assert_eq!(calendars.delete_calendar(&made).await.expect("deleted"), 204);
    let error = calendars
        .create_calendar("fx-work", &patch, &kinds)
        .await
        .expect_err("taken");
    replay.done();
    assert_eq!(error.code(), "already_exists");
}

#[tokio::test]
async fn names_that_leave_the_home_are_refused() {
    let (replay, client) = Replay::start("caldav", &[]);
    for name in ["", "..", "../dave/x", "a/b"] {
        let error = client
            .calendars()
            .create_calendar(name, &CalendarPatch::default(), &[])
            .await
            .expect_err(name);
        assert_eq!(error.code(), "invalid_input", "{name}");
    }
    replay.done();
}

#[tokio::test]
async fn busy_times_are_asked_for_and_unknown_people_are_told() {
    let names = [DISCOVERY[0], DISCOVERY[1], "outbox-free-busy-for-attendee"];
    let (replay, client) = Replay::start("caldav", &names);
    let attendees = ["dave@example.org".to_owned(), "nobody@example.net".to_owned()];
    let busy = client
        .calendars()
        .busy(&attendees, day(24)..day(25))
        .await
        .expect("busy");
    replay.done();
    assert_eq!(busy[0].attendee, "dave@example.org");
    assert_eq!(busy[0].busy, Ok(Vec::new()));
    assert_eq!(busy[1].busy, Err("Could not find principal".to_owned()));
}

#[tokio::test]
async fn a_token_of_no_use_means_asking_for_everything() {
    let names = [
        "sync-collection-delta",
        "sync-collection-garbage-token",
        "sync-collection-invalid-token",
    ];
    let (replay, client, calendar) = work(&names).await;
    let calendars = client.calendars();
    let CalendarChanges::Since { objects, token } = calendars
        .changes(&calendar, Some("http://sabre.io/ns/sync/1"))
        .await
        .expect("changes")
    else {
        panic!("changes");
    };
    assert!(!objects.is_empty() && objects.iter().all(|object| calendar.holds(&object.path)));
    assert!(token.starts_with("http://sabre.io/ns/sync/"));
    for token in ["garbage", "http://sabre.io/ns/sync/99999"] {
        let changes = calendars.changes(&calendar, Some(token)).await.expect("changes");
        assert_eq!(changes, CalendarChanges::ResyncNeeded, "{token}");
    }
    replay.done();
}

/// As a proxy in between leaves an answer that it compressed.
fn weakened(mut exchange: Value) -> Value {
    let headers = &mut exchange["response"]["headers"];
    let etag = headers["ETag"].as_str().expect("an etag").to_owned();
    headers["OC-ETag"] = Value::from(etag.clone());
    headers["ETag"] = Value::from(format!("W/{etag}"));
    exchange
}

#[tokio::test]
async fn a_version_survives_a_proxy_that_compresses() {
    let recorded = exchange("caldav", "get-event");
    let etag = ETag::parse(recorded["response"]["headers"]["ETag"].as_str().expect("an etag")).expect("an etag");
    let path = recorded["request"]["path"].as_str().expect("a path");
    let path = nc_proto::dav::DavPath::decode(path).expect("a path");
    let (replay, client) = Replay::start_with(vec![
        weakened(recorded),
        weakened(of_new("put-event-create-if-none-match")),
    ]);
    let read = client.calendars().get(&path, &SUBJECT).await.expect("an object");
    assert_eq!(read.etag.header_value(), etag.header_value());
    let (_, _, calendar) = work(&[]).await;
    let document = body("put-event-create-if-none-match");
    let stored = client
        .calendars()
        .create(&calendar, ComponentKind::Event, &document, &SUBJECT)
        .await
        .expect("stored");
    replay.done();
    assert!(!stored.etag.header_value().starts_with("W/"), "{:?}", stored.etag);
}
