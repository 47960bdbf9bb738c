//! The dates with which shares end.

use time::{Date, Month, OffsetDateTime, Time};

/// Reads `YYYY-MM-DD`, with or without a time behind it, which does not count. Gives the midnight with which the day begins,
/// Unix seconds.
pub(super) fn parse(text: &str) -> Option<i64> {
    let text = text.trim().trim_matches('"');
    let day = text.get(..10)?;
    if !text[10..].is_empty() && !text[10..].starts_with([' ', 'T']) {
        return None;
    }
    if !day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return None;
    }
    let mut parts = day.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if [year.len(), month.len(), day.len()] != [4, 2, 2] {
        return None;
    }
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    let date = Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()?;
    Some(date.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp())
}

/// `YYYY-MM-DD 00:00:00`.
pub(super) fn format(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = time.to_calendar_date();
    format!("{year:04}-{:02}-{day:02} 00:00:00", u8::from(month))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_real_days_are_dates() {
        assert_eq!(parse("2027-03-01").map(format).as_deref(), Some("2027-03-01 00:00:00"));
        assert_eq!(parse("2027-03-01 12:00:00"), parse("2027-03-01"));
        assert_eq!(parse("2027-03-01T12:00:00Z"), parse("2027-03-01"));
        for text in [
            "",
            "yesterday",
            "2027-02-30",
            "2027-3-1",
            "01.03.2027",
            "2027-03-01x",
            "2027-03-0ä",
            "+027-03-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,30}") {
            if let Some(seconds) = parse(&text) {
                prop_assert_eq!(seconds % 86_400, 0);
            }
        }
    }
}
