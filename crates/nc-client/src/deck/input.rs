//! Arguments that the app answers with 500 when they are wrong, so they are looked at before.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::Error;

/// A title is text.
pub(super) fn check_title(title: &str) -> Result<(), Error> {
    if title.trim().is_empty() {
        return Err(Error::invalid("title", "it must not be empty"));
    }
    Ok(())
}

/// A date as the app takes it; an empty text is none.
pub(super) fn date(argument: &'static str, text: &str) -> Result<Option<String>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    if OffsetDateTime::parse(text, &Rfc3339).is_err() {
        let why = "give date and time as in RFC 3339, such as 2026-12-24T18:00:00Z, or an empty text for none";
        return Err(Error::invalid(argument, why));
    }
    Ok(Some(text.to_owned()))
}

/// Six hexadecimal digits, without the sign that people write before them.
pub(super) fn color(text: &str) -> Result<String, Error> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(digits.to_owned())
    } else {
        Err(Error::invalid("color", "give six hexadecimal digits, such as 0082c9"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_times_with_a_zone() {
        for good in ["2026-12-24T18:00:00Z", "2026-12-24T18:00:00+01:00"] {
            assert_eq!(date("duedate", good).expect("a date").as_deref(), Some(good));
        }
        assert_eq!(date("duedate", "").expect("none"), None);
        for bad in ["someday", "2026-12-24", "2026-12-24T18:00:00", "2026-13-01T00:00:00Z"] {
            let error = date("duedate", bad).expect_err(bad).to_string();
            assert!(error.starts_with("duedate: give date and time"), "{error}");
        }
    }

    #[test]
    fn colours_are_six_digits() {
        assert_eq!(color("#Ff00aa").expect("a colour"), "Ff00aa");
        for bad in ["", "red", "fff", "#ff00a", "ff00aaa", "ff00ag", "é0000"] {
            assert!(color(bad).is_err(), "{bad}");
        }
    }
}
