//! Times as people give them and as answers tell them.
//!
//! A time is never guessed: one without an offset needs a zone, from the argument, the event or the calendar.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta, Utc};
use nc_mcp_kit::ToolError;
use nc_proto::ical::{
    When,
    zones::{Zone, Zones, zone_named},
};

/// A time as an argument gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// A day.
    Date(NaiveDate),
    /// A time without offset.
    Local(NaiveDateTime),
    /// A time with its offset.
    At(DateTime<FixedOffset>),
}

impl Given {
    /// Reads `2026-11-24`, `2026-11-24T10:00` or the same with `Z` or `+01:00`.
    pub(crate) fn read(argument: &str, text: &str) -> Result<Self, ToolError> {
        let text = text.trim();
        if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Ok(Self::Date(date));
        }
        let with_offset = [
            "%Y-%m-%dT%H:%M:%S%.f%#z",
            "%Y-%m-%d %H:%M:%S%.f%#z",
            "%Y-%m-%dT%H:%M%#z",
        ];
        let upper = text.replace(['z'], "Z");
        let zulu = upper.strip_suffix('Z').map(|local| format!("{local}+00:00"));
        let offset_form = zulu.as_deref().unwrap_or(text);
        if let Some(time) = with_offset
            .iter()
            .find_map(|form| DateTime::parse_from_str(offset_form, form).ok())
        {
            return Ok(Self::At(time));
        }
        let local = [
            "%Y-%m-%dT%H:%M:%S%.f",
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%d %H:%M:%S",
            "%Y-%m-%d %H:%M",
        ];
        local
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .map(Self::Local)
            .ok_or_else(|| {
                ToolError::invalid_argument(format!(
                    "argument `{argument}` must be a day such as 2026-11-24, or a time such as 2026-11-24T10:00:00, \
                     with or without an offset such as +01:00 or Z"
                ))
            })
    }

    /// The day, on the clock that it was given on.
    pub(crate) fn date(self) -> NaiveDate {
        match self {
            Self::Date(date) => date,
            Self::Local(local) => local.date(),
            Self::At(time) => time.naive_local().date(),
        }
    }

    pub(crate) const fn is_date(self) -> bool {
        matches!(self, Self::Date(_))
    }

    /// As a time of a zone's clock.
    pub(crate) fn zoned(self, zone: &Zone) -> When {
        let local = match self {
            Self::Date(date) => date.and_time(chrono::NaiveTime::MIN),
            Self::Local(local) => local,
            Self::At(time) => zone.local(time.to_utc()),
        };
        zoned(local, zone)
    }

    /// The instant, with `zone` for what has no offset.
    pub(crate) fn instant(self, zone: &Zone) -> DateTime<Utc> {
        match self {
            Self::Date(date) => zone.instant(date.and_time(chrono::NaiveTime::MIN)),
            Self::Local(local) => zone.instant(local),
            Self::At(time) => time.to_utc(),
        }
    }

    /// As a time in the form of `like`, which the object holds: a day stays a day, a zone stays that zone.
    ///
    /// [`None`]: it would have to become another kind of value.
    pub(crate) fn in_form_of(self, like: &When, zones: &Zones, floating: &Zone) -> Option<When> {
        match (like, self) {
            (When::Date(_), Self::Date(date)) => Some(When::Date(date)),
            (When::Date(_), _) | (_, Self::Date(_)) | (When::Utc(_), Self::Local(_)) => None,
            (When::Utc(_), Self::At(time)) => Some(When::Utc(time.naive_utc())),
            (When::Floating(_), Self::Local(local)) => Some(When::Floating(local)),
            (When::Floating(_), Self::At(time)) => Some(When::Floating(floating.local(time.to_utc()))),
            (When::Zoned { .. }, Self::Local(local)) => Some(like.at(local)),
            (When::Zoned { .. }, Self::At(time)) => Some(like.at(zones.zone_of(like, floating).local(time.to_utc()))),
        }
    }
}

/// A time of a zone's clock, in the form in which objects hold it.
pub(crate) fn zoned(local: NaiveDateTime, zone: &Zone) -> When {
    match zone {
        Zone::Utc => When::Utc(local),
        zone => When::Zoned {
            local,
            tzid: zone.name().to_owned(),
        },
    }
}

/// The zone that an argument names.
pub(crate) fn zone_argument(name: &str) -> Result<Option<Zone>, ToolError> {
    let name = name.trim();
    if name.is_empty() {
        return Ok(None);
    }
    match zone_named(name) {
        Some(zone @ (Zone::Utc | Zone::Iana(_))) => Ok(Some(zone)),
        _ => Err(ToolError::invalid_argument(format!(
            "argument `timezone`: `{name}` is no zone; give an IANA name such as Europe/Berlin"
        ))),
    }
}

/// What a time without a zone needs.
pub(crate) fn zone_missing(argument: &str) -> ToolError {
    ToolError::invalid_argument(format!(
        "argument `{argument}` has no offset, and the calendar has no zone: give `timezone`, such as Europe/Berlin, or \
         an offset"
    ))
}

/// A time as answers tell it: on its own clock, and in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// `2026-11-24T10:00:00+01:00`; of a day `2026-11-24`; of a floating time without offset.
    pub(crate) local: String,
    /// The zone's name.
    pub(crate) zone: Option<String>,
    /// In UTC, unless it is a day.
    pub(crate) utc: Option<String>,
}

/// Tells a time of an object.
pub(crate) fn tell(when: &When, zones: &Zones, floating: &Zone) -> Told {
    let instant = zones.instant(when, floating);
    match when {
        When::Date(date) => Told {
            local: date.to_string(),
            zone: None,
            utc: None,
        },
        When::Floating(local) => Told {
            local: local.format("%Y-%m-%dT%H:%M:%S").to_string(),
            zone: None,
            utc: Some(utc(instant)),
        },
        When::Utc(_) => Told {
            local: utc(instant),
            zone: Some("UTC".to_owned()),
            utc: Some(utc(instant)),
        },
        When::Zoned { tzid, .. } => {
            let zone = zones.zone(tzid);
            Told {
                local: zone.as_ref().map_or_else(
                    || when.local().format("%Y-%m-%dT%H:%M:%S").to_string(),
                    |zone| on_clock(instant, zone),
                ),
                zone: Some(tzid.clone()),
                utc: Some(utc(instant)),
            }
        }
    }
}

/// An instant on a zone's clock, with its offset.
pub(crate) fn on_clock(instant: DateTime<Utc>, zone: &Zone) -> String {
    match FixedOffset::east_opt(zone.offset_s(instant)) {
        Some(offset) => instant
            .with_timezone(&offset)
            .to_rfc3339_opts(SecondsFormat::Secs, *zone == Zone::Utc),
        None => utc(instant),
    }
}

/// An instant in UTC.
pub(crate) fn utc(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The last day of an all-day thing whose end, a day, does not belong to it.
pub(crate) fn last_day(start: &When, end: &When) -> Option<String> {
    match (start, end) {
        (When::Date(start), When::Date(end)) => {
            let last = end.checked_sub_signed(TimeDelta::days(1)).unwrap_or(*end);
            Some(last.max(*start).to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> Zone {
        zone_named("Europe/Berlin").expect("a zone")
    }

    #[test]
    fn days_times_and_offsets_are_read() {
        for (text, utc) in [
            ("2026-11-24T10:00:00Z", "2026-11-24T10:00:00Z"),
            ("2026-11-24T10:00Z", "2026-11-24T10:00:00Z"),
            ("2026-11-24T10:00:00+01:00", "2026-11-24T09:00:00Z"),
            ("2026-11-24 10:00:00+0100", "2026-11-24T09:00:00Z"),
            ("2026-11-24T10:00:00.5+01:00", "2026-11-24T09:00:00Z"),
            ("2026-11-24T10:00", "2026-11-24T09:00:00Z"),
            ("2026-07-24 10:00", "2026-07-24T08:00:00Z"),
            ("2026-11-24", "2026-11-23T23:00:00Z"),
        ] {
            let given = Given::read("start", text).expect(text);
            assert_eq!(super::utc(given.instant(&berlin())), utc, "{text}");
        }
        for text in ["", "tomorrow", "24.11.2026", "2026-13-01", "2026-11-24T25:00", "10:00"] {
            assert!(Given::read("start", text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_keeps_the_form_that_it_had() {
        let zones = Zones::default();
        let like = |local: &str| When::Zoned {
            local: NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M").expect("a time"),
            tzid: "Europe/Berlin".to_owned(),
        };
        let given = |text| Given::read("start", text).expect(text);
        let old = like("2026-11-24T10:00");
        let form = |text| given(text).in_form_of(&old, &zones, &Zone::Utc);
        assert_eq!(form("2026-11-25T12:30"), Some(like("2026-11-25T12:30")));
        assert_eq!(form("2026-11-25T12:30:00Z"), Some(like("2026-11-25T13:30")));
        assert_eq!(form("2026-11-25"), None);
        let day = When::Date(NaiveDate::default());
        assert_eq!(given("2026-11-25T12:30").in_form_of(&day, &zones, &Zone::Utc), None);
        let told = tell(&old, &zones, &Zone::Utc);
        assert_eq!(told.local, "2026-11-24T10:00:00+01:00");
        assert_eq!(told.utc.as_deref(), Some("2026-11-24T09:00:00Z"));
    }

    #[test]
    fn only_zones_that_everybody_knows_are_taken() {
        assert_eq!(zone_argument(" "), Ok(None));
        assert_eq!(zone_argument("europe/berlin"), Ok(Some(berlin())));
        assert!(zone_argument("Mars/Olympus").is_err());
    }
}
