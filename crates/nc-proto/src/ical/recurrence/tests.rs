use chrono::NaiveDateTime;

use super::*;
use crate::{content::Document, ical::zones::zone_named};

fn utc(text: &str) -> DateTime<Utc> {
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S")
        .expect("a time")
        .and_utc()
}

fn calendar(components: &str) -> Component {
    let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{components}END:VCALENDAR\r\n");
    let document = Document::parse(text.replace('\n', "\r\n").replace("\r\r", "\r").as_bytes()).expect("a calendar");
    document.root().expect("a calendar").clone()
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:1\n{lines}\nEND:VEVENT\n")
}

fn berlin() -> Zone {
    zone_named("Europe/Berlin").expect("a zone")
}

fn found(calendar: &Component, kind: &str, from: &str, until: &str) -> Vec<Occurrence> {
    let found = occurrences(calendar, kind, utc(from)..utc(until), &berlin(), 1000).expect("occurrences");
    assert!(!found.truncated);
    found.list
}

/// Start and end of the occurrences of one event in 2026.
fn of_2026(lines: &str) -> Vec<String> {
    found(&calendar(&event(lines)), "VEVENT", "20260101T000000", "20270101T000000")
        .iter()
        .map(|one| {
            format!(
                "{}/{}",
                one.start_utc.format("%m%dT%H%M"),
                one.end_utc.format("%m%dT%H%M")
            )
        })
        .collect()
}

#[test]
fn an_occurrence_keeps_its_local_time_over_the_change_of_the_clock() {
    assert_eq!(
        of_2026(
            "DTSTART;TZID=Europe/Berlin:20260328T090000\nDTEND;TZID=Europe/Berlin:20260328T100000\nRRULE:FREQ=DAILY;COUNT=3"
        ),
        ["0328T0800/0328T0900", "0329T0700/0329T0800", "0330T0700/0330T0800"]
    );
}

#[test]
fn an_end_keeps_the_exact_time_and_days_of_a_duration_are_days() {
    assert_eq!(
        of_2026(
            "DTSTART;TZID=Europe/Berlin:20260327T220000\nDTEND;TZID=Europe/Berlin:20260328T060000\nRRULE:FREQ=DAILY;COUNT=2"
        ),
        ["0327T2100/0328T0500", "0328T2100/0329T0500"]
    );
    assert_eq!(
        of_2026("DTSTART;TZID=Europe/Berlin:20260327T220000\nDURATION:P1D\nRRULE:FREQ=DAILY;COUNT=2"),
        ["0327T2100/0328T2100", "0328T2100/0329T2000"]
    );
    assert_eq!(
        of_2026("DTSTART;TZID=Europe/Berlin:20260327T220000\nDURATION:PT24H\nRRULE:FREQ=DAILY;COUNT=2"),
        ["0327T2100/0328T2100", "0328T2100/0329T2100"]
    );
}

#[test]
fn a_time_that_a_day_does_not_have_is_later_and_not_lost() {
    assert_eq!(
        of_2026("DTSTART;TZID=Europe/Berlin:20260328T023000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3"),
        ["0328T0130/0328T0230", "0329T0130/0329T0230", "0330T0030/0330T0130"]
    );
}

#[test]
fn days_are_days_where_the_asker_is() {
    assert_eq!(
        of_2026("DTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260329\nRRULE:FREQ=DAILY;UNTIL=20260329"),
        ["0327T2300/0328T2300", "0328T2300/0329T2200"]
    );
    let one = &found(
        &calendar(&event("DTSTART:20260701")),
        "VEVENT",
        "20260701T000000",
        "20260702T000000",
    )[0];
    assert_eq!(
        (one.start.to_string(), one.end.to_string()),
        ("20260701".to_owned(), "20260702".to_owned())
    );
}

#[test]
fn an_end_that_is_not_behind_the_start_does_not_hide_an_event() {
    assert_eq!(
        of_2026("DTSTART;VALUE=DATE:20260701\nDTEND;VALUE=DATE:20260701"),
        ["0630T2200/0701T2200"]
    );
    assert_eq!(
        of_2026("DTSTART:20260701T100000Z\nDTEND:20260701T090000Z"),
        ["0701T1000/0701T1000"]
    );
    assert_eq!(of_2026("DTSTART:20260701T100000Z"), ["0701T1000/0701T1000"]);
}

#[test]
fn until_is_inclusive_in_every_form() {
    for until in [
        "20260703T080000Z",
        "20260703T100000",
        "20260703",
        "20260703T235959Z",
        "20260704T075959Z",
    ] {
        let lines = format!("DTSTART;TZID=Europe/Berlin:20260701T100000\nRRULE:FREQ=DAILY;UNTIL={until}");
        assert_eq!(of_2026(&lines).len(), 3, "{until}");
    }
    for until in ["20260703T080000Z", "20260703T000000Z", "20260703T100000"] {
        let lines = format!("DTSTART;VALUE=DATE:20260701\nRRULE:FREQ=DAILY;UNTIL={until}");
        assert_eq!(of_2026(&lines).len(), 3, "{until}");
    }
}

#[test]
fn dates_are_added_and_excluded_in_every_form() {
    assert_eq!(
        of_2026(
            "DTSTART;TZID=Europe/Berlin:20260701T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=6\nEXDATE;TZID=Europe/Berlin:20260702T100000,broken\nEXDATE:20260703T080000Z\nEXDATE;VALUE=DATE:20260704\nEXDATE:20260705T100000\nEXDATE;TZID=America/New_York:20260706T040000\nRDATE;VALUE=PERIOD:20260801T120000Z/PT3H,20260802T120000Z/20260802T123000Z\nRDATE;TZID=Europe/Berlin:20260701T100000"
        ),
        ["0701T0800/0701T0900", "0801T1200/0801T1500", "0802T1200/0802T1230"]
    );
}

#[test]
fn overrides_replace_move_and_stay_when_nothing_is_left_to_replace() {
    let text = event(
        "DTSTART;TZID=Europe/Berlin:20260701T100000\nDTEND;TZID=Europe/Berlin:20260701T110000\nRRULE:FREQ=DAILY;COUNT=4",
    ) + &event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20260702T100000\nDTSTART;TZID=Europe/Berlin:20260705T150000\nDTEND;TZID=Europe/Berlin:20260705T160000",
    ) + &event("RECURRENCE-ID:20260703T080000Z\nDTSTART:20260610T080000Z\nDTEND:20260610T090000Z")
        + &event("RECURRENCE-ID;TZID=Europe/Berlin:20261224T100000\nDTSTART:20261224T080000Z");
    let calendar = calendar(&text);
    let list = found(&calendar, "VEVENT", "20260701T000000", "20270101T000000");
    let shown: Vec<_> = list
        .iter()
        .map(|one| format!("{} {} {}", one.start_utc.format("%m%dT%H"), one.id, one.component))
        .collect();
    assert_eq!(
        shown,
        [
            "0701T08 20260701T100000 1",
            "0704T08 20260704T100000 1",
            "0705T13 20260702T100000 2",
            "1224T08 20261224T100000 4"
        ]
    );
    // Moved out of its own week, and into another.
    assert_eq!(found(&calendar, "VEVENT", "20260702T000000", "20260704T000000"), []);
    assert_eq!(
        found(&calendar, "VEVENT", "20260610T000000", "20260611T000000").len(),
        1
    );
}

#[test]
fn an_override_for_the_future_moves_what_follows() {
    let text = event("DTSTART;TZID=Europe/Berlin:20260701T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4")
        + &event(
            "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260703T100000\nDTSTART;TZID=Europe/Berlin:20260703T120000\nDURATION:PT2H",
        );
    let shown: Vec<_> = found(&calendar(&text), "VEVENT", "20260701T000000", "20270101T000000")
        .iter()
        .map(|one| {
            format!(
                "{}-{} {}",
                one.start_utc.format("%m%dT%H"),
                one.end_utc.format("%H"),
                one.component
            )
        })
        .collect();
    assert_eq!(shown, ["0701T08-09 1", "0702T08-09 1", "0703T10-12 2", "0704T10-12 2"]);
}

#[test]
fn several_rules_and_single_instances_without_their_series_count() {
    assert_eq!(
        of_2026("DTSTART:20260701T100000Z\nRRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=WEEKLY;COUNT=2\nEXRULE:FREQ=DAILY;INTERVAL=7;COUNT=2").len(),
        1
    );
    let alone = calendar(&event("RECURRENCE-ID:20260703T080000Z\nDTSTART:20260703T090000Z"));
    assert!(found(&alone, "VEVENT", "20260703T000000", "20260704T000000")[0].is_override);
}

#[test]
fn todos_are_due_until_the_end_of_their_day() {
    let todo = |lines: &str| calendar(&format!("BEGIN:VTODO\nUID:1\n{lines}\nEND:VTODO\n"));
    let is_found = |lines: &str, from: &str, until: &str| !found(&todo(lines), "VTODO", from, until).is_empty();
    assert!(is_found(
        "DUE;VALUE=DATE:20260701",
        "20260701T100000",
        "20260701T110000"
    ));
    assert!(!is_found(
        "DUE;VALUE=DATE:20260701",
        "20260702T100000",
        "20260702T110000"
    ));
    assert!(is_found("DUE:20260701T100000Z", "20260701T090000", "20260701T100000"));
    assert!(!is_found("DUE:20260701T100000Z", "20260701T100000", "20260701T110000"));
    assert!(is_found(
        "DTSTART:20260701T100000Z\nDUE:20260703T100000Z",
        "20260702T100000",
        "20260702T110000"
    ));
    assert!(is_found(
        "DTSTART:20260701T100000Z\nDURATION:P1D",
        "20260702T100000",
        "20260702T110000"
    ));
    assert!(!is_found("SUMMARY:Whenever", "20260701T100000", "20260701T110000"));
    let weekly = todo("DUE;VALUE=DATE:20260701\nRRULE:FREQ=WEEKLY;COUNT=3");
    let due: Vec<_> = found(&weekly, "VTODO", "20260101T000000", "20270101T000000")
        .iter()
        .map(|one| one.end.to_string())
        .collect();
    assert_eq!(due, ["20260701", "20260708", "20260715"]);
}

#[test]
fn work_is_bounded_by_limit_and_range() {
    for (rule, from, until) in [
        ("FREQ=SECONDLY", "20260701T000000", "22260701T000000"),
        ("FREQ=SECONDLY;COUNT=900000000", "20400701T000000", "20410701T000000"),
        ("FREQ=DAILY", "20260701T000000", "99990701T000000"),
    ] {
        let calendar = calendar(&event(&format!(
            "DTSTART:20260101T000000Z\nDURATION:PT1H\nRRULE:{rule}"
        )));
        let found = occurrences(&calendar, "VEVENT", utc(from)..utc(until), &Zone::Utc, 50).expect("occurrences");
        assert!(found.truncated && found.list.len() <= 50, "{rule}");
    }
    let endless = calendar(&event("DTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY"));
    let far = utc("60000101T000000");
    let list = occurrences(
        &endless,
        "VEVENT",
        far..far + chrono::TimeDelta::seconds(3),
        &Zone::Utc,
        50,
    )
    .expect("times");
    assert_eq!((list.list.len(), list.truncated), (3, false));
}

#[test]
fn a_rule_that_is_never_met_is_followed_to_the_end_of_the_range_only() {
    for rule in [
        "FREQ=YEARLY;INTERVAL=4;BYYEARDAY=-366",
        "FREQ=MONTHLY;INTERVAL=3;BYMONTH=2,3",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    ] {
        assert_eq!(
            of_2026(&format!("DTSTART:20260101T000000Z\nRRULE:{rule}")).len(),
            1,
            "{rule}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_an_error_and_not_an_empty_list() {
    for lines in [
        "DTSTART:soon",
        "DTSTART:20260101T000000Z\nRRULE:FREQ=NEVER",
        "DTSTART:20260101\nRRULE:FREQ=HOURLY",
    ] {
        let range = utc("20260101T000000")..utc("20270101T000000");
        assert!(
            occurrences(&calendar(&event(lines)), "VEVENT", range, &Zone::Utc, 5).is_err(),
            "{lines}"
        );
    }
}

#[test]
fn expanded_objects_have_every_occurrence_in_utc_and_no_rules() {
    let text = event(
        "DTSTART;TZID=Europe/Berlin:20260701T100000\nDTEND;TZID=Europe/Berlin:20260701T110000\nX-A:kept\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;TZID=Europe/Berlin:20260702T100000",
    );
    let expanded = expand(
        &calendar(&text),
        utc("20260701T000000")..utc("20270101T000000"),
        &berlin(),
    );
    let text = String::from_utf8(expanded.to_bytes()).expect("text");
    assert_eq!(
        text.replace("\r\n", "\n"),
        "BEGIN:VCALENDAR\nVERSION:2.0\n\
         BEGIN:VEVENT\nUID:1\nDTSTART:20260701T080000Z\nDTEND:20260701T090000Z\nX-A:kept\nRECURRENCE-ID:20260701T080000Z\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:1\nDTSTART:20260703T080000Z\nDTEND:20260703T090000Z\nX-A:kept\nRECURRENCE-ID:20260703T080000Z\nEND:VEVENT\n\
         END:VCALENDAR\n"
    );
    let single = expand(
        &calendar(&event("DTSTART;VALUE=DATE:20260701")),
        utc("20260701T000000")..utc("20270101T000000"),
        &berlin(),
    );
    let text = String::from_utf8(single.to_bytes()).expect("text");
    assert!(
        text.contains("DTSTART;VALUE=DATE:20260701") && !text.contains("RECURRENCE-ID"),
        "{text}"
    );
}

#[test]
fn limited_objects_keep_the_series_and_the_overrides_that_matter() {
    let text = event("DTSTART:20260701T100000Z\nRRULE:FREQ=DAILY")
        + &event("RECURRENCE-ID:20260702T100000Z\nDTSTART:20260802T100000Z")
        + &event("RECURRENCE-ID:20260902T100000Z\nDTSTART:20260703T100000Z")
        + &event("RECURRENCE-ID:20260903T100000Z\nDTSTART:20260903T110000Z");
    let limited = limit(
        &calendar(&text),
        utc("20260701T000000")..utc("20260710T000000"),
        &berlin(),
    );
    let ids: Vec<_> = limited
        .components()
        .filter_map(|one| one.text("RECURRENCE-ID"))
        .collect();
    assert_eq!(ids, ["20260702T100000Z", "20260902T100000Z"]);
    assert_eq!(limited.components().count(), 3);
}
