//! Whole calendar objects: all that reads, expands and edits them, on anything that parses.

#![no_main]

use chrono::{DateTime, TimeDelta};
use libfuzzer_sys::fuzz_target;
use nc_proto::{
    content::Document,
    ical::{
        busy,
        event::Event,
        recurrence::{expand, limit, occurrences},
        series,
        todo::Todo,
        validate,
        zones::{Zone, Zones, add_missing},
    },
};

fuzz_target!(|data: &[u8]| {
    let Ok(mut document) = Document::parse(data) else {
        return;
    };
    let is_valid = validate::object(&document).is_ok();
    let calendar = document.root_mut().expect("a component");
    let zones = Zones::of(calendar);
    for component in calendar.components() {
        let (event, todo) = (Event::of(component), Todo::of(component));
        let _read = (
            event.alarms(),
            event.attendees(),
            event.attachments(),
            event.categories(),
            event.rule(),
        );
        let _span = event.span(&zones, &Zone::Utc);
        let _due = (todo.due(&zones), todo.state());
    }
    let from = DateTime::from_timestamp(1_780_000_000, 0).expect("a time");
    let range = from..from + TimeDelta::days(400);
    for kind in ["VEVENT", "VTODO", "VJOURNAL"] {
        let Ok(found) = occurrences(calendar, kind, range.clone(), &Zone::Utc, 20) else {
            continue;
        };
        assert!(found.list.len() <= 20);
        assert!(found.list.is_sorted_by_key(|one| one.start_utc));
        for occurrence in found.list.iter().take(3) {
            let mut changed = calendar.clone();
            if series::one_mut(&mut changed, &occurrence.id).is_ok() {
                assert!(
                    series::one_mut(&mut changed, &occurrence.id).is_ok(),
                    "an override is found again"
                );
            }
            let mut changed = calendar.clone();
            let _left_out = series::exclude(&mut changed, &occurrence.id);
            let mut changed = calendar.clone();
            if let Ok(later) = series::split(&mut changed, &occurrence.id, "later") {
                Document::parse(&later.to_bytes()).expect("what is written reads");
            }
        }
    }
    let times = busy::busy(calendar, range.clone(), &Zone::Utc);
    assert!(
        times
            .iter()
            .all(|time| time.start < time.end && range.start <= time.start && time.end <= range.end)
    );
    limit(calendar, range.clone(), &Zone::Utc);
    Document::parse(&expand(calendar, range, &Zone::Utc).to_bytes()).expect("what is written reads");
    add_missing(calendar);
    let again = Document::parse(&document.to_bytes()).expect("what is written reads");
    assert_eq!(validate::object(&again).is_ok(), is_valid);
});
