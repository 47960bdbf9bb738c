//! Calendars and events, through every layer.

use nc_testkit::app::{Reply, TestApp, TestUser, send};
use serde_json::{Value, json};

/// An object as some other program writes it: odd order, folded lines, parameters and properties that nobody knows.
pub(crate) const FOREIGN: &str = "BEGIN:VCALENDAR\r\nPRODID:-//Foreign//Program//EN\r\nVERSION:2.0\r\nX-WR-CALNAME:Odd\r\n\
BEGIN:VTIMEZONE\r\nTZID:Private/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n\
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nTZOFFSETFROM:+0100\r\n\
TZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n\
SUMMARY;LANGUAGE=en:Foreign\r\nX-ODD;X-P=\"a;b\":kept \\, as\r\n  it is\r\nUID:foreign@example.org\r\nDTSTAMP:20260101T000000Z\r\n\
DTSTART;TZID=Private/Berlin;X-WHY=1:20270503T100000\r\nDTEND;TZID=Private/Berlin:20270503T110000\r\nDESCRIPTION:A text\r\n\
LOCATION:Here\r\nCATEGORIES:One,Two\r\nSTATUS:CONFIRMED\r\nCLASS:PUBLIC\r\nPRIORITY:3\r\nURL:https://example.org/a\r\n\
COLOR:tomato\r\nATTACH;FMTTYPE=text/plain:https://example.org/file\r\nBEGIN:VALARM\r\nUID:alarm\r\nACTION:DISPLAY\r\n\
X-ALARM:kept\r\nTRIGGER;VALUE=DURATION:-PT15M\r\nDESCRIPTION:Soon\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// A series of another program: Mondays and Wednesdays, one left out, one moved.
const SERIES: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Foreign//Program//EN\r\nBEGIN:VEVENT\r\nUID:series@example.org\r\n\
DTSTAMP:20260101T000000Z\r\nDTSTART:20270503T100000Z\r\nDTEND:20270503T110000Z\r\nRRULE:FREQ=DAILY;COUNT=10\r\n\
EXDATE:20270505T100000Z\r\nSUMMARY:Series\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:series@example.org\r\nDTSTAMP:20260101T000000Z\r\n\
RECURRENCE-ID:20270506T100000Z\r\nDTSTART:20270506T150000Z\r\nDTEND:20270506T160000Z\r\nSUMMARY:Moved\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

pub(crate) async fn dav(app: &TestApp, method: &str, user: &TestUser, path: &str, body: &str, kind: &str) -> Reply {
    let url = format!("{}/remote.php/dav/{path}", app.cloud_url);
    let request = app
        .http()
        .request(method.parse().expect("a method"), url)
        .header("authorization", user.basic())
        .header("content-type", kind)
        .body(body.to_owned());
    send(request).await
}

pub(crate) async fn put(app: &TestApp, path: &str, text: &str) {
    let place = format!("calendars/alice/personal/{path}");
    let reply = dav(app, "PUT", &app.alice, &place, text, "text/calendar").await;
    assert!(reply.status.is_success(), "{reply:?}");
}

pub(crate) async fn get(app: &TestApp, path: &str) -> String {
    let place = format!("calendars/alice/personal/{path}");
    let reply = dav(app, "GET", &app.alice, &place, "", "text/calendar").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.text
}

async fn update(app: &TestApp, uid: &str, fields: Value) -> Reply {
    let mut arguments = json!({ "calendar_name": "personal", "event_uid": uid });
    for (name, value) in fields.as_object().expect("fields") {
        arguments[name] = value.clone();
    }
    app.call("nc_calendar_update_event", &arguments).await
}

async fn listed(app: &TestApp, start: &str, end: &str) -> Vec<Value> {
    let arguments = json!({ "calendar_name": "personal", "start_date": start, "end_date": end });
    let list = app.call("nc_calendar_list_events", &arguments).await.structured();
    assert_eq!(list["errors"], json!([]), "{list}");
    list["events"].as_array().expect("events").clone()
}

fn starts(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["start"].as_str().expect("a start"))
        .collect()
}

#[tokio::test]
async fn an_event_lives_from_creation_to_deletion() {
    let app = TestApp::boot().await;
    let new = json!({
        "calendar_name": "Personal", "title": "Plan; a, b", "start_datetime": "2027-05-03T10:00:00",
        "end_datetime": "2027-05-03T11:30:00", "timezone": "Europe/Berlin", "categories": "Work, Team",
        "description": "Line\nline", "location": "Köln",
    });
    let made = app.call("nc_calendar_create_event", &new).await.structured();
    assert_eq!(
        (&made["status_code"], &made["start_utc"]),
        (&json!(201), &json!("2027-05-03T08:00:00Z"))
    );
    assert_eq!(made["start_datetime"], "2027-05-03T10:00:00+02:00");
    let path = made["href"]
        .as_str()
        .expect("href")
        .rsplit('/')
        .next()
        .expect("name")
        .to_owned();
    let stored = get(&app, &path).await;
    assert!(
        stored.contains("DTSTART;TZID=Europe/Berlin:20270503T100000\r\n"),
        "{stored}"
    );
    assert!(stored.contains("BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n"), "{stored}");
    assert!(
        stored.contains("SUMMARY:Plan\\; a\\, b\r\n") && stored.contains("TRIGGER:-PT15M\r\n"),
        "{stored}"
    );

    let events = listed(&app, "2027-05-03", "2027-05-03").await;
    assert_eq!((events.len(), &events[0]["uid"]), (1, &made["uid"]));
    assert_eq!(events[0]["categories"], json!(["Work", "Team"]));
    let one = json!({ "calendar_name": "personal", "event_uid": made["uid"] });
    let read = app.call("nc_calendar_get_event", &one).await.structured();
    assert_eq!(
        (&read["title"], &read["description"]),
        (&json!("Plan; a, b"), &json!("Line\nline"))
    );
    assert_eq!(
        (&read["etag"], &read["reminders"][0]["minutes_before"]),
        (&made["etag"], &json!(15))
    );

    let moved = json!({ "start_datetime": "2027-05-04T09:00:00", "etag": read["etag"] });
    let moved = update(&app, made["uid"].as_str().expect("uid"), moved)
        .await
        .structured();
    assert_eq!(moved["end_datetime"], "2027-05-04T10:30:00+02:00");
    assert_ne!(moved["etag"], read["etag"]);
    assert!(get(&app, &path).await.contains("SEQUENCE:1\r\n"));

    let gone = app.call("nc_calendar_delete_event", &one).await.structured();
    assert_eq!(
        (&gone["deleted_uid"], &gone["status_code"]),
        (&made["uid"], &json!(204))
    );
    for tool in ["nc_calendar_get_event", "nc_calendar_delete_event"] {
        let text = app.call(tool, &one).await.error_text();
        assert!(text.starts_with("not_found: "), "{text}");
    }
}

#[tokio::test]
async fn a_time_without_a_zone_is_never_guessed() {
    let app = TestApp::boot().await;
    let new = |start: &str| json!({ "calendar_name": "personal", "title": "Plan", "start_datetime": start });
    let text = app
        .call("nc_calendar_create_event", &new("2027-05-03T10:00:00"))
        .await
        .error_text();
    assert!(
        text.starts_with("invalid_argument: ") && text.contains("timezone"),
        "{text}"
    );
    let day = app
        .call("nc_calendar_create_event", &new("2027-05-03"))
        .await
        .structured();
    assert_eq!(
        (&day["start_datetime"], &day["end_datetime"]),
        (&json!("2027-05-03"), &json!("2027-05-04"))
    );
    assert_eq!(day["last_day"], "2027-05-03");
    let utc = app
        .call("nc_calendar_create_event", &new("2027-05-03T10:00:00Z"))
        .await
        .structured();
    assert_eq!(utc["start_datetime"], "2027-05-03T10:00:00Z");
    let mut wrong = new("2027-05-03");
    wrong["end_datetime"] = json!("2027-05-03");
    let text = app.call("nc_calendar_create_event", &wrong).await.error_text();
    assert!(text.contains("day after its last"), "{text}");
}

/// The lines of an object, without those that every change writes.
fn lines(text: &str) -> Vec<&str> {
    let stamps = ["DTSTAMP", "LAST-MODIFIED", "SEQUENCE"];
    text.split("\r\n")
        .filter(|line| !stamps.iter().any(|name| line.starts_with(name)))
        .collect()
}

#[tokio::test]
async fn each_single_field_can_be_changed_alone_and_leaves_the_rest_as_it_was() {
    let app = TestApp::boot().await;
    // The field, and the lines that it may change.
    let cases = [
        (json!({ "title": "Other" }), vec!["SUMMARY"]),
        (
            json!({ "start_datetime": "2027-05-04T10:00:00" }),
            vec!["DTSTART", "DTEND"],
        ),
        (json!({ "end_datetime": "2027-05-03T12:00:00" }), vec!["DTEND"]),
        (
            json!({ "description": "Other" }),
            vec!["DESCRIPTION:A text", "DESCRIPTION:Other"],
        ),
        (json!({ "location": "There" }), vec!["LOCATION"]),
        (json!({ "location": "" }), vec!["LOCATION"]),
        (json!({ "categories": "Three" }), vec!["CATEGORIES"]),
        (
            json!({ "recurrence_rule": "FREQ=WEEKLY;COUNT=3" }),
            vec!["RRULE:FREQ=WEEKLY"],
        ),
        (json!({ "reminder_minutes": 30 }), vec!["TRIGGER"]),
        (json!({ "status": "tentative" }), vec!["STATUS"]),
        (json!({ "priority": 1 }), vec!["PRIORITY"]),
        (json!({ "privacy": "PRIVATE" }), vec!["CLASS"]),
        (json!({ "url": "https://example.org/b" }), vec!["URL"]),
        (json!({ "color": "gold" }), vec!["COLOR"]),
    ];
    for (number, (fields, may_change)) in cases.iter().enumerate() {
        let (path, uid) = (format!("{number}.ics"), format!("foreign{number}@example.org"));
        let before = FOREIGN.replace("foreign@example.org", &uid);
        put(&app, &path, &before).await;
        update(&app, &uid, fields.clone()).await.structured();
        let after = get(&app, &path).await;
        assert_ne!(lines(&after), lines(&before), "{fields}");
        let rest = |text: &str| -> Vec<String> {
            let kept = lines(text)
                .into_iter()
                .filter(|line| !may_change.iter().any(|name| line.starts_with(name)));
            kept.map(str::to_owned).collect()
        };
        assert_eq!(rest(&after), rest(&before), "{fields}");
    }
    put(&app, "same.ics", FOREIGN).await;
    let same = json!({ "title": "Foreign", "location": "Here", "categories": "One,Two", "reminder_minutes": 15 });
    let reply = update(&app, "foreign@example.org", same).await.structured();
    assert_eq!(reply["status_code"], 200);
    assert_eq!(get(&app, "same.ics").await, FOREIGN, "nothing was written");
    let told = update(&app, "foreign@example.org", json!({ "timezone": "Europe/London" }))
        .await
        .structured();
    assert_eq!(
        told["start_datetime"], "2027-05-03T09:00:00+01:00",
        "the same moment on another clock"
    );
}

#[tokio::test]
async fn a_stale_etag_is_a_conflict_that_tells_the_new_one() {
    let app = TestApp::boot().await;
    put(&app, "a.ics", FOREIGN).await;
    let one = json!({ "calendar_name": "personal", "event_uid": "foreign@example.org" });
    let old = app.call("nc_calendar_get_event", &one).await.structured()["etag"].clone();
    let new = update(&app, "foreign@example.org", json!({ "title": "New" }))
        .await
        .structured()["etag"]
        .clone();
    let text = update(&app, "foreign@example.org", json!({ "title": "Lost", "etag": old }))
        .await
        .error_text();
    assert!(
        text.starts_with("conflict: ") && text.contains(new.as_str().expect("etag")),
        "{text}"
    );
    let mut delete = one.clone();
    delete["etag"] = old;
    let text = app.call("nc_calendar_delete_event", &delete).await.error_text();
    assert!(text.starts_with("conflict: "), "{text}");
    assert!(get(&app, "a.ics").await.contains(":New\r\n"));
}

#[tokio::test]
async fn one_time_of_a_series_is_changed_or_deleted_without_the_others() {
    let app = TestApp::boot().await;
    put(&app, "s.ics", SERIES).await;
    let all = listed(&app, "2027-05-01", "2027-05-31").await;
    assert_eq!(all.len(), 9);
    assert_eq!(
        (&all[2]["summary"], &all[2]["start"]),
        (&json!("Moved"), &json!("2027-05-06T15:00:00Z"))
    );
    assert_eq!(all[2]["recurrence_id"], "2027-05-06T10:00:00Z");

    let text = update(
        &app,
        "series@example.org",
        json!({ "start_datetime": "2027-05-03T12:00:00Z" }),
    )
    .await
    .error_text();
    assert!(text.starts_with("recurrence_scope_required: "), "{text}");
    let id = json!({ "recurrence_id": "2027-05-04T10:00:00Z", "recurrence_scope": "this", "title": "One", "start_datetime": "2027-05-04T12:00:00Z" });
    update(&app, "series@example.org", id).await.structured();
    let all = listed(&app, "2027-05-01", "2027-05-31").await;
    assert_eq!(
        (&all[1]["summary"], &all[1]["start"]),
        (&json!("One"), &json!("2027-05-04T12:00:00Z"))
    );
    assert_eq!(all.iter().filter(|event| event["summary"] == "Series").count(), 7);

    let mut delete = json!({ "calendar_name": "personal", "event_uid": "series@example.org" });
    let text = app.call("nc_calendar_delete_event", &delete).await.error_text();
    assert!(text.starts_with("recurrence_scope_required: "), "{text}");
    delete["recurrence_scope"] = json!("this");
    delete["recurrence_id"] = json!("2027-05-06T10:00:00Z");
    app.call("nc_calendar_delete_event", &delete).await.structured();
    let text = get(&app, "s.ics").await;
    assert!(!text.contains("Moved") && text.contains("20270506T100000Z"), "{text}");
    delete["recurrence_scope"] = json!("following");
    delete["recurrence_id"] = json!("2027-05-10T10:00:00Z");
    app.call("nc_calendar_delete_event", &delete).await.structured();
    let left = listed(&app, "2027-05-01", "2027-05-31").await;
    let expected = [
        "2027-05-03T10:00:00Z",
        "2027-05-04T12:00:00Z",
        "2027-05-07T10:00:00Z",
        "2027-05-08T10:00:00Z",
        "2027-05-09T10:00:00Z",
    ];
    assert_eq!(starts(&left), expected);
    delete["recurrence_scope"] = json!("all");
    app.call("nc_calendar_delete_event", &delete).await.structured();
    assert!(listed(&app, "2027-05-01", "2027-05-31").await.is_empty());
}

#[tokio::test]
async fn a_series_is_cut_in_two_and_moved_whole_with_what_differs() {
    let app = TestApp::boot().await;
    put(&app, "s.ics", SERIES).await;
    let later = json!({ "recurrence_id": "2027-05-10", "recurrence_scope": "following", "title": "Later", "location": "There" });
    let cut = update(&app, "series@example.org", later).await.structured();
    assert!(cut["new_uid"].is_string() && cut["new_uid"] != cut["uid"], "{cut}");
    let all = listed(&app, "2027-05-01", "2027-05-31").await;
    assert_eq!(all.len(), 9);
    let later = all
        .iter()
        .filter(|event| event["summary"] == "Later" && event["uid"] == cut["new_uid"])
        .count();
    assert_eq!(later, 3);

    let move_all = json!({ "start_datetime": "2027-05-03T11:00:00Z", "recurrence_scope": "all" });
    let text = update(&app, "series@example.org", move_all).await.error_text();
    assert!(text.starts_with("overrides_decision_required: "), "{text}");
    let shift = json!({ "start_datetime": "2027-05-03T11:00:00Z", "recurrence_scope": "all", "overrides": "shift" });
    update(&app, "series@example.org", shift).await.structured();
    let all = listed(&app, "2027-05-01", "2027-05-09").await;
    let expected = [
        "2027-05-03T11:00:00Z",
        "2027-05-04T11:00:00Z",
        "2027-05-06T15:00:00Z",
        "2027-05-07T11:00:00Z",
        "2027-05-08T11:00:00Z",
        "2027-05-09T11:00:00Z",
    ];
    assert_eq!(starts(&all), expected);
}

#[tokio::test]
async fn people_are_told_only_when_the_caller_says_so_and_an_answer_touches_one_line() {
    let app = TestApp::boot().await;
    let meeting = |send: bool| {
        json!({
            "title": "Talk", "date": "2027-05-03", "time": "10:00", "timezone": "Europe/Berlin",
            "attendees": "bob@example.org", "send_invitations": send,
        })
    };
    let quiet = app
        .call("nc_calendar_create_meeting", &meeting(false))
        .await
        .structured();
    assert_eq!(quiet["invitations_sent"], false);
    assert!(
        quiet["message"]
            .as_str()
            .is_some_and(|text| text.contains("send_invitations")),
        "{quiet}"
    );
    let bobs = "calendars/bob/personal/";
    let list = dav(&app, "PROPFIND", &app.bob, bobs, "", "application/xml").await;
    assert!(!list.text.contains(".ics"), "{list:?}");
    let loud = app
        .call("nc_calendar_create_meeting", &meeting(true))
        .await
        .structured();
    assert_eq!(loud["invitations_sent"], true);
    let list = dav(&app, "PROPFIND", &app.bob, bobs, "", "application/xml").await;
    assert!(list.text.contains(".ics"), "{list:?}");

    let invitation = FOREIGN.replace("foreign@example.org", "invited@example.org").replace(
        "LOCATION:Here\r\n",
        "ORGANIZER:mailto:bob@example.org\r\nATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:mailto:bob@example.org\r\n\
            ATTENDEE;CN=Alice;X-P=1;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice@example.org\r\n",
    );
    put(&app, "invited.ics", &invitation).await;
    let reply = update(&app, "invited@example.org", json!({ "reply": "accepted" }))
        .await
        .structured();
    assert_eq!(reply["status_code"], 204);
    let changed = |text: &str| -> Vec<String> {
        let before = invitation.split("\r\n").collect::<Vec<_>>();
        text.split("\r\n")
            .filter(|line| !before.contains(line))
            .map(str::to_owned)
            .collect()
    };
    let after = get(&app, "invited.ics").await.replace("\r\n ", "");
    let differing = changed(&after);
    // What the server notes about telling the organiser is its own.
    let by_us = differing
        .iter()
        .filter(|line| !line.starts_with("ORGANIZER") && !line.starts_with("X-ODD"));
    assert_eq!(
        by_us.collect::<Vec<_>>(),
        ["ATTENDEE;CN=Alice;X-P=1;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:alice@example.org"]
    );
    let text = update(&app, "invited@example.org", json!({ "attendees": "carol@example.org" }))
        .await
        .error_text();
    assert!(text.starts_with("forbidden: "), "{text}");
    let warned = update(&app, "invited@example.org", json!({ "location": "Mine" }))
        .await
        .structured();
    assert!(
        warned["message"]
            .as_str()
            .is_some_and(|text| text.contains("organises")),
        "{warned}"
    );
}

#[tokio::test]
async fn a_calendar_that_can_only_be_read_is_shown_so_and_not_written() {
    let app = TestApp::boot().await;
    let share = r#"<o:share xmlns:o="http://owncloud.org/ns" xmlns:d="DAV:"><o:set><d:href>principal:principals/users/alice</d:href></o:set></o:share>"#;
    let reply = dav(
        &app,
        "POST",
        &app.bob,
        "calendars/bob/personal/",
        share,
        "application/xml",
    )
    .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let list = app.call("nc_calendar_list_calendars", &json!({})).await.structured();
    let calendars = list["calendars"].as_array().expect("calendars");
    assert_eq!(
        (&calendars[0]["name"], &calendars[0]["is_default"]),
        (&json!("personal"), &json!(true))
    );
    let shared = calendars
        .iter()
        .find(|calendar| calendar["kind"] == "shared")
        .expect("shared");
    assert_eq!(
        (&shared["read_only"], &shared["name"]),
        (&json!(true), &json!("personal_shared_by_bob"))
    );
    let new = json!({ "calendar_name": shared["name"], "title": "No", "start_datetime": "2027-05-03" });
    let text = app.call("nc_calendar_create_event", &new).await.error_text();
    assert!(text.starts_with("forbidden: ") && text.contains("read-only"), "{text}");
}

#[tokio::test]
async fn free_times_are_found_and_unknown_people_are_told() {
    let app = TestApp::boot().await;
    put(&app, "a.ics", FOREIGN).await;
    let busy = FOREIGN.replace("T100000", "T140000").replace("T110000", "T150000");
    let reply = dav(
        &app,
        "PUT",
        &app.bob,
        "calendars/bob/personal/b.ics",
        &busy,
        "text/calendar",
    )
    .await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let ask = json!({
        "duration_minutes": 120, "attendees": "bob@example.org, nobody@example.net", "date_range_start": "2027-05-03",
        "date_range_end": "2027-05-03", "timezone": "Europe/Berlin",
    });
    let found = app.call("nc_calendar_find_availability", &ask).await.structured();
    let slots: Vec<&str> = found["available_slots"]
        .as_array()
        .expect("slots")
        .iter()
        .map(|slot| &slot["start"].as_str().expect("a start")[11..16])
        .collect();
    assert_eq!(slots, ["11:00", "15:00"], "{found}");
    assert_eq!(found["attendees_checked"], json!(["bob@example.org"]));
    assert_eq!(found["attendees_unknown"][0]["email"], "nobody@example.net");
}

#[tokio::test]
async fn many_events_are_shown_first_and_then_changed_each_on_its_own() {
    let app = TestApp::boot().await;
    for number in 0..3 {
        let text = FOREIGN.replace("foreign@", &format!("f{number}@"));
        put(&app, &format!("{number}.ics"), &text).await;
    }
    put(&app, "s.ics", SERIES).await;
    let mut ask = json!({
        "operation": "update", "calendar_name": "personal", "start_date": "2027-05-01", "end_date": "2027-05-31",
        "new_location": "Elsewhere",
    });
    let shown = app.call("nc_calendar_bulk_operations", &ask).await.structured();
    assert_eq!(
        (&shown["dry_run"], &shown["total_found"], &shown["updated_count"]),
        (&json!(true), &json!(4), &json!(0))
    );
    assert_eq!(shown["skipped_count"], 1, "{shown}");
    assert!(get(&app, "0.ics").await.contains("LOCATION:Here"));
    ask["dry_run"] = json!(false);
    let done = app.call("nc_calendar_bulk_operations", &ask).await.structured();
    assert_eq!(
        (&done["updated_count"], &done["skipped_count"], &done["failed_count"]),
        (&json!(3), &json!(1), &json!(0))
    );
    for number in 0..3 {
        assert!(get(&app, &format!("{number}.ics")).await.contains("LOCATION:Elsewhere"));
    }
    let other = json!({ "action": "create", "display_name": "Other Place", "components": "events" });
    let made = app.call("nc_calendar_manage_calendar", &other).await.structured();
    assert_eq!(
        (&made["name"], &made["color"]),
        (&json!("other-place"), &json!("#1976D2"))
    );
    ask["operation"] = json!("move");
    ask["title_contains"] = json!("foreign");
    ask["target_calendar"] = json!("other-place");
    let moved = app.call("nc_calendar_bulk_operations", &ask).await.structured();
    assert_eq!(moved["moved_count"], 3, "{moved}");
    let delete = json!({
        "operation": "delete", "calendar_name": "other-place", "start_date": "2027-05-01", "end_date": "2027-05-31",
        "dry_run": false,
    });
    let gone = app.call("nc_calendar_bulk_operations", &delete).await.structured();
    assert_eq!(gone["deleted_count"], 3, "{gone}");
    let text = app
        .call("nc_calendar_bulk_operations", &json!({ "operation": "delete" }))
        .await
        .error_text();
    assert!(text.contains("filter"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_writers_of_one_event_lose_no_change() {
    let app = TestApp::boot().await;
    put(&app, "a.ics", FOREIGN).await;
    let one = json!({ "calendar_name": "personal", "event_uid": "foreign@example.org" });
    let conflicts = std::sync::atomic::AtomicUsize::new(0);
    // One names no version, one the version it read; each has a field of its own.
    let blind = async {
        for number in 0..100 {
            let reply = update(
                &app,
                "foreign@example.org",
                json!({ "description": format!("d{number}") }),
            )
            .await;
            reply.structured();
        }
    };
    let careful = async {
        let mut landed = "Here".to_owned();
        for number in 0..100 {
            let read = app.call("nc_calendar_get_event", &one).await.structured();
            assert_eq!(read["location"], landed.as_str(), "a change was lost");
            let new = format!("l{number}");
            let reply = update(
                &app,
                "foreign@example.org",
                json!({ "location": new, "etag": read["etag"] }),
            )
            .await;
            if reply.result()["isError"] == true {
                assert!(reply.error_text().starts_with("conflict: "), "{reply:?}");
                conflicts.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            } else {
                landed = new;
            }
        }
        landed
    };
    let ((), landed) = tokio::join!(blind, careful);
    let read = app.call("nc_calendar_get_event", &one).await.structured();
    assert_eq!(
        (&read["description"], &read["location"]),
        (&json!("d99"), &json!(landed))
    );
    assert_ne!(landed, "Here", "nothing of the careful writer landed");
    let rest = get(&app, "a.ics").await;
    assert!(
        rest.contains("X-ALARM:kept") && rest.contains("X-ODD;X-P=\"a;b\":kept \\, as\r\n  it is\r\n"),
        "{rest}"
    );
}
