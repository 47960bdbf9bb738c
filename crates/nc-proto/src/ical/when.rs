//! Times and durations as properties hold them.

use std::fmt;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use crate::content::Property;

/// A value that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{property}: {value:?} is no {wanted}")]
pub struct ValueError {
    /// Whose value.
    pub property: String,
    /// What it says.
    pub value: String,
    /// What it should be.
    pub wanted: &'static str,
}

/// A point in time, in the form in which a property holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// A day: `VALUE=DATE`.
    Date(NaiveDate),
    /// A time on whatever clock is looked at.
    Floating(NaiveDateTime),
    /// A time in UTC.
    Utc(NaiveDateTime),
    /// A time on the clock of a zone.
    Zoned {
        /// What that clock shows.
        local: NaiveDateTime,
        /// The zone's name in the object, as it was written.
        tzid: String,
    },
}

impl When {
    /// The first time that a property holds.
    ///
    /// # Errors
    /// [`ValueError`] if it holds none.
    pub fn of(property: &Property) -> Result<Self, ValueError> {
        Self::read(property, property.value())
    }

    /// All times that a property holds: `EXDATE`, `RDATE`. Of periods the start is given.
    ///
    /// # Errors
    /// [`ValueError`] if one cannot be read.
    pub fn list(property: &Property) -> Result<Vec<Self>, ValueError> {
        property
            .value()
            .split(',')
            .filter(|value| !value.trim().is_empty())
            .map(|value| Self::read(property, value.split_once('/').map_or(value, |(start, _)| start)))
            .collect()
    }

    /// `text` as the value of a property with these parameters.
    fn read(property: &Property, text: &str) -> Result<Self, ValueError> {
        let text = text.trim();
        let wrong = || ValueError {
            property: property.name().to_owned(),
            value: text.to_owned(),
            wanted: "date or time",
        };
        // Outlook and others leave `VALUE=DATE` out; the form says enough.
        if text.len() == 8 {
            return NaiveDate::parse_from_str(text, "%Y%m%d")
                .map(Self::Date)
                .map_err(|_| wrong());
        }
        let (local, is_utc) = text
            .strip_suffix(['Z', 'z'])
            .map_or((text, false), |local| (local, true));
        if local.len() != 15 {
            return Err(wrong());
        }
        let local = read_local(local).ok_or_else(wrong)?;
        Ok(match property.parameter("TZID") {
            _ if is_utc => Self::Utc(local),
            Some(tzid) => Self::Zoned {
                local,
                tzid: tzid.to_owned(),
            },
            None => Self::Floating(local),
        })
    }

    /// As a property of this name.
    pub fn property(&self, name: &str) -> Property {
        let mut property = Property::new(name, "");
        self.write_to(&mut property);
        property
    }

    /// Into a property that is there: its value, `VALUE` and `TZID`; the other parameters stay.
    pub fn write_to(&self, property: &mut Property) {
        match self {
            Self::Date(_) => {
                property.remove_parameter("TZID");
                property.set_parameter("VALUE", "DATE");
            }
            Self::Floating(_) | Self::Utc(_) => {
                property.remove_parameter("TZID");
                property.remove_parameter("VALUE");
            }
            Self::Zoned { tzid, .. } => {
                property.remove_parameter("VALUE");
                property.set_parameter("TZID", tzid);
            }
        }
        property.set_value(self.to_string());
    }

    /// Whether it is a day.
    pub const fn is_date(&self) -> bool {
        matches!(self, Self::Date(_))
    }

    /// The zone's name, if it has one.
    pub fn tzid(&self) -> Option<&str> {
        match self {
            Self::Zoned { tzid, .. } => Some(tzid),
            _ => None,
        }
    }

    /// What its own clock shows; midnight for a day.
    pub fn local(&self) -> NaiveDateTime {
        match self {
            Self::Date(date) => date.and_time(chrono::NaiveTime::MIN),
            Self::Floating(local) | Self::Utc(local) | Self::Zoned { local, .. } => *local,
        }
    }

    /// The same form with another time on its clock.
    #[must_use]
    pub fn at(&self, local: NaiveDateTime) -> Self {
        match self {
            Self::Date(_) => Self::Date(local.date()),
            Self::Floating(_) => Self::Floating(local),
            Self::Utc(_) => Self::Utc(local),
            Self::Zoned { tzid, .. } => Self::Zoned {
                local,
                tzid: tzid.clone(),
            },
        }
    }
}

/// `YYYYMMDDTHHMMSS`. A leap second is taken for the last second of its minute.
fn read_local(text: &str) -> Option<NaiveDateTime> {
    let (date, time) = text.split_once(['T', 't'])?;
    if time.len() != 6 || !time.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| time[at..at + 2].parse::<u32>().ok();
    NaiveDate::parse_from_str(date, "%Y%m%d")
        .ok()?
        .and_hms_opt(two(0)?, two(2)?, two(4)?.min(59))
}

/// The value, without parameters.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => write!(f, "{}", date.format("%Y%m%d")),
            Self::Floating(local) | Self::Zoned { local, .. } => write!(f, "{}", local.format("%Y%m%dT%H%M%S")),
            Self::Utc(local) => write!(f, "{}Z", local.format("%Y%m%dT%H%M%S")),
        }
    }
}

/// A duration: RFC 5545 §3.3.6. Days are days of the calendar, hours are hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Duration {
    /// Weeks and days, with the sign.
    pub days: i64,
    /// Hours, minutes and seconds, with the sign.
    pub seconds: i64,
}

impl Duration {
    /// Reads `P1D`, `-PT15M`, `P2W`, `P1DT2H`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let (sign, text) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(&text)),
        };
        let (date, time) = match text.strip_prefix('P')?.split_once('T') {
            Some((date, time)) => (date.to_owned(), time.to_owned()),
            None => (text[1..].to_owned(), String::new()),
        };
        if date.is_empty() && time.is_empty() {
            return None;
        }
        let days = sum(&date, &[('W', 7), ('D', 1)])?;
        let seconds = sum(&time, &[('H', 3600), ('M', 60), ('S', 1)])?;
        Some(Self {
            days: sign * days,
            seconds: sign * seconds,
        })
    }

    /// As an amount of time, a day having 24 hours.
    pub fn nominal(self) -> TimeDelta {
        TimeDelta::seconds(
            self.days
                .saturating_mul(86_400)
                .saturating_add(self.seconds)
                .clamp(-MOST_S, MOST_S),
        )
    }
}

/// Some three thousand years.
const MOST_S: i64 = 100_000_000_000;

fn sum(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut total: i64 = 0;
    let mut number: Option<i64> = None;
    for character in text.chars() {
        if let Some(digit) = character.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(i64::from(digit))?);
        } else {
            let (_, unit) = units.iter().find(|(name, _)| *name == character)?;
            total = total.checked_add(number.take()?.checked_mul(*unit)?)?;
        }
    }
    (number.is_none() && total <= MOST_S).then_some(total)
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.days < 0 || self.seconds < 0 {
            f.write_str("-")?;
        }
        let (days, seconds) = (self.days.abs(), self.seconds.abs());
        f.write_str("P")?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if seconds > 0 || days == 0 {
            f.write_str("T")?;
            let (hours, minutes, rest) = (seconds / 3600, seconds % 3600 / 60, seconds % 60);
            if hours > 0 {
                write!(f, "{hours}H")?;
            }
            if minutes > 0 {
                write!(f, "{minutes}M")?;
            }
            if rest > 0 || seconds == 0 {
                write!(f, "{rest}S")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Component;

    fn property(line: &str) -> Property {
        let text = format!("BEGIN:X\n{line}\nEND:X\n");
        let document = crate::content::Document::parse(text.as_bytes()).expect("a component");
        document
            .root()
            .and_then(|root| root.properties().next().cloned())
            .expect("a property")
    }

    #[test]
    fn every_form_is_read_and_written_back() {
        for line in [
            "DTSTART;VALUE=DATE:20260329",
            "DTSTART:20260329T023000",
            "DTSTART:20260329T023000Z",
            "DTSTART;TZID=Europe/Berlin:20260329T023000",
        ] {
            let read = property(line);
            let when = When::of(&read).expect("a time");
            let mut bytes = Component::new("X");
            bytes.add(when.property("DTSTART"));
            let text = String::from_utf8(bytes.to_bytes()).expect("text");
            assert_eq!(text.lines().nth(1), Some(line));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for value in [
            "",
            "2026-03-29",
            "20260229",
            "20260329T250000",
            "20260329T0230",
            "20260329T0230000",
            "2026032\u{e9}",
        ] {
            assert!(When::of(&property(&format!("DTSTART:{value}"))).is_err(), "{value}");
        }
    }

    #[test]
    fn durations_are_read_in_all_their_forms() {
        for (text, days, seconds) in [
            ("P1D", 1, 0),
            ("-PT15M", 0, -900),
            ("P2W", 14, 0),
            ("P1DT2H3M4S", 1, 7384),
            ("+PT0S", 0, 0),
        ] {
            let read = Duration::parse(text).expect("a duration");
            assert_eq!(read, Duration { days, seconds }, "{text}");
            assert_eq!(Duration::parse(&read.to_string()), Some(read), "{text}");
        }
        for text in ["", "P", "PT", "15M", "P1", "PT1D", "P99999999999999999999D"] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }
}
