//! Recurrence rules as people give and change them.

use chrono::{Datelike, NaiveTime, Weekday};
use nc_mcp_kit::ToolError;
use nc_proto::{
    content::{Component, Property},
    ical::{
        When,
        rule::{Rule, set_part},
    },
};

use super::{patch::Around, times::Given};

/// What is to change of the rule of a series.
#[derive(Debug, Clone)]
pub(crate) enum RuleChange {
    /// It repeats like this.
    Set {
        /// The rule, as iCalendar writes it.
        rule: String,
        /// The last day, or the last time.
        until: Option<Given>,
    },
    /// It repeats as before, until then.
    Until(Given),
    /// It happens once.
    Remove,
}

impl RuleChange {
    /// From the three arguments of a tool. [`None`]: nothing is to change.
    pub(crate) fn of(recurring: Option<bool>, rule: &str, until: &str) -> Result<Option<Self>, ToolError> {
        let (rule, until) = (rule.trim(), until.trim());
        let until = match until {
            "" => None,
            until => Some(Given::read("recurrence_end_date", until)?),
        };
        match (recurring, rule, until) {
            (Some(false), "", None) => Ok(Some(Self::Remove)),
            (Some(false), _, _) => Err(ToolError::invalid_argument(
                "`recurring` is false, but there is a rule or an end date: leave one of them out",
            )),
            (Some(true), "", None) => Err(ToolError::invalid_argument(
                "a series needs `recurrence_rule`, such as FREQ=WEEKLY or FREQ=MONTHLY,BYMONTHDAY=1 with a semicolon \
                 between the parts",
            )),
            (None, "", None) => Ok(None),
            (_, "", Some(until)) => Ok(Some(Self::Until(until))),
            (_, rule, until) => {
                let rule = rule
                    .get(..6)
                    .filter(|start| start.eq_ignore_ascii_case("RRULE:"))
                    .map_or(rule, |_| &rule[6..]);
                let rule = rule.trim().to_ascii_uppercase();
                Rule::read(&rule)
                    .map_err(|error| ToolError::invalid_argument(format!("argument `recurrence_rule`: {error}")))?;
                Ok(Some(Self::Set { rule, until }))
            }
        }
    }
}

/// Changes the rule of a task, which counts from its start or, without one, from when it is due.
pub(crate) fn of_todo(change: &RuleChange, todo: &mut Component, around: &Around) -> Result<(), ToolError> {
    if todo.property("DTSTART").is_none() && todo.property("DUE").is_none() && !matches!(change, RuleChange::Remove) {
        return Err(ToolError::invalid_argument(
            "a series needs `dtstart` or `due` to count from",
        ));
    }
    apply(change, todo, around)
}

/// Changes the rule of `event`, whose start is already as it is to be.
pub(super) fn apply(change: &RuleChange, event: &mut Component, around: &Around) -> Result<(), ToolError> {
    let (rule, until) = match change {
        RuleChange::Remove => {
            for name in ["RRULE", "RDATE", "EXDATE", "EXRULE"] {
                event.remove(name);
            }
            return Ok(());
        }
        RuleChange::Set { rule, until } => (rule.clone(), *until),
        RuleChange::Until(until) => {
            let rule = event.property("RRULE").map(|rule| rule.value().to_owned());
            let rule = rule
                .ok_or_else(|| ToolError::invalid_argument("the event does not repeat: give `recurrence_rule` too"))?;
            // Who names the last day wants it instead of a number of times.
            (set_part(&rule, "COUNT", None), Some(*until))
        }
    };
    let start = start_of(event)?;
    let read = Rule::read(&rule).map_err(|error| ToolError::invalid_argument(error.to_string()))?;
    if read.count.is_some() && (until.is_some() || read.until.is_some()) {
        return Err(ToolError::invalid_argument(
            "a series ends after a number of times or on a day, not both: leave out COUNT or the end",
        ));
    }
    let rule = match (until, &read.until) {
        (Some(until), _) => set_part(&rule, "UNTIL", Some(&until_value(until, &start, around)?)),
        (None, Some(written)) => {
            let given = given_of(written);
            set_part(&rule, "UNTIL", Some(&until_value(given, &start, around)?))
        }
        (None, None) => rule,
    };
    match event.property_mut("RRULE") {
        Some(property) => property.set_value(rule),
        None => event.add(Property::new("RRULE", rule)),
    }
    Ok(())
}

/// Lets the rule follow a start that moved: its end is told in the new form, and the day of the week must fit.
pub(super) fn follow(event: &mut Component, old: &When, new: &When, around: &Around) -> Result<(), ToolError> {
    let Some(text) = event.property("RRULE").map(|rule| rule.value().to_owned()) else {
        return Ok(());
    };
    let rule = Rule::read(&text).map_err(|error| ToolError::new("unreadable", error.to_string()))?;
    let weekday = new.local().weekday();
    if weekday != old.local().weekday()
        && !rule.by_day.is_empty()
        && !rule.by_day.iter().any(|day| day.weekday == weekday)
    {
        return Err(ToolError::invalid_argument(format!(
            "the series repeats on {}, but would start on {}: give `recurrence_rule` too",
            rule.by_day
                .iter()
                .map(|day| code(day.weekday))
                .collect::<Vec<_>>()
                .join(","),
            code(weekday)
        )));
    }
    let Some(until) = &rule.until else { return Ok(()) };
    // The last day stays the last day, on the clock of the series.
    let zone = around.zone_of(old);
    let last = match until {
        When::Utc(utc) => zone.local(utc.and_utc()).date(),
        other => other.local().date(),
    };
    let until = until_value(Given::Date(last), new, around)?;
    if let Some(property) = event.property_mut("RRULE") {
        property.set_value(set_part(&text, "UNTIL", Some(&until)));
    }
    Ok(())
}

/// `UNTIL` in the form that RFC 5545 §3.3.10 demands: a day for days, otherwise UTC, floating for floating times. A day
/// means its last second.
fn until_value(until: Given, start: &When, around: &Around) -> Result<String, ToolError> {
    let zone = around.zone_of(start);
    let end_of_day = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default();
    let value = match (start, until) {
        (When::Date(_), until) => When::Date(until.date()),
        (When::Floating(_), Given::Date(date)) => When::Floating(date.and_time(end_of_day)),
        (When::Floating(_), Given::Local(local)) => When::Floating(local),
        (_, Given::Date(date)) => When::Utc(zone.instant(date.and_time(end_of_day)).naive_utc()),
        (_, until) => When::Utc(until.instant(&zone).naive_utc()),
    };
    let begins = match &value {
        When::Utc(_) => around.zones.instant(start, around.floating()).naive_utc(),
        _ => start.local(),
    };
    if value.local() < begins {
        return Err(ToolError::invalid_argument("the series would end before it starts"));
    }
    Ok(value.to_string())
}

fn given_of(when: &When) -> Given {
    match when {
        When::Date(date) => Given::Date(*date),
        When::Utc(utc) => Given::At(utc.and_utc().fixed_offset()),
        other => Given::Local(other.local()),
    }
}

fn start_of(event: &Component) -> Result<When, ToolError> {
    let start = event
        .property("DTSTART")
        .or_else(|| event.property("DUE"))
        .and_then(|start| When::of(start).ok());
    start.ok_or_else(|| {
        ToolError::new(
            "unreadable",
            "there is no start that can be read, and a series needs one",
        )
    })
}

const fn code(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "MO",
        Weekday::Tue => "TU",
        Weekday::Wed => "WE",
        Weekday::Thu => "TH",
        Weekday::Fri => "FR",
        Weekday::Sat => "SA",
        Weekday::Sun => "SU",
    }
}
