use std::ops::RangeInclusive;

use chrono::Weekday;

use super::{ByDay, Frequency, Rule};
use crate::{content::Property, ical::When};

/// Why a rule cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It has no `FREQ`.
    #[error("the recurrence rule has no FREQ")]
    NoFrequency,
    /// A part says what it cannot say.
    #[error("{part}={value:?} cannot stand in a recurrence rule")]
    Part {
        /// The part's name.
        part: String,
        /// What it says.
        value: String,
    },
    /// A part twice.
    #[error("{0} stands twice in the recurrence rule")]
    Twice(String),
    /// Hours, minutes or seconds between days.
    #[error("a series of days cannot repeat by hours, minutes or seconds")]
    TimesOfDays,
}

impl Rule {
    /// Reads the value of an `RRULE`.
    ///
    /// # Errors
    /// [`RuleError`] for what has no meaning. Parts beginning with `X-` are passed over.
    pub fn read(text: &str) -> Result<Self, RuleError> {
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            by_month: Vec::new(),
            by_week: Vec::new(),
            by_year_day: Vec::new(),
            by_month_day: Vec::new(),
            by_day: Vec::new(),
            by_hour: Vec::new(),
            by_minute: Vec::new(),
            by_second: Vec::new(),
            by_set_position: Vec::new(),
            week_start: Weekday::Mon,
        };
        let mut seen: Vec<String> = Vec::new();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = name.trim().to_ascii_uppercase();
            let value = value.trim().to_ascii_uppercase();
            if name.starts_with("X-") {
                continue;
            }
            if seen.contains(&name) {
                return Err(RuleError::Twice(name));
            }
            rule.read_part(&name, &value).ok_or_else(|| RuleError::Part {
                part: name.clone(),
                value,
            })?;
            seen.push(name);
        }
        if seen.iter().any(|name| name == "FREQ") {
            Ok(rule)
        } else {
            Err(RuleError::NoFrequency)
        }
    }

    fn read_part(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "FREQ" => self.frequency = frequency(value)?,
            "INTERVAL" => self.interval = value.parse().ok().filter(|interval| *interval > 0)?,
            "COUNT" => self.count = Some(value.parse().ok().filter(|count| *count > 0)?),
            "UNTIL" => self.until = Some(When::of(&Property::new("UNTIL", value)).ok()?),
            "WKST" => self.week_start = weekday(value)?,
            "BYMONTH" => self.by_month = unsigned(value, 1..=12)?,
            "BYWEEKNO" => self.by_week = signed(value, 53)?,
            "BYYEARDAY" => self.by_year_day = signed(value, 366)?,
            "BYMONTHDAY" => self.by_month_day = signed(value, 31)?,
            "BYDAY" => self.by_day = value.split(',').map(by_day).collect::<Option<_>>()?,
            "BYHOUR" => self.by_hour = unsigned(value, 0..=23)?,
            "BYMINUTE" => self.by_minute = unsigned(value, 0..=59)?,
            // A leap second is taken for the last second of its minute.
            "BYSECOND" => {
                self.by_second = unsigned(value, 0..=60)?;
                self.by_second.iter_mut().for_each(|second| *second = (*second).min(59));
                self.by_second.dedup();
            }
            "BYSETPOS" => self.by_set_position = signed(value, 86_400 * 366)?,
            // RFC 7529; other calendars are not known here.
            "RSCALE" if value == "GREGORIAN" => {}
            "SKIP" if value == "OMIT" => {}
            _ => return None,
        }
        Some(())
    }
}

fn frequency(value: &str) -> Option<Frequency> {
    Some(match value {
        "YEARLY" => Frequency::Yearly,
        "MONTHLY" => Frequency::Monthly,
        "WEEKLY" => Frequency::Weekly,
        "DAILY" => Frequency::Daily,
        "HOURLY" => Frequency::Hourly,
        "MINUTELY" => Frequency::Minutely,
        "SECONDLY" => Frequency::Secondly,
        _ => return None,
    })
}

fn weekday(value: &str) -> Option<Weekday> {
    Some(match value {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

fn by_day(value: &str) -> Option<ByDay> {
    let value = value.trim();
    let (ordinal, name) = value.split_at_checked(value.len().checked_sub(2)?)?;
    let ordinal = match ordinal {
        "" => None,
        // Zero is written by some programs for "every".
        other => Some(other.parse::<i16>().ok().filter(|ordinal| ordinal.abs() <= 53)?).filter(|ordinal| *ordinal != 0),
    };
    Some(ByDay {
        ordinal,
        weekday: weekday(name)?,
    })
}

fn unsigned(value: &str, allowed: RangeInclusive<u32>) -> Option<Vec<u32>> {
    let read = |number: &str| number.trim().parse().ok().filter(|number| allowed.contains(number));
    let mut numbers: Vec<u32> = value.split(',').map(read).collect::<Option<_>>()?;
    numbers.sort_unstable();
    numbers.dedup();
    Some(numbers)
}

fn signed(value: &str, most: i32) -> Option<Vec<i32>> {
    value
        .split(',')
        .map(|number| {
            let number: i32 = number.trim().parse().ok()?;
            (number != 0 && (-most..=most).contains(&number)).then_some(number)
        })
        .collect()
}

/// The text of a rule with one part set, added or, without a value, taken away. The other parts stay as written.
pub fn set_part(rule: &str, part: &str, value: Option<&str>) -> String {
    let is_part = |text: &str| {
        let name = text.split_once('=').map_or(text, |(name, _)| name);
        name.trim().eq_ignore_ascii_case(part)
    };
    let mut value = value.map(|value| format!("{part}={value}"));
    let mut parts: Vec<String> = Vec::new();
    for text in rule.split(';') {
        if !is_part(text) {
            parts.push(text.to_owned());
        } else if let Some(value) = value.take() {
            parts.push(value);
        }
    }
    if let Some(value) = value {
        if parts.last().is_some_and(String::is_empty) {
            parts.pop();
        }
        parts.push(value);
    }
    parts.join(";")
}
