use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::{ByDay, Frequency, Rule};

/// In what the ordinals of `BYDAY` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Month,
    Year,
    /// Nothing: RFC 5545 forbids ordinals here, and they are passed over.
    None,
}

/// Which days a rule allows: all parts that speak of days, with what `DTSTART` says where they are silent.
#[derive(Debug, Clone)]
pub(super) struct DayFilter {
    pub(super) by_month: Vec<u32>,
    by_week: Vec<i32>,
    by_year_day: Vec<i32>,
    by_month_day: Vec<i32>,
    by_day: Vec<ByDay>,
    scope: Scope,
    week_start: Weekday,
}

impl DayFilter {
    pub(super) fn new(rule: &Rule, start: NaiveDate) -> Self {
        let mut filter = Self {
            by_month: rule.by_month.clone(),
            by_week: rule.by_week.clone(),
            by_year_day: rule.by_year_day.clone(),
            by_month_day: rule.by_month_day.clone(),
            by_day: rule.by_day.clone(),
            scope: match rule.frequency {
                Frequency::Monthly => Scope::Month,
                Frequency::Yearly if !rule.by_month.is_empty() => Scope::Month,
                Frequency::Yearly if rule.by_week.is_empty() => Scope::Year,
                _ => Scope::None,
            },
            week_start: rule.week_start,
        };
        let is_silent = rule.by_year_day.is_empty() && rule.by_month_day.is_empty() && rule.by_day.is_empty();
        let same_weekday = ByDay {
            ordinal: None,
            weekday: start.weekday(),
        };
        let same_day = i32::try_from(start.day()).unwrap_or(1);
        match rule.frequency {
            Frequency::Yearly if is_silent && rule.by_week.is_empty() => {
                if filter.by_month.is_empty() {
                    filter.by_month.push(start.month());
                }
                filter.by_month_day.push(same_day);
            }
            Frequency::Yearly if is_silent => filter.by_day.push(same_weekday),
            Frequency::Monthly if is_silent && rule.by_week.is_empty() => filter.by_month_day.push(same_day),
            Frequency::Weekly if is_silent && rule.by_week.is_empty() => filter.by_day.push(same_weekday),
            _ => {}
        }
        filter
    }

    pub(super) fn allows_month(&self, month: u32) -> bool {
        self.by_month.is_empty() || self.by_month.contains(&month)
    }

    pub(super) fn allows(&self, date: NaiveDate) -> bool {
        self.allows_month(date.month())
            && (self.by_month_day.is_empty() || is_one_of(&self.by_month_day, date.day(), days_in_month(date)))
            && (self.by_day.is_empty() || self.by_day.iter().any(|by_day| self.is_day(*by_day, date)))
            && (self.by_year_day.is_empty() || is_one_of(&self.by_year_day, date.ordinal(), days_in_year(date.year())))
            && (self.by_week.is_empty() || self.is_week(date))
    }

    fn is_day(&self, by_day: ByDay, date: NaiveDate) -> bool {
        if by_day.weekday != date.weekday() {
            return false;
        }
        let (Some(ordinal), true) = (by_day.ordinal, self.scope != Scope::None) else {
            return true;
        };
        let (place, length) = match self.scope {
            Scope::Year => (date.ordinal(), days_in_year(date.year())),
            _ => (date.day(), days_in_month(date)),
        };
        let from_start = (place - 1) / 7 + 1;
        let from_end = (length - place) / 7 + 1;
        let wanted = u32::from(ordinal.unsigned_abs());
        if ordinal > 0 {
            from_start == wanted
        } else {
            from_end == wanted
        }
    }

    /// Weeks as in ISO 8601, but from `WKST`: the first has at least four days in its year.
    fn is_week(&self, date: NaiveDate) -> bool {
        let since_start = date.weekday().days_since(self.week_start);
        // The year of a week is the year of its fourth day.
        let Some(fourth) = date
            .checked_sub_days(Days::new(u64::from(since_start)))
            .and_then(|first| first.checked_add_days(Days::new(3)))
        else {
            return false;
        };
        let number = (fourth.ordinal() - 1) / 7 + 1;
        let left = (days_in_year(fourth.year()) - fourth.ordinal()) / 7;
        is_one_of(&self.by_week, number, number + left)
    }
}

/// Whether `place` of `length`, counted from one, is in a list that may count from the end.
fn is_one_of(list: &[i32], place: u32, length: u32) -> bool {
    let place = i64::from(place);
    let from_end = place - i64::from(length) - 1;
    list.iter().any(|wanted| {
        let wanted = i64::from(*wanted);
        wanted == place || wanted == from_end
    })
}

fn days_in_year(year: i32) -> u32 {
    if NaiveDate::from_ymd_opt(year, 2, 29).is_some() {
        366
    } else {
        365
    }
}

pub(super) fn days_in_month(date: NaiveDate) -> u32 {
    u32::from(date.num_days_in_month())
}
