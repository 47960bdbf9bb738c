use chrono::NaiveDateTime;

use super::{ANY, SeriesError, find, form, in_form, is_kind, keep_times, master, set_times, until_before};
use crate::{
    content::{Component, Document, Entry},
    ical::{
        When,
        recurrence::{Occurrence, RecurrenceError, Span},
        rule::{Rule, Times, set_part},
        zones::Zones,
    },
};

/// Splits a series in front of one of its occurrences. The object keeps what comes before; what is given has the
/// occurrence and all later ones, their overrides and exceptions, under a `UID` of its own.
///
/// # Errors
/// [`SeriesError`] if the series has no such occurrence, it is the first, or the series is of an odd kind.
pub fn split(calendar: &mut Component, id: &When, new_uid: &str) -> Result<Document, SeriesError> {
    let zones = Zones::of(calendar);
    let old = master(calendar).ok_or(SeriesError::NoSeries)?;
    let start = form(old).ok_or(SeriesError::NoSeries)?;
    let has_range = |component: &Component| {
        component
            .property("RECURRENCE-ID")
            .is_some_and(|id| id.parameter("RANGE").is_some())
    };
    if calendar.components().any(has_range) {
        return Err(SeriesError::ChangedFuture);
    }
    if old.properties_named("RRULE").count() > 1 {
        return Err(SeriesError::SeveralRules);
    }
    let occurrence = find(calendar, id, &zones)?;
    if zones.instant(&occurrence.id, &ANY) <= zones.instant(&start, &ANY) {
        return Err(SeriesError::First);
    }
    let is_before = |when: &When| {
        let when = in_form(when, &start, &zones);
        zones.instant(&when, &ANY) < zones.instant(&occurrence.id, &ANY)
    };
    let rules = Rules::of(old, &start, &occurrence.id, &zones)?;
    let first = rules
        .first
        .map_or_else(|| occurrence.id.clone(), |local| start.at(local));

    let mut later = calendar.clone();
    divide(&mut later, |when| !is_before(when), &start);
    for component in later.components_mut().filter(|component| is_kind(component)) {
        component.set_text("UID", Some(new_uid));
    }
    let span = Span::of(old, &zones, &ANY)
        .map_err(RecurrenceError::from)?
        .ok_or(SeriesError::NoSeries)?;
    let (end, end_utc) = span.end_of(&first, zones.instant(&first, &ANY));
    let times = Occurrence {
        start: first.clone(),
        end,
        end_utc,
        ..occurrence.clone()
    };
    if let Some(new) = super::master_mut(&mut later) {
        set_times(new, &times);
        rules.write(new, |rule| rule.later.clone());
        // The first need not be excluded from nothing, nor added to itself.
        new.entries.retain(|entry| {
            !matches!(entry, Entry::Property(property) if property.is("RDATE")
            && keep_times(property, |when| in_form(when, &start, &zones) != first).is_none())
        });
    }

    divide(calendar, is_before, &start);
    let until = until_before(&occurrence.id, &zones);
    if let Some(old) = super::master_mut(calendar) {
        rules.write(old, |rule| Some(rule.earlier(&until)));
    }
    Ok(Document::of(later))
}

/// Keeps the exceptions, additions and overrides for which `keep` holds.
fn divide(calendar: &mut Component, keep: impl Fn(&When) -> bool, start: &When) {
    calendar.entries.retain(|entry| {
        let Entry::Component(component) = entry else {
            return true;
        };
        let id = component.property("RECURRENCE-ID").and_then(|id| When::of(id).ok());
        !is_kind(component) || id.is_none_or(|id| keep(&id))
    });
    let Some(master) = super::master_mut(calendar) else {
        return;
    };
    let mut entries = Vec::new();
    for entry in std::mem::take(&mut master.entries) {
        match entry {
            Entry::Property(property) if property.is("EXDATE") || property.is("RDATE") => {
                // A day in a series of times means the whole day: it is kept on the side of its time.
                let kept = keep_times(&property, |when| match when {
                    When::Date(date) if !start.is_date() => keep(&start.at(date.and_time(start.local().time()))),
                    other => keep(other),
                });
                entries.extend(kept.map(Entry::Property));
            }
            other => entries.push(other),
        }
    }
    master.entries = entries;
}

/// What becomes of the rules.
struct Rules {
    rules: Vec<Divided>,
    /// The first time of the rules at or behind the split.
    first: Option<NaiveDateTime>,
}

struct Divided {
    text: String,
    /// The rule behind the split, if anything is left of it.
    later: Option<String>,
}

impl Rules {
    fn of(master: &Component, start: &When, id: &When, zones: &Zones) -> Result<Self, SeriesError> {
        let mut rules = Vec::new();
        let mut first: Option<NaiveDateTime> = None;
        for property in master.properties_named("RRULE") {
            let text = property.value().to_owned();
            let rule = Rule::read(&text).map_err(RecurrenceError::from)?;
            let endless = Rule {
                until: None,
                ..rule.clone()
            };
            let from = if rule.count.is_some() {
                start.local()
            } else {
                id.local()
            };
            let times = Times::new(&endless, start.local(), start.is_date(), from).map_err(RecurrenceError::from)?;
            let mut used: u32 = 0;
            let mut next = None;
            for time in times {
                if time >= id.local() {
                    next = Some(time);
                    break;
                }
                used = used.saturating_add(1);
            }
            let until = rule.until.as_ref().map(|until| until_local(until, start, zones));
            let next = next.filter(|next| until.is_none_or(|until| *next <= until));
            let left = rule.count.map(|count| count.saturating_sub(used));
            let later = match left {
                _ if next.is_none() => None,
                Some(0) => None,
                Some(left) => Some(set_part(&text, "COUNT", Some(&left.to_string()))),
                None => Some(text.clone()),
            };
            if later.is_some() {
                first = match (first, next) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
            }
            rules.push(Divided { text, later });
        }
        Ok(Self { rules, first })
    }

    /// Writes the rules anew; one without text goes.
    fn write(&self, master: &mut Component, text: impl Fn(&Divided) -> Option<String>) {
        let mut texts = self.rules.iter().map(text);
        let mut entries = Vec::new();
        for entry in std::mem::take(&mut master.entries) {
            match entry {
                Entry::Property(property) if property.is("RRULE") => {
                    let Some(text) = texts.next().flatten() else { continue };
                    let mut property = property;
                    property.set_value(text);
                    entries.push(Entry::Property(property));
                }
                other => entries.push(other),
            }
        }
        master.entries = entries;
    }
}

impl Divided {
    /// The rule in front of the split: it ends there, unless it has ended before.
    fn earlier(&self, until: &When) -> String {
        if self.later.is_none() {
            return self.text.clone();
        }
        set_part(&set_part(&self.text, "COUNT", None), "UNTIL", Some(&until.to_string()))
    }
}

/// `UNTIL` on the clock of the series.
fn until_local(until: &When, start: &When, zones: &Zones) -> NaiveDateTime {
    match (until, start) {
        (When::Date(date), _) => date.and_hms_opt(23, 59, 59).unwrap_or_else(|| until.local()),
        (When::Utc(utc), When::Zoned { .. }) => zones.zone_of(start, &ANY).local(utc.and_utc()),
        _ => until.local(),
    }
}
