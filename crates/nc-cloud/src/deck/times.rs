//! Times as they go over the wire: RFC 3339 in UTC, with `+00:00`.

use time::{
    Date, OffsetDateTime, PrimitiveDateTime, Time,
    format_description::{
        BorrowedFormatItem,
        well_known::{Rfc2822, Rfc3339},
    },
    macros::format_description,
};

const WRITTEN: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]+00:00");
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const ON_THE_CLOCK: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");

const DAY_S: i64 = 86_400;

/// Unix seconds as text.
pub(super) fn write(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(WRITTEN).unwrap_or_default()
}

/// Reads RFC 3339; also without an offset, and a day alone, both taken as UTC.
pub(super) fn read(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some(time.unix_timestamp());
    }
    let time = PrimitiveDateTime::parse(&text.replace(' ', "T"), ON_THE_CLOCK)
        .or_else(|_| Date::parse(text, DAY).map(|day| day.with_time(Time::MIDNIGHT)));
    time.ok().map(|time| time.assume_utc().unix_timestamp())
}

/// Reads a date of HTTP, RFC 9110 §5.6.7.
pub(super) fn read_http(text: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822);
    time.ok().map(OffsetDateTime::unix_timestamp)
}

/// Days from the day of `now` to that of `due`, in UTC.
pub(super) const fn days_until(due: i64, now: i64) -> i64 {
    due.div_euclid(DAY_S) - now.div_euclid(DAY_S)
}

/// How pressing a card is: 0 not, 1 due tomorrow, 2 due today, 3 overdue.
pub(super) const fn overdue(due: Option<i64>, now: i64) -> u8 {
    match due {
        None => 0,
        Some(due) => match days_until(due, now) {
            i64::MIN..=-1 => 3,
            0 => 2,
            1 => 1,
            2.. => 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_is_read_in_every_usual_form_and_nothing_else_is() {
        let noon = 1_798_200_000;
        assert_eq!(write(noon), "2026-12-25T12:00:00+00:00");
        for text in [
            "2026-12-25T12:00:00+00:00",
            "2026-12-25T12:00:00Z",
            "2026-12-25T13:00:00+01:00",
            "2026-12-25T12:00:00.5Z",
            "2026-12-25 12:00:00",
        ] {
            assert_eq!(read(text), Some(noon), "{text}");
        }
        assert_eq!(read("2026-12-25"), Some(noon - 12 * 3600));
        for text in [
            "",
            "someday",
            "2026-13-01",
            "2026-02-30T00:00:00Z",
            "25.12.2026",
            "1798200000",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read_http("Fri, 25 Dec 2026 12:00:00 GMT"), Some(noon));
        assert_eq!(read_http("yesterday"), None);
    }

    #[test]
    fn what_is_due_is_judged_by_days() {
        let now = 1_798_200_000;
        let cases = [
            (None, 0),
            (Some(now - DAY_S), 3),
            (Some(now - 1), 2),
            (Some(now + DAY_S), 1),
            (Some(now + 3 * DAY_S), 0),
        ];
        for (due, expected) in cases {
            assert_eq!(overdue(due, now), expected, "{due:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(seconds in -62_135_596_800_i64..253_402_300_799) {
            prop_assert_eq!(read(&write(seconds)), Some(seconds));
        }
    }
}
