//! The forms of dates and times in cells: texts without zone, to the minute.

use time::{Date, Month, Time};

/// Whether a text is `YYYY-MM-DD`, of a day that there is.
pub fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return false;
    }
    let month = month.parse::<u8>().ok().and_then(|month| Month::try_from(month).ok());
    match (year.parse(), month, day.parse()) {
        (Ok(year), Some(month), Ok(day)) => Date::from_calendar_date(year, month, day).is_ok(),
        _ => false,
    }
}

/// Whether a text is `HH:MM`.
pub fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 5
        && bytes[2] == b':'
        && [0, 1, 3, 4].iter().all(|place| bytes[*place].is_ascii_digit())
        && match (text[..2].parse(), text[3..].parse()) {
            (Ok(hour), Ok(minute)) => Time::from_hms(hour, minute, 0).is_ok(),
            _ => false,
        }
}

/// Whether a text is `YYYY-MM-DD HH:MM`.
pub fn is_date_time(text: &str) -> bool {
    text.split_once(' ')
        .is_some_and(|(date, time)| is_date(date) && is_time(time))
}
