use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::{
    Frequency, Rule, RuleError,
    days::{DayFilter, days_in_month},
};

/// How many days and periods are looked at in all. A rule that is met more rarely is not followed further.
const MOST_STEPS: u32 = 400_000;
/// iCalendar writes years with four digits.
const LAST_YEAR: i32 = 9999;

/// The times of a rule in their order, on the clock of its start. The start is always the first.
#[derive(Debug, Clone)]
pub struct Times<'a> {
    rule: &'a Rule,
    filter: DayFilter,
    start: NaiveDateTime,
    from: NaiveDateTime,
    last: NaiveDateTime,
    hours: Vec<u32>,
    minutes: Vec<u32>,
    seconds: Vec<u32>,
    /// Number of the next period, the one of the start being 0.
    next_period: i64,
    left: Option<u32>,
    is_start_due: bool,
    is_over: bool,
    set: Set,
    pub(super) steps: u32,
}

/// The times of one period: every day with every hour, minute and second.
#[derive(Debug, Clone, Default)]
struct Set {
    days: Vec<NaiveDate>,
    hours: Vec<u32>,
    minutes: Vec<u32>,
    seconds: Vec<u32>,
    /// `BYSETPOS`: only these places, ordered.
    places: Option<Vec<usize>>,
    next: usize,
}

impl<'a> Times<'a> {
    /// The times of `rule` from a start; those before `from` are passed over.
    ///
    /// # Errors
    /// [`RuleError::TimesOfDays`] if days should repeat by hours.
    pub fn new(rule: &'a Rule, start: NaiveDateTime, is_date: bool, from: NaiveDateTime) -> Result<Self, RuleError> {
        if is_date && rule.frequency >= Frequency::Hourly {
            return Err(RuleError::TimesOfDays);
        }
        // RFC 5545 §3.3.10: these parts are passed over if DTSTART is a day.
        let or_start = |list: &[u32], own: u32, finest: Frequency| {
            if is_date || (list.is_empty() && rule.frequency <= finest) {
                vec![own]
            } else {
                list.to_vec()
            }
        };
        let mut times = Self {
            filter: DayFilter::new(rule, start.date()),
            hours: or_start(&rule.by_hour, start.hour(), Frequency::Daily),
            minutes: or_start(&rule.by_minute, start.minute(), Frequency::Hourly),
            seconds: or_start(&rule.by_second, start.second(), Frequency::Minutely),
            rule,
            start,
            from,
            last: NaiveDateTime::MAX,
            next_period: 0,
            left: rule.count,
            is_start_due: true,
            is_over: false,
            set: Set::default(),
            steps: 0,
        };
        times.is_over = rule.frequency >= Frequency::Hourly && !times.can_be_met();
        if rule.count.is_none() && from > start {
            times.next_period = times.period_of(from);
            times.is_start_due = false;
        }
        Ok(times)
    }

    /// Only times up to `last` are looked for.
    #[must_use]
    pub const fn up_to(mut self, last: NaiveDateTime) -> Self {
        self.last = last;
        self
    }

    /// Whether it ended because it took too long, and not because the rule ends.
    pub const fn gave_up(&self) -> bool {
        self.steps >= MOST_STEPS
    }

    /// The number of the period that a time is in, or of the one before.
    fn period_of(&self, time: NaiveDateTime) -> i64 {
        let distance = match self.rule.frequency {
            Frequency::Yearly => i64::from(time.year()) - i64::from(self.start.year()),
            Frequency::Monthly => month_number(time.date()) - month_number(self.start.date()),
            Frequency::Weekly => (time.date() - self.first_week()).num_days().div_euclid(7),
            Frequency::Daily => (time.date() - self.start.date()).num_days(),
            _ => (units(time, self.unit_s())).saturating_sub(units(self.start, self.unit_s())),
        };
        distance.div_euclid(i64::from(self.rule.interval)).max(0)
    }

    /// Whether the interval meets an hour, minute and second that the rule allows. A rule by time that never does is
    /// not looked for on every day until the year 9999.
    fn can_be_met(&self) -> bool {
        let allows = |list: &[u32], value: i64| list.is_empty() || list.iter().any(|one| i64::from(*one) == value);
        let unit_s = self.unit_s();
        let units_of_day = 86_400 / unit_s;
        let step = greatest_common_divisor(i64::from(self.rule.interval), units_of_day);
        let first = units(self.start, unit_s).rem_euclid(step);
        (0..units_of_day / step).any(|place| {
            let second_of_day = (first + place * step) * unit_s;
            allows(&self.hours, second_of_day / 3600)
                && (unit_s > 60 || allows(&self.minutes, second_of_day / 60 % 60))
                && (unit_s > 1 || allows(&self.seconds, second_of_day % 60))
        })
    }

    const fn unit_s(&self) -> i64 {
        match self.rule.frequency {
            Frequency::Hourly => 3600,
            Frequency::Minutely => 60,
            _ => 1,
        }
    }

    fn first_week(&self) -> NaiveDate {
        let date = self.start.date();
        let days = date.weekday().days_since(self.rule.week_start);
        date.checked_sub_days(Days::new(u64::from(days))).unwrap_or(date)
    }

    /// Reads the next period into `set`. [`None`] if there is none any more.
    fn next_set(&mut self) -> Option<()> {
        let distance = self.next_period.checked_mul(i64::from(self.rule.interval))?;
        self.next_period += 1;
        self.steps = self.steps.saturating_add(1);
        if self.rule.frequency >= Frequency::Hourly {
            let seconds = units(self.start, self.unit_s())
                .checked_add(distance)?
                .checked_mul(self.unit_s())?;
            let time = chrono::DateTime::from_timestamp(seconds, 0)?.naive_utc();
            if time.year() > LAST_YEAR || time > self.last {
                return None;
            }
            self.set = self.set_of_time(time).unwrap_or_default();
        } else {
            self.set = Set {
                days: self.days(distance)?,
                hours: self.hours.clone(),
                minutes: self.minutes.clone(),
                seconds: self.seconds.clone(),
                places: None,
                next: 0,
            };
        }
        self.set.pick(&self.rule.by_set_position);
        Some(())
    }

    /// The days of a period that the rule allows.
    fn days(&mut self, distance: i64) -> Option<Vec<NaiveDate>> {
        let mut days = Vec::new();
        match self.rule.frequency {
            Frequency::Yearly => {
                let year = i32::try_from(i64::from(self.start.year()).checked_add(distance)?).ok()?;
                for month in (1..=12).filter(|month| self.filter.allows_month(*month)) {
                    add_month(year, month, &mut days)?;
                }
            }
            Frequency::Monthly => {
                let number = month_number(self.start.date()).checked_add(distance)?;
                let month = u32::try_from(number.rem_euclid(12)).ok()? + 1;
                let year = i32::try_from(number.div_euclid(12)).ok()?;
                // All its days, also of a month that is not allowed: they tell how far it has come.
                add_month(year, month, &mut days)?;
            }
            Frequency::Weekly => {
                let first = self.first_week().checked_add_signed(TimeDelta::try_weeks(distance)?)?;
                days.extend(first.iter_days().take(7));
            }
            _ => days.push(self.start.date().checked_add_signed(TimeDelta::try_days(distance)?)?),
        }
        if days
            .first()
            .is_some_and(|day| day.year() > LAST_YEAR || *day > self.last.date())
        {
            return None;
        }
        self.steps = self.steps.saturating_add(u32::try_from(days.len()).unwrap_or(0));
        days.retain(|day| self.filter.allows(*day));
        Some(days)
    }

    /// The set of an hour, minute or second. If the rule does not allow it, the next period is the next one that it
    /// may allow, so that a rule by seconds does not count the seconds of a year that it passes over.
    fn set_of_time(&mut self, time: NaiveDateTime) -> Option<Set> {
        let date = time.date();
        if !self.filter.allows(date) {
            let next = if self.filter.allows_month(date.month()) {
                date.succ_opt()
            } else {
                date.checked_add_days(Days::new(u64::from(days_in_month(date) - date.day() + 1)))
            };
            self.skip_to(next?.and_time(NaiveTime::MIN));
            return None;
        }
        let frequency = self.rule.frequency;
        let is_one = |list: &[u32], value: u32| list.is_empty() || list.contains(&value);
        if !is_one(&self.hours, time.hour()) {
            self.skip_to(
                time.checked_add_signed(TimeDelta::seconds(3600 - i64::from(time.minute() * 60 + time.second())))?,
            );
            return None;
        }
        if frequency >= Frequency::Minutely && !is_one(&self.minutes, time.minute()) {
            self.skip_to(time.checked_add_signed(TimeDelta::seconds(60 - i64::from(time.second())))?);
            return None;
        }
        if frequency == Frequency::Secondly && !is_one(&self.seconds, time.second()) {
            return None;
        }
        let own_or = |is_own: bool, own: u32, list: &[u32]| if is_own { vec![own] } else { list.to_vec() };
        Some(Set {
            days: vec![date],
            hours: vec![time.hour()],
            minutes: own_or(frequency >= Frequency::Minutely, time.minute(), &self.minutes),
            seconds: own_or(frequency == Frequency::Secondly, time.second(), &self.seconds),
            places: None,
            next: 0,
        })
    }

    /// The next period is the first that begins at `time` or later.
    fn skip_to(&mut self, time: NaiveDateTime) {
        let unit_s = self.unit_s();
        let distance = units(time, unit_s).saturating_sub(units(self.start, unit_s));
        let interval = i64::from(self.rule.interval);
        let period = distance.div_euclid(interval) + i64::from(distance.rem_euclid(interval) > 0);
        self.next_period = self.next_period.max(period);
    }

    fn give(&mut self, time: NaiveDateTime) -> Option<NaiveDateTime> {
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1)?;
        }
        Some(time)
    }
}

impl Iterator for Times<'_> {
    type Item = NaiveDateTime;

    fn next(&mut self) -> Option<NaiveDateTime> {
        if std::mem::take(&mut self.is_start_due) {
            let start = self.give(self.start)?;
            if start >= self.from {
                return Some(start);
            }
        }
        while !self.is_over && !self.gave_up() {
            match self.set.next() {
                Some(time) if time > self.start => {
                    self.steps = self.steps.saturating_add(1);
                    let time = self.give(time)?;
                    if time >= self.from {
                        return Some(time);
                    }
                }
                Some(_) => self.steps = self.steps.saturating_add(1),
                None if self.left == Some(0) => return None,
                None => self.next_set()?,
            }
        }
        None
    }
}

impl Set {
    fn len(&self) -> usize {
        self.days.len() * self.hours.len() * self.minutes.len() * self.seconds.len()
    }

    fn pick(&mut self, positions: &[i32]) {
        if positions.is_empty() {
            return;
        }
        let length = i64::try_from(self.len()).unwrap_or(0);
        let mut places: Vec<usize> = positions
            .iter()
            .map(|position| i64::from(*position))
            .map(|position| if position > 0 { position - 1 } else { length + position })
            .filter(|place| (0..length).contains(place))
            .filter_map(|place| usize::try_from(place).ok())
            .collect();
        places.sort_unstable();
        places.dedup();
        self.places = Some(places);
    }

    fn next(&mut self) -> Option<NaiveDateTime> {
        let place = match &self.places {
            Some(places) => *places.get(self.next)?,
            None if self.next < self.len() => self.next,
            None => return None,
        };
        self.next += 1;
        let (place, second) = (place / self.seconds.len(), self.seconds[place % self.seconds.len()]);
        let (place, minute) = (place / self.minutes.len(), self.minutes[place % self.minutes.len()]);
        let (place, hour) = (place / self.hours.len(), self.hours[place % self.hours.len()]);
        self.days.get(place)?.and_hms_opt(hour, minute, second)
    }
}

fn units(time: NaiveDateTime, unit_s: i64) -> i64 {
    time.and_utc().timestamp().div_euclid(unit_s)
}

const fn greatest_common_divisor(mut one: i64, mut other: i64) -> i64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

fn month_number(date: NaiveDate) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

fn add_month(year: i32, month: u32, days: &mut Vec<NaiveDate>) -> Option<()> {
    if year > LAST_YEAR {
        return None;
    }
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    days.extend(first.iter_days().take(days_in_month(first) as usize));
    Some(())
}
