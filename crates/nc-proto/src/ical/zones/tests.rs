use chrono::{Duration, NaiveDate};
use chrono_tz::TZ_VARIANTS;

use super::*;
use crate::content::{Document, Property};

fn local(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").expect("a time")
}

fn utc(text: &str) -> DateTime<Utc> {
    local(text).and_utc()
}

fn written(text: &str) -> Zone {
    let document = Document::parse(text.as_bytes()).expect("a zone");
    let zone = WrittenZone::of(document.root().expect("a component")).expect("a zone");
    Zone::Written(Arc::new(zone))
}

#[test]
fn a_time_in_a_gap_has_the_offset_from_before_and_a_time_that_comes_twice_is_the_first() {
    let iana = zone_named("Europe/Berlin").expect("a zone");
    let own = written(
        "BEGIN:VTIMEZONE\nTZID:Home\nBEGIN:DAYLIGHT\nDTSTART:19810329T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nEND:DAYLIGHT\nBEGIN:STANDARD\nDTSTART:19961027T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\nEND:VTIMEZONE\n",
    );
    for zone in [iana, own] {
        assert_eq!(zone.instant(local("20260329T023000")), utc("20260329T013000"));
        assert_eq!(zone.local(utc("20260329T013000")), local("20260329T033000"));
        assert_eq!(zone.instant(local("20261025T023000")), utc("20261025T003000"));
        assert_eq!(zone.instant(local("20260701T120000")), utc("20260701T100000"));
    }
}

#[test]
fn a_day_that_a_zone_never_had_is_counted_with_the_offset_from_before() {
    let apia = zone_named("Pacific/Apia").expect("a zone");
    assert_eq!(apia.instant(local("20111230T120000")), utc("20111230T220000"));
    let again = written(&String::from_utf8_lossy(
        &vtimezone(chrono_tz::Pacific::Apia, 2011, 2012).to_bytes(),
    ));
    assert_eq!(again.instant(local("20111230T120000")), utc("20111230T220000"));
}

#[test]
fn names_are_found_in_the_forms_of_other_programs() {
    for (name, iana) in [
        ("europe/BERLIN", "Europe/Berlin"),
        ("/mozilla.org/20050126_1/Europe/Berlin", "Europe/Berlin"),
        (
            "/freeassociation.sourceforge.net/America/Argentina/Buenos_Aires",
            "America/Argentina/Buenos_Aires",
        ),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("eastern standard time", "America/New_York"),
        ("US-Eastern", "US/Eastern"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("GMT+0200", "GMT+0200"),
    ] {
        assert_eq!(zone_named(name).expect(name).name(), iana, "{name}");
    }
    assert_eq!(
        zone_named("GMT-0330").map(|zone| zone.offset_s(utc("20260101T000000"))),
        Some(-12_600)
    );
    for name in ["", "Home", "Europe", "Europe/Atlantis", "GMT+99", "GMT+1é", "/a/b/c"] {
        assert_eq!(zone_named(name), None, "{name}");
    }
}

#[test]
fn windows_names_are_in_order_and_all_lead_to_a_zone() {
    assert!(windows::ZONES.is_sorted_by_key(|(name, _)| name.to_ascii_lowercase()));
    for (name, iana) in windows::ZONES {
        assert!(zone_named(name).is_some(), "{name}: {iana}");
    }
}

#[test]
fn the_definition_in_the_object_wins_over_the_name() {
    let zone = written(
        "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0300\nEND:STANDARD\nEND:VTIMEZONE\n",
    );
    assert_eq!(zone.instant(local("20260701T120000")), utc("20260701T090000"));
}

#[test]
fn a_definition_of_some_years_leaves_the_others_to_the_name() {
    let text = "BEGIN:VTIMEZONE\nTZID:NAME\nBEGIN:DAYLIGHT\nDTSTART:20250330T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0230\nEND:DAYLIGHT\nBEGIN:STANDARD\nDTSTART:20251026T030000\nTZOFFSETFROM:+0230\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n";
    let named = written(&text.replace("NAME", "Europe/Berlin"));
    let private = written(text);
    for (time, by_name, without) in [
        ("20240701T120000", 7200, 3600),
        ("20250701T120000", 9000, 9000),
        ("20260701T120000", 3600, 3600),
        ("20270701T120000", 7200, 3600),
    ] {
        assert_eq!(named.offset_s(utc(time)), by_name, "{time}");
        assert_eq!(private.offset_s(utc(time)), without, "{time}");
    }
}

#[test]
fn outlooks_rules_since_1601_are_read() {
    let zone = written(
        "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n",
    );
    assert_eq!(zone.offset_s(utc("20260701T000000")), 7200);
    assert_eq!(zone.offset_s(utc("20260101T000000")), 3600);
    assert_eq!(zone.offset_s(utc("20261025T005959")), 7200);
    assert_eq!(zone.offset_s(utc("20261025T010000")), 3600);
}

#[test]
fn rules_that_are_no_plain_yearly_ones_are_followed() {
    let zone = written(
        "BEGIN:VTIMEZONE\nTZID:Odd\nBEGIN:STANDARD\nDTSTART:20000130T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYMONTH=1,7;BYDAY=-1SU\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:20000430T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=MONTHLY;INTERVAL=6;BYDAY=SU;BYSETPOS=-1\nEND:DAYLIGHT\nEND:VTIMEZONE\n",
    );
    for (time, offset_s) in [
        ("20260301T000000", 3600),
        ("20260501T000000", 7200),
        ("20260801T000000", 3600),
        ("20261101T000000", 7200),
    ] {
        assert_eq!(zone.offset_s(utc(time)), offset_s, "{time}");
    }
}

#[test]
fn what_is_no_zone_is_none_and_never_fails() {
    for text in [
        "BEGIN:VTIMEZONE\nEND:VTIMEZONE\n",
        "BEGIN:VTIMEZONE\nTZID:A\nEND:VTIMEZONE\n",
        "BEGIN:VTIMEZONE\nTZID:A\nBEGIN:STANDARD\nEND:STANDARD\nEND:VTIMEZONE\n",
        "BEGIN:VTIMEZONE\nTZID:A\nBEGIN:STANDARD\nDTSTART:x\nTZOFFSETTO:+9900\nEND:STANDARD\nEND:VTIMEZONE\n",
    ] {
        let document = Document::parse(text.as_bytes()).expect("a component");
        assert_eq!(document.root().and_then(WrittenZone::of), None, "{text}");
    }
}

#[test]
fn names_that_mean_nothing_are_reported_and_their_times_float() {
    let text = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;TZID=Nowhere:20260701T120000\nEND:VEVENT\nEND:VCALENDAR\n";
    let document = Document::parse(text).expect("a calendar");
    let calendar = document.root().expect("a calendar");
    let zones = Zones::of(calendar);
    assert_eq!(zones.unknown(), ["Nowhere"]);
    let start = calendar.components().next().and_then(|event| event.property("DTSTART"));
    let start = When::of(start.expect("a start")).expect("a time");
    let berlin = zone_named("Europe/Berlin").expect("a zone");
    assert_eq!(zones.instant(&start, &berlin), utc("20260701T100000"));
}

#[test]
fn every_zone_in_use_gets_a_definition_under_the_name_in_use() {
    let text = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Europe/Berlin:20260701T120000\r\nDTEND;TZID=Eastern Standard Time:20260701T120000\r\nRRULE:FREQ=DAILY\r\nEXDATE;TZID=Nowhere:20260702T120000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let mut document = Document::parse(text).expect("a calendar");
    let calendar = document.root_mut().expect("a calendar");
    add_missing(calendar);
    let names: Vec<_> = calendar
        .components_named("VTIMEZONE")
        .filter_map(|zone| zone.text("TZID"))
        .collect();
    assert_eq!(names, ["Europe/Berlin", "Eastern Standard Time"]);
    let bytes = calendar.to_bytes();
    add_missing(calendar);
    assert_eq!(calendar.to_bytes(), bytes);
    assert_eq!(
        String::from_utf8_lossy(&calendar.components().next().expect("a zone").to_bytes()),
        "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:DAYLIGHT\r\nDTSTART:20250330T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nBEGIN:STANDARD\r\nDTSTART:20251026T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    );
}

/// Every zone of the database is written, read back, and compared at and around every change.
#[test]
fn every_zone_that_is_written_reads_back_with_the_same_offsets() {
    for tz in TZ_VARIANTS {
        let mut component = vtimezone(tz, 1990, 2040);
        // Under a private name nothing can be asked elsewhere.
        component.set(Property::text("TZID", "Private"));
        let again = Document::parse(&component.to_bytes()).expect("a zone");
        let zone = WrittenZone::of(again.root().expect("a zone")).expect("a zone");
        let iana = Zone::Iana(tz);
        let mut at = utc("19900101T000000");
        let end = utc("20410101T000000");
        let mut before = iana.offset_s(at);
        while at < end {
            let next = at + Duration::hours(121);
            let now = iana.offset_s(next);
            assert_eq!(
                zone.offset_s(next),
                now,
                "{tz} at {next}\n{}",
                String::from_utf8_lossy(&component.to_bytes())
            );
            if now != before {
                let (mut low, mut high) = (at, next);
                while high - low > Duration::seconds(1) {
                    let middle = low + (high - low) / 2;
                    if iana.offset_s(middle) == before {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
                for seconds in [-7200, -1801, -2, -1, 0, 1, 2, 1801, 7200] {
                    let near = high + Duration::seconds(seconds);
                    assert_eq!(zone.offset_s(near), iana.offset_s(near), "{tz} at {near}");
                    let shown = iana.local(near);
                    assert_eq!(zone.instant(shown), iana.instant(shown), "{tz}: {shown}");
                }
            }
            before = now;
            at = next;
        }
    }
}

#[test]
fn zones_that_keep_their_rules_are_written_without_an_end() {
    for (tz, rules) in [
        (chrono_tz::Europe::Berlin, 2),
        (chrono_tz::America::New_York, 2),
        (chrono_tz::Asia::Jerusalem, 2),
        (chrono_tz::America::Santiago, 2),
        (chrono_tz::Australia::Lord_Howe, 2),
        (chrono_tz::Asia::Kolkata, 0),
    ] {
        let zone = vtimezone(tz, 2026, 2026);
        let text = String::from_utf8(zone.to_bytes()).expect("text");
        assert_eq!(text.matches("RRULE").count(), rules, "{text}");
        assert!(!text.contains("UNTIL"), "{text}");
        let read = Zone::Written(Arc::new(WrittenZone::of(&zone).expect("a zone")));
        for year in 2026..2090 {
            let day = NaiveDate::from_ymd_opt(year, 7, 1)
                .expect("a day")
                .and_time(chrono::NaiveTime::MIN);
            assert_eq!(
                read.offset_s(day.and_utc()),
                Zone::Iana(tz).offset_s(day.and_utc()),
                "{tz} {year}"
            );
        }
    }
}
