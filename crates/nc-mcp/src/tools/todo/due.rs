//! `DTSTART` and `DUE` of a task: the same kind of value, in order, and never `DUE` beside `DURATION` (RFC 5545 §3.6.2).

use nc_mcp_kit::ToolError;
use nc_proto::{
    content::Component,
    ical::{Duration, When, zones::Zone},
};

use crate::tools::calendar::{
    moving::write,
    patch::Around,
    times::{Given, zone_missing},
};

/// What is to change of them. An empty text takes one away.
#[derive(Debug, Clone, Default)]
pub(super) struct DueChange {
    pub(super) due: Option<String>,
    pub(super) start: Option<String>,
    pub(super) zone: Option<Zone>,
}

impl DueChange {
    pub(super) const fn is_empty(&self) -> bool {
        self.due.is_none() && self.start.is_none()
    }

    pub(super) fn apply(&self, todo: &mut Component, around: &Around) -> Result<(), ToolError> {
        if self.is_empty() {
            return Ok(());
        }
        let old = |name: &str| todo.property(name).and_then(|property| When::of(property).ok());
        let (old_start, old_due) = (old("DTSTART"), old("DUE"));
        let start = self.value(
            "dtstart",
            self.start.as_deref(),
            old_start.as_ref(),
            old_due.as_ref(),
            around,
        )?;
        let due = self.value("due", self.due.as_deref(), old_due.as_ref(), old_start.as_ref(), around)?;
        if let (Some(start), Some(due)) = (&start, &due) {
            check_pair(start, due, around)?;
        }
        let repeats = todo.property("RRULE").is_some();
        if repeats && start.is_none() && due.is_none() {
            return Err(ToolError::invalid_argument(
                "the task repeats, and a series needs `dtstart` or `due` to count from",
            ));
        }
        if self.due.is_some() && due.is_some() {
            todo.remove("DURATION");
        }
        for (name, value, given) in [("DTSTART", &start, &self.start), ("DUE", &due, &self.due)] {
            match (value, given) {
                (Some(value), Some(_)) => write(todo, name, value),
                (None, Some(_)) => {
                    todo.remove(name);
                }
                (_, None) => {}
            }
        }
        Ok(())
    }

    /// What one of the two is to be.
    fn value(
        &self,
        argument: &str,
        given: Option<&str>,
        old: Option<&When>,
        other: Option<&When>,
        around: &Around,
    ) -> Result<Option<When>, ToolError> {
        let text = match given.map(str::trim) {
            None => return Ok(old.cloned()),
            Some("") => return Ok(None),
            Some(text) => text,
        };
        let given = Given::read(argument, text)?;
        if let Given::Date(date) = given {
            return Ok(Some(When::Date(date)));
        }
        if let Some(zone) = &self.zone {
            return Ok(Some(given.zoned(zone)));
        }
        for like in [old, other].into_iter().flatten().filter(|like| !like.is_date()) {
            if let Some(when) = given.in_form_of(like, &around.zones, around.floating()) {
                return Ok(Some(when));
            }
        }
        match (given, &around.calendar) {
            (given, Some(zone)) => Ok(Some(given.zoned(zone))),
            (Given::At(time), None) => Ok(Some(When::Utc(time.naive_utc()))),
            _ => Err(zone_missing(argument)),
        }
    }
}

fn check_pair(start: &When, due: &When, around: &Around) -> Result<(), ToolError> {
    let both = format!("`dtstart` {start} and `due` {due}");
    if start.is_date() != due.is_date() {
        return Err(ToolError::invalid_argument(format!(
            "{both} must both be days or both be times; give both"
        )));
    }
    let instant = |when: &When| around.zones.instant(when, around.floating());
    let is_late = if due.is_date() {
        due.local() < start.local()
    } else {
        instant(due) < instant(start)
    };
    if is_late {
        return Err(ToolError::invalid_argument(format!(
            "{both}: it would be due before it starts"
        )));
    }
    Ok(())
}

/// When a task is due: as written, or as its start and length say.
pub(super) fn due_of(todo: &Component) -> Option<When> {
    if let Some(due) = todo.property("DUE").and_then(|due| When::of(due).ok()) {
        return Some(due);
    }
    let start = When::of(todo.property("DTSTART")?).ok()?;
    let length = Duration::parse(todo.property("DURATION")?.value())?;
    let local = start.local().checked_add_signed(length.nominal())?;
    Some(start.at(local))
}

#[cfg(test)]
mod tests {
    use nc_proto::{content::Document, ical::zones::Zones};

    use super::*;

    fn changed(lines: &str, due: Option<&str>, start: Option<&str>) -> Result<String, ToolError> {
        let text = format!("BEGIN:VTODO\r\nUID:1\r\n{lines}END:VTODO\r\n");
        let mut document = Document::parse(text.as_bytes()).expect("a task");
        let around = Around {
            zones: Zones::default(),
            calendar: None,
            mail: None,
        };
        let change = DueChange {
            due: due.map(str::to_owned),
            start: start.map(str::to_owned),
            zone: None,
        };
        change.apply(document.root_mut().expect("root"), &around)?;
        let text = String::from_utf8(document.to_bytes()).expect("text");
        Ok(text
            .replace("BEGIN:VTODO\r\nUID:1\r\n", "")
            .replace("END:VTODO\r\n", ""))
    }

    #[test]
    fn a_day_stays_a_day_and_a_zone_that_zone() {
        let zoned = "DUE;TZID=Europe/Berlin;X-P=1:20261124T100000\r\n";
        let same = |due| changed(zoned, Some(due), None);
        assert_eq!(
            same("2026-11-25T09:30:00Z").expect("changed"),
            "DUE;TZID=Europe/Berlin;X-P=1:20261125T103000\r\n"
        );
        assert_eq!(same("").expect("changed"), "");
        assert_eq!(
            changed("DUE;VALUE=DATE:20261124\r\n", Some("2026-11-25"), None).expect("changed"),
            "DUE;VALUE=DATE:20261125\r\n"
        );
        assert_eq!(
            changed(
                "DTSTART:20261124T100000Z\r\nDURATION:PT1H\r\n",
                Some("2026-11-24T12:00:00Z"),
                None
            )
            .expect("changed"),
            "DTSTART:20261124T100000Z\r\nDUE:20261124T120000Z\r\n"
        );
    }

    #[test]
    fn a_pair_that_does_not_fit_is_refused_with_both() {
        let error =
            changed("DTSTART;VALUE=DATE:20261124\r\n", Some("2026-11-24T10:00:00Z"), None).expect_err("refused");
        assert!(
            error.message.contains("20261124") && error.message.contains("20261124T100000Z"),
            "{error}"
        );
        changed("DTSTART;VALUE=DATE:20261124\r\n", Some("2026-11-23"), None).expect_err("refused");
        changed("", Some("2026-11-24T10:00:00"), None).expect_err("no zone");
        changed("DUE:20261124T100000Z\r\nRRULE:FREQ=DAILY\r\n", Some(""), None).expect_err("series");
    }
}
