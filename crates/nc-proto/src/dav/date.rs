//! Dates in headers and properties.

use time::{
    OffsetDateTime, PrimitiveDateTime, UtcOffset,
    format_description::{FormatItem, well_known::Rfc3339},
    macros::format_description,
};

const IMF_FIXDATE: &[FormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
const RFC_850: &[FormatItem<'_>] =
    format_description!("[weekday repr:long], [day]-[month repr:short]-[year] [hour]:[minute]:[second] GMT");
const ASCTIME: &[FormatItem<'_>] =
    format_description!("[weekday repr:short] [month repr:short] [day padding:space] [hour]:[minute]:[second] [year]");
const CREATION: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]+00:00");

/// Writes the date of `Last-Modified` and `d:getlastmodified`: RFC 9110 §5.6.7, IMF-fixdate.
pub fn format_http(time: OffsetDateTime) -> String {
    time.to_offset(UtcOffset::UTC).format(IMF_FIXDATE).unwrap_or_default()
}

/// Reads any of the three forms of RFC 9110 §5.6.7.
pub fn parse_http(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim();
    [IMF_FIXDATE, ASCTIME]
        .iter()
        .find_map(|format| PrimitiveDateTime::parse(text, format).ok())
        .or_else(|| parse_rfc_850(text))
        .map(PrimitiveDateTime::assume_utc)
}

/// The two-digit year of RFC 850 means this century up to 2069; nobody sends it any more.
fn parse_rfc_850(text: &str) -> Option<PrimitiveDateTime> {
    let (before, after) = text.rsplit_once('-')?;
    let (year, rest) = after.split_at_checked(2)?;
    let century = if year < "70" { "20" } else { "19" };
    let full = format!("{before}-{century}{year}{rest}");
    PrimitiveDateTime::parse(&full, RFC_850).ok()
}

/// Writes `d:creationdate` in the form that Nextcloud uses: RFC 3339 with a numeric offset.
pub fn format_creation(time: OffsetDateTime) -> String {
    time.to_offset(UtcOffset::UTC).format(CREATION).unwrap_or_default()
}

/// Reads an RFC 3339 date.
pub fn parse_rfc3339(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text.trim(), &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_three_forms_of_rfc_9110_are_one_time() {
        let expected = OffsetDateTime::from_unix_timestamp(784_111_777).unwrap();
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(parse_http(text), Some(expected), "{text}");
        }
        assert_eq!(parse_http("yesterday"), None);
    }

    #[test]
    fn creation_dates_look_like_those_of_nextcloud() {
        let epoch = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(format_creation(epoch), "1970-01-01T00:00:00+00:00");
        assert_eq!(parse_rfc3339("1970-01-01T00:00:00+00:00"), Some(epoch));
    }

    proptest! {
        #[test]
        fn a_date_survives_a_round_trip(seconds in 0i64..253_402_300_799) {
            let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            prop_assert_eq!(parse_http(&format_http(time)), Some(time));
            prop_assert_eq!(parse_rfc3339(&format_creation(time)), Some(time));
        }
    }
}
