//! What must hold of every calendar object and every rule, whoever wrote it: real ones with lines lost, doubled, mixed and
//! cut, and rules of arbitrary parts.

use std::{fs, path::Path, sync::LazyLock};

use chrono::{DateTime, TimeDelta};
use nc_proto::{
    content::{Document, Property},
    ical::{
        busy,
        event::Event,
        recurrence::{expand, limit, occurrences},
        rule::{Rule, Times},
        series,
        todo::Todo,
        validate,
        zones::{Zone, Zones, add_missing},
    },
};
use proptest::{prelude::*, sample::Index};

static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/calendar-corpus");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ics"))
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a file")).collect()
});

fn file_of(index: Index) -> &'static [u8] {
    index.get(CORPUS.as_slice()).as_slice()
}

/// What happens to a text on its way.
#[derive(Debug, Clone)]
enum Harm {
    Lost(Index),
    Doubled(Index),
    Swapped(Index, Index),
    Byte(Index, u8),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        any::<Index>().prop_map(Harm::Lost),
        any::<Index>().prop_map(Harm::Doubled),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Harm::Swapped(one, other)),
        (any::<Index>(), "[0-9A-Za-z:;,=/+TZ-]").prop_map(|(place, byte)| Harm::Byte(place, byte.as_bytes()[0])),
    ]
}

fn harmed(text: &[u8], harms: &[Harm]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = text
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    for harm in harms {
        match harm {
            Harm::Lost(place) if lines.len() > 1 => {
                lines.remove(place.index(lines.len()));
            }
            Harm::Lost(_) => {}
            Harm::Doubled(place) => {
                let place = place.index(lines.len());
                lines.insert(place, lines[place].clone());
            }
            Harm::Swapped(one, other) => {
                let (one, other) = (one.index(lines.len()), other.index(lines.len()));
                lines.swap(one, other);
            }
            Harm::Byte(place, byte) => {
                let line = place.index(lines.len());
                let at = place.index(lines[line].len());
                lines[line][at] = *byte;
            }
        }
    }
    lines.concat()
}

/// All that reads, expands and edits, on anything that parses.
fn holds(text: &[u8]) {
    let Ok(mut document) = Document::parse(text) else {
        return;
    };
    assert!(document.to_bytes() == text, "what is not changed is written back");
    let is_valid = validate::object(&document).is_ok();
    let calendar = document.root_mut().expect("a component");
    let zones = Zones::of(calendar);
    for component in calendar.components() {
        let (event, todo) = (Event::of(component), Todo::of(component));
        let _read = (event.alarms(), event.attachments(), event.categories(), event.rule());
        let _span = event.span(&zones, &Zone::Utc);
        let _due = (todo.due(&zones), todo.state());
    }
    let from = DateTime::from_timestamp(1_770_000_000, 0).expect("a time");
    let range = from..from + TimeDelta::days(400);
    for kind in ["VEVENT", "VTODO", "VJOURNAL"] {
        let Ok(found) = occurrences(calendar, kind, range.clone(), &Zone::Utc, 20) else {
            continue;
        };
        assert!(found.list.len() <= 20 && found.list.is_sorted_by_key(|one| one.start_utc));
        for occurrence in found.list.iter().take(2) {
            let mut changed = calendar.clone();
            if series::one_mut(&mut changed, &occurrence.id).is_ok() {
                let before = changed.clone();
                assert!(
                    series::one_mut(&mut changed, &occurrence.id).is_ok(),
                    "an override is found again"
                );
                assert_eq!(changed, before, "and is not made twice");
            }
            let _left_out = series::exclude(&mut calendar.clone(), &occurrence.id);
            if let Ok(later) = series::split(&mut calendar.clone(), &occurrence.id, "later") {
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
}

fn rule() -> impl Strategy<Value = String> {
    let part = |name: &'static str, values: &'static str| {
        proptest::option::weighted(0.25, values)
            .prop_map(move |value| value.map_or_else(String::new, |value| format!(";{name}={value}")))
    };
    (
        "(YEARLY|MONTHLY|WEEKLY|DAILY|HOURLY|MINUTELY|SECONDLY)",
        part("INTERVAL", "[1-9][0-9]{0,4}"),
        part("COUNT", "[1-9][0-9]?"),
        part("WKST", "(MO|WE|SU)"),
        part("BYMONTH", "([1-9]|1[0-2])(,([1-9]|1[0-2])){0,2}"),
        part("BYWEEKNO", "-?([1-9]|[1-4][0-9]|5[0-3])"),
        part("BYYEARDAY", "-?([1-9]|[12][0-9]{2}|36[0-6])"),
        part("BYMONTHDAY", "-?([1-9]|[12][0-9]|3[01])(,-?[1-9])?"),
        part("BYDAY", "(-?[1-5])?(MO|TU|SU)(,(WE|FR)){0,2}"),
        (
            part("BYHOUR", "(1?[0-9]|2[0-3])"),
            part("BYMINUTE", "[1-5]?[0-9]"),
            part("BYSECOND", "([1-5]?[0-9]|60)"),
            part("BYSETPOS", "-?[1-4](,-?[1-9])?"),
        ),
    )
        .prop_map(|(frequency, a, b, c, d, e, f, g, h, (i, j, k, l))| {
            format!("FREQ={frequency}{a}{b}{c}{d}{e}{f}{g}{h}{i}{j}{k}{l}")
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn harmed_objects_of_every_program_break_nothing(file in any::<Index>(), harms in proptest::collection::vec(harm(), 1..5)) {
        holds(&harmed(file_of(file), &harms));
    }

    #[test]
    fn a_value_stays_in_its_line(file in any::<Index>(), text in any::<String>()) {
        let mut document = Document::parse(file_of(file)).expect("a calendar");
        let root = document.root_mut().expect("a calendar");
        let before = root.properties().count();
        root.add(Property::text("X-NEW", &text).with("X-P", &text));
        let again = Document::parse(&document.to_bytes()).expect("what is written reads");
        prop_assert_eq!(again.root().expect("a calendar").properties().count(), before + 1);
    }

    #[test]
    fn times_are_ordered_and_do_not_depend_on_where_one_begins(text in rule(), seconds in -60_000_000_000_i64..200_000_000_000) {
        let rule = Rule::read(&text).expect("a rule");
        let start = DateTime::from_timestamp(seconds, 0).expect("a time").naive_utc();
        // Rules that are met rarely are not followed to the year 9999 here.
        let end = start + TimeDelta::days(700);
        for is_date in [false, true] {
            let Ok(times) = Times::new(&rule, start, is_date, start) else { continue };
            let times: Vec<_> = times.up_to(end).take(12).collect();
            prop_assert_eq!(times.first(), Some(&start));
            prop_assert!(times.is_sorted_by(|one, other| one < other), "{} {:?}", text, times);
            prop_assert!(rule.count.is_none_or(|count| times.len() <= usize::try_from(count).unwrap_or(usize::MAX)));
            let middle = times.len() / 2;
            let later = Times::new(&rule, start, is_date, times[middle]).expect("times");
            let later: Vec<_> = later.up_to(end).take(times.len() - middle).collect();
            prop_assert_eq!(&later, &times[middle..], "{}", text);
        }
    }
}
