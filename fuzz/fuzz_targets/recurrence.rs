//! Recurrence rules: a rule in the first line, a start in seconds in the second. Whatever they are, the work is bounded, the
//! times are ordered, and beginning later gives the same times.

#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use nc_proto::ical::rule::{Rule, Times};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (rule, start) = text.split_once('\n').unwrap_or((text, "1780000000"));
    let Ok(rule) = Rule::read(rule) else { return };
    let seconds: i64 = start.trim().parse().unwrap_or(0);
    let Some(start) = DateTime::from_timestamp(seconds.clamp(-62_000_000_000, 250_000_000_000), 0) else {
        return;
    };
    let start = start.naive_utc();
    for is_date in [false, true] {
        let Ok(times) = Times::new(&rule, start, is_date, start) else {
            continue;
        };
        let times: Vec<_> = times.take(40).collect();
        assert_eq!(times.first(), Some(&start), "the start is the first");
        assert!(times.is_sorted_by(|one, other| one < other), "each once, in order");
        if let Some(count) = rule.count {
            assert!(times.len() <= usize::try_from(count).unwrap_or(usize::MAX));
        }
        let middle = times[times.len() / 2];
        let later = Times::new(&rule, start, is_date, middle).expect("as before");
        let later: Vec<_> = later.take(times.len() - times.len() / 2).collect();
        assert_eq!(later, &times[times.len() / 2..], "beginning later changes nothing");
    }
});
