use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};

/// Which day of a month: how zones say when they change their clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// The first, second, … of a weekday; counted from the end if negative.
    Nth(Weekday, i8),
    /// The first of a weekday on or after a day.
    From(Weekday, u32),
    /// A day, at most 28.
    Of(u32),
}

/// Once a year at the same place of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) month: u32,
    pub(super) day: Day,
    pub(super) time: NaiveTime,
}

impl Pattern {
    pub(super) fn in_year(self, year: i32) -> Option<NaiveDateTime> {
        let date = match self.day {
            Day::Of(day) => NaiveDate::from_ymd_opt(year, self.month, day)?,
            Day::From(weekday, first) => on_or_after(NaiveDate::from_ymd_opt(year, self.month, first)?, weekday)?,
            Day::Nth(weekday, ordinal) if ordinal > 0 => {
                let first = on_or_after(NaiveDate::from_ymd_opt(year, self.month, 1)?, weekday)?;
                first.checked_add_signed(TimeDelta::weeks(i64::from(ordinal) - 1))?
            }
            Day::Nth(weekday, ordinal) => {
                let next_month = if self.month == 12 {
                    NaiveDate::from_ymd_opt(year.checked_add(1)?, 1, 1)?
                } else {
                    NaiveDate::from_ymd_opt(year, self.month + 1, 1)?
                };
                on_or_after(next_month, weekday)?.checked_add_signed(TimeDelta::weeks(i64::from(ordinal)))?
            }
        };
        (date.month() == self.month).then(|| date.and_time(self.time))
    }

    /// Reads the parts of an `RRULE` if they say no more than such a pattern.
    pub(super) fn read(parts: &[(String, String)], start: NaiveDateTime) -> Option<Self> {
        let mut month = start.month();
        let mut month_days: Vec<u32> = Vec::new();
        let mut by_day = None;
        let mut has_month = false;
        for (name, value) in parts {
            match name.as_str() {
                "FREQ" if value == "YEARLY" => {}
                "INTERVAL" if value == "1" => {}
                "WKST" | "UNTIL" | "COUNT" => {}
                "BYMONTH" => {
                    month = value.parse().ok().filter(|month| (1..=12).contains(month))?;
                    has_month = true;
                }
                "BYMONTHDAY" => {
                    month_days = value.split(',').map(|day| day.parse().ok()).collect::<Option<_>>()?;
                }
                "BYDAY" => by_day = Some(read_day(value)?),
                // Lotus repeats the time of the start.
                "BYHOUR" if value.parse() == Ok(chrono::Timelike::hour(&start)) => {}
                "BYMINUTE" if value.parse() == Ok(chrono::Timelike::minute(&start)) => {}
                _ => return None,
            }
        }
        let day = match (by_day, month_days.as_slice()) {
            (None, []) => Day::Of(start.day()),
            (None, [day]) => Day::Of(*day),
            (Some((weekday, Some(ordinal))), []) if has_month => Day::Nth(weekday, ordinal),
            (Some((weekday, None)), [first, .., last]) => {
                let is_a_week = month_days.len() == 7 && month_days.is_sorted() && last.checked_sub(*first) == Some(6);
                is_a_week.then_some(Day::From(weekday, *first))?
            }
            _ => return None,
        };
        let is_every_year = match day {
            Day::Of(day) => (1..=28).contains(&day),
            Day::From(_, first) => (1..=if month == 2 { 22 } else { 24 }).contains(&first),
            Day::Nth(_, ordinal) => (1..=4).contains(&ordinal.abs()),
        };
        is_every_year.then_some(Self {
            month,
            day,
            time: start.time(),
        })
    }

    /// As parts of an `RRULE`.
    pub(super) fn rule(self) -> String {
        let month = self.month;
        match self.day {
            Day::Of(day) => format!("FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}"),
            Day::Nth(weekday, ordinal) => format!("FREQ=YEARLY;BYMONTH={month};BYDAY={ordinal}{}", short(weekday)),
            Day::From(weekday, first) => {
                let days: Vec<String> = (first..first + 7).map(|day| day.to_string()).collect();
                format!(
                    "FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={};BYDAY={}",
                    days.join(","),
                    short(weekday)
                )
            }
        }
    }
}

fn on_or_after(date: NaiveDate, weekday: Weekday) -> Option<NaiveDate> {
    let days = (7 + weekday.num_days_from_monday() - date.weekday().num_days_from_monday()) % 7;
    date.checked_add_signed(TimeDelta::days(i64::from(days)))
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

fn short(weekday: Weekday) -> &'static str {
    WEEKDAYS[weekday.num_days_from_monday() as usize].0
}

fn read_day(value: &str) -> Option<(Weekday, Option<i8>)> {
    let (ordinal, name) = value.split_at_checked(value.len().checked_sub(2)?)?;
    let (_, weekday) = WEEKDAYS.iter().find(|(short, _)| *short == name)?;
    if ordinal.is_empty() {
        return Some((*weekday, None));
    }
    let ordinal: i8 = ordinal.parse().ok()?;
    Some((*weekday, Some(ordinal)))
}
