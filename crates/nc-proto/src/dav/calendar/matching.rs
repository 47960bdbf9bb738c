//! Whether an object fulfils a filter, RFC 4791 §9.7.

use std::{collections::HashSet, ops::Range};

use chrono::{DateTime, TimeDelta, Utc};

use super::{CompFilter, CompTest, ParamFilter, ParamTest, PropFilter, PropTest, TimeRange};
use crate::{
    content::{Component, Entry, Property},
    ical::{
        Duration, When, recurrence,
        zones::{Zone, Zones},
    },
};

/// Occurrences that are looked at for one filter. Of a series that repeats every second for a century no more is seen;
/// one of them is enough for a match.
const MOST_OCCURRENCES: usize = 1000;

/// Alarms are looked for so far around a range: few ring earlier.
const ALARM_REACH: TimeDelta = TimeDelta::days(62);

impl CompFilter {
    /// Whether a whole calendar object fulfils the filter. Times without a zone are in `floating`.
    pub fn matches(&self, calendar: &Component, floating: &Zone) -> bool {
        let CompTest::All {
            properties, components, ..
        } = &self.test
        else {
            return !calendar.is(&self.name);
        };
        let scope = Scope {
            calendar,
            zones: Zones::of(calendar),
            floating,
        };
        calendar.is(&self.name)
            && properties.iter().all(|filter| filter.matches(calendar, &scope))
            && components.iter().all(|filter| filter.holds(&scope))
    }

    /// The time outside of which nothing can match: that of the one component that the filter wants.
    pub fn rough_range(&self) -> Option<TimeRange> {
        let CompTest::All { components, .. } = &self.test else {
            return None;
        };
        components.iter().find_map(|component| match &component.test {
            CompTest::All { time_range, .. } => *time_range,
            CompTest::IsNotDefined => None,
        })
    }

    /// Whether the components directly inside of the object fulfil the filter.
    fn holds(&self, scope: &Scope<'_>) -> bool {
        let mut named = scope
            .calendar
            .entries
            .iter()
            .enumerate()
            .filter_map(|(place, entry)| match entry {
                Entry::Component(component) if component.is(&self.name) => Some((place, component)),
                _ => None,
            });
        let CompTest::All {
            time_range,
            properties,
            components,
        } = &self.test
        else {
            return named.next().is_none();
        };
        let in_range = time_range.map(|range| scope.in_range(&self.name, &range));
        named.any(|(place, component)| {
            in_range.as_ref().is_none_or(|places| places.contains(&place))
                && properties.iter().all(|filter| filter.matches(component, scope))
                && components
                    .iter()
                    .all(|filter| filter.holds_within(component, place, scope))
        })
    }

    /// Whether the components inside of an event or task do: its alarms.
    fn holds_within(&self, parent: &Component, place: usize, scope: &Scope<'_>) -> bool {
        let mut named = parent.components().filter(|component| component.is(&self.name));
        let CompTest::All {
            time_range,
            properties,
            components,
        } = &self.test
        else {
            return named.next().is_none();
        };
        named.any(|component| {
            time_range.is_none_or(|range| scope.rings(parent, place, component, &range))
                && properties.iter().all(|filter| filter.matches(component, scope))
                && components
                    .iter()
                    .all(|filter| filter.holds_within(component, place, scope))
        })
    }
}

impl PropFilter {
    fn matches(&self, component: &Component, scope: &Scope<'_>) -> bool {
        let mut named = component.properties_named(&self.name);
        let PropTest::All {
            time_range,
            text,
            parameters,
        } = &self.test
        else {
            return named.next().is_none();
        };
        named.any(|property| {
            time_range.is_none_or(|range| scope.lies_in(property, &range))
                && text.as_ref().is_none_or(|text| text.matches(&property.text_value()))
                && parameters.iter().all(|filter| filter.matches(property))
        })
    }
}

impl ParamFilter {
    fn matches(&self, property: &Property) -> bool {
        let values: Vec<&str> = property.parameter_values(&self.name).collect();
        match &self.test {
            ParamTest::IsNotDefined => values.is_empty(),
            ParamTest::IsDefined => !values.is_empty(),
            ParamTest::Text(text) => !values.is_empty() && text.matches_any(values),
        }
    }
}

/// The object that a filter is held against.
struct Scope<'a> {
    calendar: &'a Component,
    zones: Zones,
    floating: &'a Zone,
}

impl Scope<'_> {
    /// The places of the components of a kind that touch a time.
    fn in_range(&self, kind: &str, range: &TimeRange) -> HashSet<usize> {
        let bounds = range.bounds();
        if kind.eq_ignore_ascii_case("VFREEBUSY") {
            return self.free_busy(&bounds);
        }
        let mut places: HashSet<usize> = self.occurrences(kind, bounds.clone()).into_iter().collect();
        if kind.eq_ignore_ascii_case("VTODO") {
            let entries = self.calendar.entries.iter().enumerate();
            places.extend(entries.filter_map(|(place, entry)| match entry {
                Entry::Component(todo) if todo.is("VTODO") && self.undated_in(todo, &bounds) => Some(place),
                _ => None,
            }));
        }
        places
    }

    fn occurrences(&self, kind: &str, range: Range<DateTime<Utc>>) -> Vec<usize> {
        let found = recurrence::occurrences(self.calendar, kind, range.clone(), self.floating, MOST_OCCURRENCES);
        if let Ok(found) = found {
            return found.list.iter().map(|occurrence| occurrence.component).collect();
        }
        // A rule that nobody understands: the event itself still has its time.
        let entries = self.calendar.entries.iter().enumerate();
        let starts_within = |component: &Component| {
            let start = component.property("DTSTART");
            start
                .and_then(|start| self.instant(start))
                .is_some_and(|start| range.contains(&start))
        };
        entries
            .filter_map(|(place, entry)| match entry {
                Entry::Component(component) if component.is(kind) && starts_within(component) => Some(place),
                _ => None,
            })
            .collect()
    }

    /// The rows of the table in RFC 4791 §9.9 for a task without any date of its own.
    fn undated_in(&self, todo: &Component, range: &Range<DateTime<Utc>>) -> bool {
        if ["DTSTART", "DUE", "DURATION"]
            .iter()
            .any(|name| todo.property(name).is_some())
        {
            return false;
        }
        let time = |name| todo.property(name).and_then(|property| self.instant(property));
        match (time("COMPLETED"), time("CREATED")) {
            (Some(completed), Some(created)) => {
                (range.start <= created || range.start <= completed) && (range.end >= created || range.end >= completed)
            }
            (Some(completed), None) => range.start <= completed && range.end >= completed,
            (None, Some(created)) => range.end > created,
            (None, None) => true,
        }
    }

    fn free_busy(&self, range: &Range<DateTime<Utc>>) -> HashSet<usize> {
        let entries = self.calendar.entries.iter().enumerate();
        let touches = |component: &Component| {
            let time = |name| component.property(name).and_then(|property| self.instant(property));
            if let (Some(start), Some(end)) = (time("DTSTART"), time("DTEND")) {
                return start < range.end && end > range.start;
            }
            let mut busy = component.properties_named("FREEBUSY");
            busy.any(|property| self.lies_in(property, &TimeRange::from(range.clone())))
        };
        entries
            .filter_map(|(place, entry)| match entry {
                Entry::Component(component) if component.is("VFREEBUSY") && touches(component) => Some(place),
                _ => None,
            })
            .collect()
    }

    /// Whether an alarm of a component rings within a time.
    fn rings(&self, parent: &Component, place: usize, alarm: &Component, range: &TimeRange) -> bool {
        let Some(trigger) = alarm.property("TRIGGER") else {
            return false;
        };
        let bounds = range.bounds();
        let Some(offset) = Duration::parse(trigger.value()) else {
            return self.lies_in(trigger, range);
        };
        let from_end = trigger
            .parameter("RELATED")
            .is_some_and(|related| related.eq_ignore_ascii_case("END"));
        let wide = bounds.start.checked_sub_signed(ALARM_REACH).unwrap_or(bounds.start)
            ..bounds.end.checked_add_signed(ALARM_REACH).unwrap_or(bounds.end);
        let found = recurrence::occurrences(self.calendar, parent.name(), wide, self.floating, MOST_OCCURRENCES);
        let occurrences = found.map(|found| found.list).unwrap_or_default();
        let mut of_parent = occurrences.iter().filter(|occurrence| occurrence.component == place);
        of_parent.any(|occurrence| {
            let from = if from_end {
                occurrence.end_utc
            } else {
                occurrence.start_utc
            };
            let rings = from.checked_add_signed(offset.nominal());
            rings.is_some_and(|rings| bounds.contains(&rings))
        })
    }

    fn lies_in(&self, property: &Property, range: &TimeRange) -> bool {
        let bounds = range.bounds();
        let times = When::list(property).unwrap_or_default();
        let mut instants = times.iter().map(|when| self.zones.instant(when, self.floating));
        instants.any(|instant| bounds.contains(&instant))
    }

    fn instant(&self, property: &Property) -> Option<DateTime<Utc>> {
        let when = When::of(property).ok()?;
        Some(self.zones.instant(&when, self.floating))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        content::Document,
        dav::{TextMatch, calendar::parse_utc},
    };

    fn object(inner: &str) -> Document {
        let text = format!("BEGIN:VCALENDAR\r\n{inner}\r\nEND:VCALENDAR\r\n");
        Document::parse(text.as_bytes()).unwrap()
    }

    fn holds(filter: CompFilter, document: &Document) -> bool {
        CompFilter::calendar(filter).matches(document.root().unwrap(), &Zone::Utc)
    }

    fn range(start: &str, end: &str) -> TimeRange {
        TimeRange {
            start: parse_utc(start),
            end: parse_utc(end),
        }
    }

    #[test]
    fn a_series_matches_where_it_takes_place_and_an_override_where_it_was_moved_to() {
        let document = object(
            "BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261020T090000Z\r\nDTEND:20261020T093000Z\r\nRRULE:FREQ=WEEKLY;COUNT=8\r\n\
             EXDATE:20261103T090000Z\r\nSUMMARY:Weekly\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:a\r\n\
             RECURRENCE-ID:20261110T090000Z\r\nDTSTART:20261111T140000Z\r\nDTEND:20261111T143000Z\r\nSUMMARY:Moved\r\n\
             END:VEVENT",
        );
        let within = |start, end| holds(CompFilter::within("VEVENT", range(start, end)), &document);
        assert!(within("20261111T000000Z", "20261112T000000Z"));
        assert!(!within("20261110T000000Z", "20261111T000000Z"));
        assert!(!within("20261103T000000Z", "20261104T000000Z"));
        assert!(within("20261208T000000Z", "20261209T000000Z"));
        assert!(!within("20261215T000000Z", "20271215T000000Z"));
        let moved = |start, end| {
            let summary = PropFilter::text("SUMMARY", TextMatch::contains("moved"));
            let filter = CompFilter::all("VEVENT", Some(range(start, end)), vec![summary], Vec::new());
            holds(filter, &document)
        };
        assert!(moved("20261111T000000Z", "20261112T000000Z"));
        assert!(!moved("20261117T000000Z", "20261118T000000Z"));
    }

    #[test]
    fn a_task_without_dates_touches_every_time() {
        let document = object("BEGIN:VTODO\r\nUID:a\r\nSUMMARY:Some day\r\nEND:VTODO");
        let open = CompFilter::all(
            "VTODO",
            Some(range("20261111T000000Z", "20261112T000000Z")),
            vec![PropFilter::is_not_defined("COMPLETED")],
            Vec::new(),
        );
        assert!(holds(open, &document));
        assert!(!holds(CompFilter::exists("VEVENT"), &document));
    }

    #[test]
    fn an_alarm_matches_when_it_rings() {
        let document = object(
            "BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261020T090000Z\r\nDTEND:20261020T093000Z\r\nBEGIN:VALARM\r\n\
             ACTION:DISPLAY\r\nTRIGGER:-PT1H\r\nEND:VALARM\r\nEND:VEVENT",
        );
        let rings = |start, end| {
            let alarm = CompFilter::within("VALARM", range(start, end));
            holds(CompFilter::all("VEVENT", None, Vec::new(), vec![alarm]), &document)
        };
        assert!(rings("20261020T075500Z", "20261020T080500Z"));
        assert!(!rings("20261020T085500Z", "20261020T090500Z"));
    }

    #[test]
    fn a_series_of_every_second_for_a_century_costs_little() {
        let document = object("BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20000101T000000Z\r\nRRULE:FREQ=SECONDLY\r\nEND:VEVENT");
        assert!(holds(
            CompFilter::within("VEVENT", range("20200101T000000Z", "21200101T000000Z")),
            &document
        ));
    }
}
