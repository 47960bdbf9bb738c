//! Files as other programs write them: nothing is lost that nobody changed.

use std::{collections::BTreeMap, fs, path::Path};

use chrono::{DateTime, NaiveDate, Utc};
use nc_proto::{
    content::{Component, Document, Entry, Property},
    ical::{
        When, busy,
        event::Event,
        recurrence::{expand, limit, occurrences},
        series,
        todo::Todo,
        validate,
        zones::{Zone, Zones, add_missing, zone_named},
    },
};

fn corpus() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/calendar-corpus");
    fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension != "md"))
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("a file"))
        })
        .collect()
}

fn calendars() -> impl Iterator<Item = (String, Document)> {
    corpus()
        .into_iter()
        .filter(|(name, _)| Path::new(name).extension().is_some_and(|extension| extension == "ics"))
        .map(|(name, bytes)| (name, Document::parse(&bytes).expect("a calendar")))
}

fn berlin() -> Zone {
    zone_named("Europe/Berlin").expect("a zone")
}

fn at(year: i32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(year, 1, 1)
        .and_then(|date| date.and_hms_opt(0, 0, 0))
        .expect("a time")
        .and_utc()
}

/// Logical lines, unfolded by nothing of the code under test.
fn lines(bytes: &[u8]) -> Vec<String> {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let text = text.replace("\r\r\n", "\n").replace("\r\n", "\n");
    let text = text.replace("\n ", "").replace("\n\t", "");
    text.lines().map(str::to_owned).collect()
}

/// Lines that only one side has.
fn difference(before: &[u8], after: &[u8]) -> (Vec<String>, Vec<String>) {
    let (before, after) = (lines(before), lines(after));
    let start = before
        .iter()
        .zip(&after)
        .take_while(|(one, other)| one == other)
        .count();
    let (before, after) = (&before[start..], &after[start..]);
    let end = before
        .iter()
        .rev()
        .zip(after.iter().rev())
        .take_while(|(one, other)| one == other)
        .count();
    (
        before[..before.len() - end].to_vec(),
        after[..after.len() - end].to_vec(),
    )
}

#[test]
fn every_file_is_written_back_byte_for_byte() {
    let corpus = corpus();
    assert!(corpus.len() >= 60, "{}", corpus.len());
    for (name, bytes) in corpus {
        let document = Document::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(document.to_bytes() == bytes, "{name}");
    }
}

#[test]
fn one_changed_field_changes_one_line() {
    let fields: &[(&str, Property)] = &[
        (
            "SUMMARY",
            Property::text("SUMMARY", "Another; title, with ünïcödé\nand lines"),
        ),
        ("DESCRIPTION", Property::text("DESCRIPTION", &"long ".repeat(40))),
        ("LOCATION", Property::text("LOCATION", "Elsewhere")),
        ("STATUS", Property::new("STATUS", "X-CHANGED")),
        ("CLASS", Property::new("CLASS", "X-CHANGED")),
        ("PRIORITY", Property::new("PRIORITY", "7")),
        ("CATEGORIES", Property::new("CATEGORIES", "One,Two\\, three")),
        ("URL", Property::new("URL", "https://cloud.example.org/changed")),
        ("COLOR", Property::new("COLOR", "rebeccapurple")),
        ("TRANSP", Property::new("TRANSP", "X-CHANGED")),
        ("SEQUENCE", Property::new("SEQUENCE", "4711")),
        ("RRULE", Property::new("RRULE", "FREQ=DAILY;COUNT=4711")),
        ("PERCENT-COMPLETE", Property::new("PERCENT-COMPLETE", "47")),
        ("LAST-MODIFIED", Property::new("LAST-MODIFIED", "20470101T000000Z")),
        ("DTSTART", Property::new("DTSTART", "20470101T000000Z")),
        ("DTEND", Property::new("DTEND", "20470101T000000Z")),
        ("DUE", Property::new("DUE", "20470101T000000Z")),
        ("COMPLETED", Property::new("COMPLETED", "20470101T000000Z")),
        ("ORGANIZER", Property::new("ORGANIZER", "mailto:new@example.org")),
        ("FN", Property::text("FN", "Somebody, Else")),
        ("NOTE", Property::text("NOTE", "Another note")),
    ];
    let mut changes = 0;
    for (file, bytes) in corpus() {
        let document = Document::parse(&bytes).expect("a document");
        for (name, new) in fields {
            let mut changed = document.clone();
            let root = changed.root_mut().expect("a component");
            let is_kind = |component: &Component| validate::Kind::of(component).is_some();
            let target = if root.components().any(is_kind) {
                root.components_mut()
                    .find(|component| is_kind(component))
                    .expect("a component")
            } else {
                root
            };
            // In its place, with the parameters it has; or as a new line.
            match target.property_mut(name) {
                Some(property) => property.set_value(new.value()),
                None => target.add(new.clone()),
            }
            let (gone, come) = difference(&bytes, &changed.to_bytes());
            assert!(gone.len() <= 1 && come.len() == 1, "{file} {name}: {gone:?} {come:?}");
            let is_it = |line: &String| {
                let line = line.to_ascii_uppercase();
                let ungrouped = line.split_once('.').map_or("", |(_, rest)| rest);
                line.starts_with(name) || ungrouped.starts_with(name)
            };
            assert!(gone.iter().chain(&come).all(is_it), "{file} {name}: {gone:?} {come:?}");
            changes += 1;
        }
    }
    assert!(changes > 1000);
}

#[test]
fn an_alarm_more_or_an_attendee_less_changes_nothing_else() {
    for (file, document) in calendars() {
        let bytes = document.to_bytes();
        let mut changed = document.clone();
        let Some(item) = changed.root_mut().and_then(|calendar| {
            calendar
                .components_mut()
                .find(|one| one.is("VEVENT") || one.is("VTODO"))
        }) else {
            continue;
        };
        let mut alarm = Component::new("VALARM");
        alarm.add(Property::new("ACTION", "DISPLAY"));
        item.add_component(alarm);
        let (gone, come) = difference(&bytes, &changed.to_bytes());
        assert_eq!((gone.len(), come.len()), (0, 3), "{file}: {gone:?} {come:?}");
        let mut changed = document.clone();
        let item = changed.root_mut().and_then(|calendar| calendar.components_mut().last());
        let removed = item.map_or(0, |item| item.remove("ATTENDEE"));
        let mut gone = lines(&bytes);
        for line in lines(&changed.to_bytes()) {
            let place = gone.iter().position(|other| *other == line);
            gone.remove(place.unwrap_or_else(|| panic!("{file}: {line}")));
        }
        assert_eq!(gone.len(), removed, "{file}");
        assert!(gone.iter().all(|line| line.starts_with("ATTENDEE")), "{file}: {gone:?}");
    }
}

#[test]
fn every_calendar_can_be_told_and_only_the_broken_ones_not() {
    for (name, document) in calendars() {
        let calendar = document.root().expect("a calendar");
        for kind in ["VEVENT", "VTODO", "VJOURNAL"] {
            let found = occurrences(calendar, kind, at(1600)..at(2100), &berlin(), 500);
            let is_broken = ["broken-rule.ics", "broken-start.ics"].contains(&name.as_str()) && kind == "VEVENT";
            assert_eq!(found.is_err(), is_broken, "{name}: {found:?}");
            let has_any = calendar
                .components_named(kind)
                .any(|one| one.property("DTSTART").is_some());
            if has_any && !is_broken {
                assert!(!found.expect("occurrences").list.is_empty(), "{name}");
            }
        }
        let zones = Zones::of(calendar);
        assert_eq!(zones.unknown().is_empty(), name != "other-private-zone.ics", "{name}");
        for component in calendar.components() {
            let (event, todo) = (Event::of(component), Todo::of(component));
            let read = (
                event.alarms(),
                event.attendees().len(),
                event.attachments(),
                todo.state(),
                todo.due(&zones),
            );
            assert_eq!(read.0.len(), component.components_named("VALARM").count(), "{name}");
        }
        let of_2026 = at(2026)..at(2027);
        busy::busy(calendar, of_2026.clone(), &berlin());
        assert!(
            limit(calendar, of_2026.clone(), &berlin()).components().count() > 0,
            "{name}"
        );
        let expanded =
            Document::parse(&expand(calendar, of_2026, &berlin()).to_bytes()).expect("what is written reads");
        let rules = expanded
            .root()
            .into_iter()
            .flat_map(Component::components)
            .filter(|one| {
                one.property("RRULE").is_some() && validate::Kind::of(one).is_some() && !name.starts_with("broken")
            });
        assert_eq!(rules.count(), 0, "{name}");
    }
}

#[test]
fn what_a_server_refuses_is_refused_and_all_else_is_not() {
    for (name, document) in calendars() {
        let refused = [
            "broken-rule.ics",
            "broken-start.ics",
            "google-until-utc.ics",
            "macos-old-ical.ics",
            "other-availability.ics",
            "other-many-uids.ics",
            "outlook-all-day-as-times.ics",
        ];
        let verdict = validate::object(&document);
        assert_eq!(
            verdict.is_err(),
            refused.contains(&name.as_str()),
            "{name}: {verdict:?}"
        );
    }
}

#[test]
fn every_zone_in_use_can_be_written_and_nothing_else_changes() {
    for (name, mut document) in calendars() {
        let bytes = document.to_bytes();
        add_missing(document.root_mut().expect("a calendar"));
        let (gone, come) = difference(&bytes, &document.to_bytes());
        assert!(
            gone.is_empty() && (come.is_empty() || come[0] == "BEGIN:VTIMEZONE"),
            "{name}: {gone:?} {come:?}"
        );
        let again = document.to_bytes();
        add_missing(document.root_mut().expect("a calendar"));
        assert_eq!(document.to_bytes(), again, "{name}");
    }
}

/// Each occurrence of each series is changed, left out, and split at: the others stay where they were.
#[test]
fn series_of_every_program_are_edited_without_loss() {
    let mut edits = 0;
    for (name, document) in calendars() {
        let calendar = document.root().expect("a calendar");
        let Some(master) = series::master(calendar).filter(|_| series::is_recurring(calendar)) else {
            continue;
        };
        let kind = master.name().to_ascii_uppercase();
        let told = |calendar: &Component| -> Vec<When> {
            occurrences(calendar, &kind, at(1600)..at(2100), &berlin(), 6)
                .map(|found| found.list.into_iter().map(|one| one.start).collect())
                .unwrap_or_default()
        };
        let ids: Vec<When> = occurrences(calendar, &kind, at(1600)..at(2100), &berlin(), 6)
            .map(|found| found.list.into_iter().map(|one| one.id).collect())
            .unwrap_or_default();
        let before = told(calendar);
        for (place, id) in ids.iter().enumerate() {
            let mut one = calendar.clone();
            series::one_mut(&mut one, id).unwrap_or_else(|error| panic!("{name} {id}: {error}"));
            assert_eq!(told(&one), before, "{name} {id}");
            let mut fewer = calendar.clone();
            series::exclude(&mut fewer, id).unwrap_or_else(|error| panic!("{name} {id}: {error}"));
            let left = told(&fewer);
            assert!(!left.contains(&before[place]), "{name} {id}");
            let mut earlier = calendar.clone();
            match series::split(&mut earlier, id, "new-uid") {
                Ok(later) => {
                    let later = later.root().expect("a calendar");
                    let uids = later.components().filter(|one| one.is(&kind));
                    assert!(
                        uids.filter_map(|one| one.text("UID")).all(|uid| uid == "new-uid"),
                        "{name}"
                    );
                    let mut both = told(&earlier);
                    both.extend(told(later));
                    both.truncate(before.len());
                    let is_moved = calendar
                        .entries
                        .iter()
                        .any(|entry| matches!(entry, Entry::Component(one) if one.property("RECURRENCE-ID").is_some()));
                    assert!(is_moved || both == before, "{name} {id}: {both:?} {before:?}");
                }
                Err(error) => assert!(
                    matches!(
                        error,
                        series::SeriesError::First
                            | series::SeriesError::ChangedFuture
                            | series::SeriesError::SeveralRules
                    ),
                    "{name} {id}: {error}"
                ),
            }
            edits += 1;
        }
    }
    assert!(edits > 80, "{edits}");
}
