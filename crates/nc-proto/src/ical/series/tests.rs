use chrono::NaiveDateTime;

use super::*;
use crate::{
    content::{Document, Property},
    ical::zones::zone_named,
};

fn calendar(components: &str) -> Component {
    let text = format!("BEGIN:VCALENDAR\n{components}END:VCALENDAR\n").replace('\n', "\r\n");
    let document = Document::parse(text.as_bytes()).expect("a calendar");
    document.root().expect("a calendar").clone()
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:1\n{lines}\nEND:VEVENT\n")
}

fn text(calendar: &Component) -> String {
    String::from_utf8(calendar.to_bytes())
        .expect("text")
        .replace("\r\n", "\n")
}

fn when(value: &str) -> When {
    match value.split_once(' ') {
        Some((tzid, value)) => When::of(&Property::new("X", value).with("TZID", tzid)),
        None => When::of(&Property::new("X", value)),
    }
    .expect("a time")
}

fn starts(calendar: &Component) -> Vec<String> {
    let at = |text: &str| {
        NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S")
            .expect("a time")
            .and_utc()
    };
    let zone = zone_named("Europe/Berlin").expect("a zone");
    occurrences(
        calendar,
        "VEVENT",
        at("20200101T000000")..at("20400101T000000"),
        &zone,
        50,
    )
    .expect("occurrences")
    .list
    .iter()
    .map(|one| one.start.to_string())
    .collect()
}

const DAILY: &str = "DTSTART;TZID=Europe/Berlin:20260701T100000\nDTEND;TZID=Europe/Berlin:20260701T110000\nRRULE:FREQ=DAILY;COUNT=5\nX-A:kept";

#[test]
fn an_override_is_made_from_the_series_without_its_rules() {
    let mut calendar = calendar(&event(&format!("{DAILY}\nEXDATE;TZID=Europe/Berlin:20260702T100000")));
    let one = one_mut(&mut calendar, &when("20260703T080000Z")).expect("an override");
    one.set_text("SUMMARY", Some("Other"));
    assert_eq!(
        text(one),
        "BEGIN:VEVENT\nUID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20260703T100000\nDTSTART;TZID=Europe/Berlin:20260703T100000\nDTEND;TZID=Europe/Berlin:20260703T110000\nX-A:kept\nSUMMARY:Other\nEND:VEVENT\n"
    );
    // The next change finds it, in whatever form it is asked for.
    for id in [
        "Europe/Berlin 20260703T100000",
        "20260703T080000Z",
        "20260703",
        "20260703T100000",
    ] {
        let one = one_mut(&mut calendar, &when(id)).expect("the override");
        assert_eq!(one.text("SUMMARY").as_deref(), Some("Other"), "{id}");
    }
    assert_eq!(calendar.components_named("VEVENT").count(), 2);
}

#[test]
fn what_does_not_take_place_is_not_changed() {
    let mut calendar = calendar(&event(&format!("{DAILY}\nEXDATE;TZID=Europe/Berlin:20260702T100000")));
    let before = calendar.clone();
    for id in [
        "20260702T080000Z",
        "20260703T090000Z",
        "20260801",
        "Europe/Berlin 20260703T110000",
    ] {
        assert!(
            matches!(one_mut(&mut calendar, &when(id)), Err(SeriesError::NoOccurrence(_))),
            "{id}"
        );
        assert!(
            matches!(exclude(&mut calendar, &when(id)), Err(SeriesError::NoOccurrence(_))),
            "{id}"
        );
        assert!(
            matches!(split(&mut calendar, &when(id), "2"), Err(SeriesError::NoOccurrence(_))),
            "{id}"
        );
    }
    assert_eq!(calendar, before);
}

#[test]
fn leaving_one_out_takes_its_override_away_and_is_written_in_the_form_of_the_start() {
    for (start, id, line) in [
        (
            "DTSTART;TZID=Europe/Berlin:20260701T100000",
            "20260703T080000Z",
            "EXDATE;TZID=Europe/Berlin:20260703T100000",
        ),
        ("DTSTART;VALUE=DATE:20260701", "20260703", "EXDATE;VALUE=DATE:20260703"),
        (
            "DTSTART:20260701T100000Z",
            "20260703T100000Z",
            "EXDATE:20260703T100000Z",
        ),
        ("DTSTART:20260701T100000", "20260703T100000", "EXDATE:20260703T100000"),
    ] {
        let mut calendar = calendar(&event(&format!("{start}\nRRULE:FREQ=DAILY;COUNT=5")));
        one_mut(&mut calendar, &when(id)).expect("an override");
        assert_eq!(calendar.components().count(), 2);
        exclude(&mut calendar, &when(id)).expect("left out");
        assert_eq!(calendar.components().count(), 1);
        assert!(text(&calendar).contains(line), "{}", text(&calendar));
        assert_eq!(starts(&calendar).len(), 4);
        assert!(exclude(&mut calendar, &when(id)).is_err());
    }
}

#[test]
fn an_object_of_which_all_is_left_out_is_empty() {
    let mut calendar = calendar(&event("DTSTART;VALUE=DATE:20260701\nRRULE:FREQ=DAILY;COUNT=2"));
    exclude(&mut calendar, &when("20260701")).expect("left out");
    assert!(!is_empty(&calendar));
    exclude(&mut calendar, &when("20260702")).expect("left out");
    assert!(is_empty(&calendar));
}

#[test]
fn a_split_gives_each_side_its_times_exceptions_and_overrides() {
    let mut calendar = calendar(
        &(event(&format!(
            "{DAILY}\nEXDATE;TZID=Europe/Berlin:20260702T100000,20260704T100000\nRDATE;TZID=Europe/Berlin:20260801T100000"
        )) + &event("RECURRENCE-ID;TZID=Europe/Berlin:20260701T100000\nDTSTART;TZID=Europe/Berlin:20260701T130000")
            + &event("RECURRENCE-ID;TZID=Europe/Berlin:20260705T100000\nDTSTART;TZID=Europe/Berlin:20260705T130000")),
    );
    let all = starts(&calendar);
    let later = split(&mut calendar, &when("Europe/Berlin 20260703T100000"), "2").expect("two series");
    let later = later.root().expect("a calendar");
    assert_eq!(
        text(&calendar),
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Berlin:20260701T100000\nDTEND;TZID=Europe/Berlin:20260701T110000\nRRULE:FREQ=DAILY;UNTIL=20260703T075959Z\nX-A:kept\nEXDATE;TZID=Europe/Berlin:20260702T100000\nEND:VEVENT\nBEGIN:VEVENT\nUID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20260701T100000\nDTSTART;TZID=Europe/Berlin:20260701T130000\nEND:VEVENT\nEND:VCALENDAR\n"
    );
    assert_eq!(
        text(later),
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:2\nDTSTART;TZID=Europe/Berlin:20260703T100000\nDTEND;TZID=Europe/Berlin:20260703T110000\nRRULE:FREQ=DAILY;COUNT=3\nX-A:kept\nEXDATE;TZID=Europe/Berlin:20260704T100000\nRDATE;TZID=Europe/Berlin:20260801T100000\nEND:VEVENT\nBEGIN:VEVENT\nUID:2\nRECURRENCE-ID;TZID=Europe/Berlin:20260705T100000\nDTSTART;TZID=Europe/Berlin:20260705T130000\nEND:VEVENT\nEND:VCALENDAR\n"
    );
    let both: Vec<_> = starts(&calendar).into_iter().chain(starts(later)).collect();
    assert_eq!(both, all);
}

#[test]
fn a_split_loses_and_doubles_no_occurrence_of_any_form() {
    for lines in [
        "DTSTART;VALUE=DATE:20260701\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=WE,FR;COUNT=9",
        "DTSTART:20260701T230000Z\nDURATION:PT2H\nRRULE:FREQ=MONTHLY;BYDAY=1WE;UNTIL=20270601T000000Z",
        "DTSTART:20260131T090000\nRRULE:FREQ=MONTHLY;COUNT=7",
        "DTSTART;TZID=America/New_York:20260701T090000\nRRULE:FREQ=DAILY;INTERVAL=100;UNTIL=20290101T000000Z",
        "DTSTART;TZID=America/New_York:20260701T090000\nRRULE:FREQ=DAILY;COUNT=3\nRDATE;TZID=America/New_York:20260702T120000,20260709T120000",
        "DTSTART;VALUE=DATE:20260701\nRDATE;VALUE=DATE:20260711,20260709",
    ] {
        let whole = calendar(&event(lines));
        let all = starts(&whole);
        assert!(all.len() > 2, "{lines}");
        let form = master(&whole).and_then(form).expect("a start");
        for at in all.iter().skip(1) {
            let mut earlier = whole.clone();
            let tzid = form.tzid().map_or(String::new(), |tzid| format!("{tzid} "));
            let later = split(&mut earlier, &when(&format!("{tzid}{at}")), "2").expect("two series");
            let mut both = starts(&earlier);
            both.extend(starts(later.root().expect("a calendar")));
            assert_eq!(
                both,
                all,
                "{lines}\nat {at}\n{}",
                text(later.root().expect("a calendar"))
            );
        }
        let mut first = whole.clone();
        assert_eq!(split(&mut first, &form, "2").err(), Some(SeriesError::First));
        assert_eq!(first, whole);
    }
}

#[test]
fn a_series_of_several_rules_is_not_split() {
    let mut calendar = calendar(&event("DTSTART:20260701T090000Z\nRRULE:FREQ=DAILY\nRRULE:FREQ=YEARLY"));
    assert_eq!(
        split(&mut calendar, &when("20260703T090000Z"), "2").err(),
        Some(SeriesError::SeveralRules)
    );
}

#[test]
fn a_day_as_end_is_meant_with_its_last_second_where_the_series_is() {
    let day = NaiveDate::from_ymd_opt(2026, 7, 3).expect("a day");
    let zones = Zones::default();
    for (start, until) in [
        ("20260701", "20260703"),
        ("20260701T100000", "20260703T235959"),
        ("20260701T100000Z", "20260703T235959Z"),
        ("Europe/Berlin 20260701T100000", "20260703T215959Z"),
        ("America/New_York 20260701T100000", "20260704T035959Z"),
    ] {
        assert_eq!(until_of(day, &when(start), &zones).to_string(), until, "{start}");
    }
    // Midnight does not exist on the day after: the clock went from 23:59:59 to 01:00.
    let day = NaiveDate::from_ymd_opt(2017, 10, 14).expect("a day");
    let sao_paulo = when("America/Sao_Paulo 20171001T100000");
    assert_eq!(until_of(day, &sao_paulo, &zones).to_string(), "20171015T025959Z");
}

#[test]
fn a_todo_without_start_is_changed_by_its_due_day() {
    let todo = "BEGIN:VTODO\nUID:1\nDUE;VALUE=DATE:20260701\nRRULE:FREQ=WEEKLY\nEND:VTODO\n";
    let mut calendar = calendar(todo);
    let one = one_mut(&mut calendar, &when("20260708")).expect("an override");
    assert_eq!(
        text(one),
        "BEGIN:VTODO\nUID:1\nRECURRENCE-ID;VALUE=DATE:20260708\nDUE;VALUE=DATE:20260708\nEND:VTODO\n"
    );
}

#[test]
fn changes_for_the_future_are_the_source_of_later_overrides_and_forbid_a_split() {
    let mut calendar = calendar(
        &(event(DAILY)
            + &event(
                "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260703T100000\nDTSTART;TZID=Europe/Berlin:20260703T120000\nDURATION:PT2H\nSUMMARY:Changed",
            )),
    );
    let one = one_mut(&mut calendar, &when("Europe/Berlin 20260704T100000")).expect("an override");
    assert_eq!(
        text(one),
        "BEGIN:VEVENT\nUID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20260704T100000\nDTSTART;TZID=Europe/Berlin:20260704T120000\nDURATION:PT2H\nSUMMARY:Changed\nEND:VEVENT\n"
    );
    assert_eq!(
        split(&mut calendar, &when("Europe/Berlin 20260704T100000"), "2").err(),
        Some(SeriesError::ChangedFuture)
    );
}
