use chrono::{Datelike, NaiveDate, NaiveDateTime};

use super::*;

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").expect("a time")
}

fn times(rule: &str, start: &str, most: usize) -> Vec<String> {
    let rule = Rule::read(rule).expect("a rule");
    Times::new(&rule, at(start), false, at(start))
        .expect("times")
        .take(most)
        .map(|time| time.format("%Y%m%dT%H%M%S").to_string())
        .collect()
}

fn days(rule: &str, start: &str, most: usize) -> Vec<String> {
    times(rule, start, most)
        .iter()
        .map(|time| time[..8].to_owned())
        .collect()
}

#[test]
fn the_examples_of_the_rfc_come_out() {
    let start = "19970902T090000";
    for (rule, start, expected) in [
        ("FREQ=DAILY;INTERVAL=10;COUNT=5", start, "0902 0912 0922 1002 1012"),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;WKST=SU;BYDAY=TU,TH",
            start,
            "0902 0904 0916 0918",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "19970805T090000",
            "0805 0810 0819 0824",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "19970805T090000",
            "0805 0817 0819 0831",
        ),
        (
            "FREQ=MONTHLY;COUNT=4;BYDAY=1FR",
            "19970905T090000",
            "0905 1003 1107 1205",
        ),
        (
            "FREQ=MONTHLY;COUNT=4;BYDAY=-2MO",
            "19970922T090000",
            "0922 1020 1117 1222",
        ),
        (
            "FREQ=MONTHLY;COUNT=4;BYMONTHDAY=-3",
            "19970928T090000",
            "0928 1029 1128 1229",
        ),
        (
            "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
            "19970904T090000",
            "0904 1007 1106",
        ),
        (
            "FREQ=MONTHLY;COUNT=4;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
            "19970929T090000",
            "0929 1030 1127 1230",
        ),
        ("FREQ=YEARLY;BYDAY=20MO;COUNT=3", "19970519T090000", "0519 0518 0517"),
        (
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3",
            "19970512T090000",
            "0512 0511 0517",
        ),
        (
            "FREQ=YEARLY;INTERVAL=3;COUNT=4;BYYEARDAY=1,100,200",
            "19970101T090000",
            "0101 0410 0719 0101",
        ),
        (
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3",
            "19961105T090000",
            "1105 1107 1102",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
            "20070115T090000",
            "0115 0130 0215 0315 0330",
        ),
    ] {
        let found: Vec<String> = days(rule, start, 20).iter().map(|day| day[4..].to_owned()).collect();
        assert_eq!(found.join(" "), expected, "{rule}");
    }
}

#[test]
fn a_start_that_the_rule_does_not_meet_is_the_first_and_counts() {
    assert_eq!(
        days("FREQ=WEEKLY;BYDAY=FR;COUNT=3", "20260105T090000", 9),
        ["20260105", "20260109", "20260116"]
    );
}

#[test]
fn either_of_a_weekday_and_a_numbered_one_is_met() {
    assert_eq!(
        days("FREQ=MONTHLY;BYDAY=1MO,-1FR;COUNT=4", "20260105T090000", 9),
        ["20260105", "20260130", "20260202", "20260227"]
    );
}

#[test]
fn positions_are_counted_in_whole_weeks() {
    assert_eq!(
        days("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1;COUNT=3", "20260107T090000", 9),
        ["20260107", "20260112", "20260119"]
    );
}

#[test]
fn a_week_number_alone_keeps_the_weekday_of_the_start() {
    assert_eq!(
        days("FREQ=YEARLY;BYWEEKNO=20", "20260513T090000", 3),
        ["20260513", "20270519", "20280517"]
    );
}

#[test]
fn weeks_from_monday_are_those_of_iso_8601() {
    for week in [1, 2, 26, 51, 52, 53, -1, -2, -52, -53] {
        let rule = Rule::read(&format!("FREQ=YEARLY;BYWEEKNO={week};BYDAY=MO,TU,WE,TH,FR,SA,SU")).expect("a rule");
        let start = at("19991231T090000");
        let found: Vec<_> = Times::new(&rule, start, false, start)
            .expect("times")
            .skip(1)
            .map(|time| time.date())
            .take_while(|date| date.year() < 2100)
            .collect();
        let expected: Vec<_> = NaiveDate::from_ymd_opt(2000, 1, 1)
            .expect("a day")
            .iter_days()
            .take_while(|date| date.year() < 2100)
            .filter(|date| {
                let iso = date.iso_week();
                // The 28th of December is in the last week of its year.
                let last = NaiveDate::from_ymd_opt(iso.year(), 12, 28)
                    .expect("a day")
                    .iso_week()
                    .week();
                let number = i64::from(iso.week());
                number == week || number - i64::from(last) - 1 == week
            })
            .collect();
        assert_eq!(found, expected, "{week}");
    }
}

#[test]
fn times_of_the_day_multiply_and_positions_pick_from_them() {
    assert_eq!(
        times(
            "FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0,30;BYSETPOS=-1,1",
            "20260105T090000",
            3
        ),
        ["20260105T090000", "20260105T173000", "20260106T090000"]
    );
    assert_eq!(
        times("FREQ=MINUTELY;INTERVAL=90;BYHOUR=9,10", "20260105T090000", 4),
        [
            "20260105T090000",
            "20260105T103000",
            "20260106T090000",
            "20260106T103000"
        ]
    );
}

#[test]
fn leap_days_come_every_four_years() {
    assert_eq!(
        days("FREQ=YEARLY", "20240229T090000", 3),
        ["20240229", "20280229", "20320229"]
    );
}

#[test]
fn a_day_series_passes_over_hours_and_refuses_to_repeat_by_them() {
    let start = NaiveDate::from_ymd_opt(2026, 1, 5)
        .expect("a day")
        .and_time(chrono::NaiveTime::MIN);
    let rule = Rule::read("FREQ=DAILY;BYHOUR=9,10").expect("a rule");
    assert_eq!(
        Times::new(&rule, start, true, start).expect("times").nth(1),
        Some(start + chrono::TimeDelta::days(1))
    );
    let rule = Rule::read("FREQ=HOURLY").expect("a rule");
    assert_eq!(
        Times::new(&rule, start, true, start).err(),
        Some(RuleError::TimesOfDays)
    );
}

#[test]
fn a_far_range_is_reached_at_once() {
    for rule in [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=7",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;BYDAY=MO,FR;INTERVAL=5",
        "FREQ=MONTHLY;BYDAY=-1FR;INTERVAL=7",
        "FREQ=YEARLY;INTERVAL=3",
    ] {
        let rule = Rule::read(rule).expect("a rule");
        let start = at("19700102T090000");
        let far = at("27500101T000000");
        let mut seeking = Times::new(&rule, start, false, far).expect("times");
        let found = seeking.next().expect("a time");
        assert!(found >= far && seeking.steps < 3000, "{rule:?}: {found}");
        if rule.frequency < Frequency::Hourly {
            let counted = Times::new(&rule, start, false, start)
                .expect("times")
                .find(|time| *time >= far);
            assert_eq!(counted, Some(found), "{rule:?}");
        }
    }
}

#[test]
fn rules_that_are_never_met_end() {
    for rule in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYYEARDAY=366;BYMONTH=1",
        "FREQ=MINUTELY;INTERVAL=60;BYMINUTE=1",
        "FREQ=SECONDLY;INTERVAL=4000000000;BYSECOND=1",
    ] {
        let rule = Rule::read(rule).expect("a rule");
        let start = at("20260101T000000");
        assert_eq!(
            Times::new(&rule, start, false, start).expect("times").count(),
            1,
            "{rule:?}"
        );
    }
    let rule = Rule::read("FREQ=SECONDLY;COUNT=4000000000").expect("a rule");
    let mut times = Times::new(&rule, at("20260101T000000"), false, at("28000101T000000")).expect("times");
    assert_eq!(times.next(), None);
    assert!(times.gave_up());
}

#[test]
fn what_has_no_meaning_is_refused() {
    for rule in [
        "",
        "COUNT=3",
        "FREQ=FORTNIGHTLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;BYDAY=XX",
        "FREQ=DAILY;BYDAY=é",
        "FREQ=DAILY;BYHOUR=24",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;UNTIL=tomorrow",
        "FREQ=DAILY;RSCALE=HEBREW",
        "FREQ=DAILY;BYEASTER=0",
    ] {
        assert!(Rule::read(rule).is_err(), "{rule}");
    }
    for rule in [
        "freq=daily;count= 3 ;",
        "RRULE-X=1;FREQ=DAILY".trim_start_matches("RRULE-X=1;"),
        "FREQ=DAILY;X-GOOGLE=1;BYDAY=+1MO, TU",
    ] {
        assert!(Rule::read(rule).is_ok(), "{rule}");
    }
}

#[test]
fn one_part_of_a_text_is_set_and_the_others_stay() {
    let rule = "FREQ=WEEKLY;count=10;X-A=b;BYDAY=MO";
    assert_eq!(set_part(rule, "COUNT", Some("3")), "FREQ=WEEKLY;COUNT=3;X-A=b;BYDAY=MO");
    assert_eq!(set_part(rule, "COUNT", None), "FREQ=WEEKLY;X-A=b;BYDAY=MO");
    assert_eq!(set_part("FREQ=DAILY;", "COUNT", Some("3")), "FREQ=DAILY;COUNT=3");
}
