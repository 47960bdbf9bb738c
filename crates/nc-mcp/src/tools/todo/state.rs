//! Whether a task is done: three properties that programs keep more or less together.

use chrono::{DateTime, Utc};
use nc_mcp_kit::ToolError;
use nc_proto::{
    content::Component,
    ical::{When, zones::Zone},
};

use crate::tools::calendar::{
    patch::{one_of, set_raw},
    times::{Given, utc},
};

/// What `STATUS` of a task may say: RFC 5545 §3.8.1.11.
pub(super) const WORDS: [&str; 4] = ["NEEDS-ACTION", "IN-PROCESS", "COMPLETED", "CANCELLED"];

/// The status of a task. Programs that write no `STATUS` still write when, or that, it was completed.
pub(super) fn status(todo: &Component) -> String {
    let written = todo
        .property("STATUS")
        .map(|status| status.value().trim().to_ascii_uppercase());
    let done = todo.property("COMPLETED").is_some() || percent(todo) == 100;
    match written.as_deref() {
        Some("CANCELLED") => "CANCELLED".to_owned(),
        Some("COMPLETED") => "COMPLETED".to_owned(),
        _ if done => "COMPLETED".to_owned(),
        Some("IN-PROCESS") => "IN-PROCESS".to_owned(),
        _ => "NEEDS-ACTION".to_owned(),
    }
}

/// Whether something is left to do.
pub(super) fn is_open(status: &str) -> bool {
    !matches!(status, "COMPLETED" | "CANCELLED")
}

pub(super) fn percent(todo: &Component) -> i64 {
    let percent = todo.property("PERCENT-COMPLETE");
    percent
        .and_then(|percent| percent.value().trim().parse().ok())
        .unwrap_or(0)
}

/// When it was completed, in UTC.
pub(super) fn completed(todo: &Component) -> Option<String> {
    let when = When::of(todo.property("COMPLETED")?).ok()?;
    Some(utc(Zone::Utc.instant(when.local())))
}

/// Completes it: all three properties.
pub(super) fn complete(todo: &mut Component, at: DateTime<Utc>) {
    set_raw(todo, "STATUS", Some("COMPLETED"));
    set_raw(todo, "COMPLETED", Some(&When::Utc(at.naive_utc()).to_string()));
    set_raw(todo, "PERCENT-COMPLETE", Some("100"));
}

/// What is to change of it.
#[derive(Debug, Clone, Default)]
pub(super) struct StateChange {
    pub(super) status: Option<String>,
    pub(super) percent: Option<i64>,
    pub(super) completed: Option<String>,
}

impl StateChange {
    pub(super) const fn is_empty(&self) -> bool {
        self.status.is_none() && self.percent.is_none() && self.completed.is_none()
    }

    /// Changes the three properties, so that they never say different things.
    pub(super) fn apply(&self, todo: &mut Component, now: DateTime<Utc>, zone: Option<&Zone>) -> Result<(), ToolError> {
        let wanted = one_of("status", self.status.as_deref(), &WORDS)?.filter(|status| !status.is_empty());
        if self.percent.is_some_and(|percent| !(0..=100).contains(&percent)) {
            return Err(ToolError::invalid_argument(
                "argument `percent_complete` must be 0 to 100",
            ));
        }
        let at = match self.completed.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(text) => Some(instant("completed", text, zone)?),
        };
        let undone = wanted.as_deref().is_some_and(|status| status != "COMPLETED");
        let partly = self.percent.is_some_and(|percent| percent < 100);
        if at.is_some() && (undone || partly) || wanted.as_deref() == Some("COMPLETED") && partly {
            return Err(ToolError::invalid_argument(
                "the arguments contradict each other: what is completed has status COMPLETED and percent_complete 100",
            ));
        }
        if wanted.as_deref() == Some("COMPLETED") || at.is_some() || self.percent == Some(100) && !undone {
            let is_done = status(todo) == "COMPLETED";
            if !is_done || at.is_some() || completed(todo).is_none() {
                complete(todo, at.unwrap_or(now));
            }
            return Ok(());
        }
        if self.is_empty() {
            return Ok(());
        }
        // Opened again, or never done.
        let was_done = status(todo) == "COMPLETED";
        if was_done {
            todo.remove("COMPLETED");
            todo.remove("PERCENT-COMPLETE");
        }
        match wanted {
            Some(status) => set_raw(todo, "STATUS", Some(&status)),
            None if was_done => set_raw(todo, "STATUS", Some("NEEDS-ACTION")),
            None => {}
        }
        if let Some(percent) = self.percent {
            set_raw(todo, "PERCENT-COMPLETE", Some(&percent.to_string()));
            if self.status.is_none() && was_done && percent > 0 {
                set_raw(todo, "STATUS", Some("IN-PROCESS"));
            }
        }
        Ok(())
    }
}

/// A time as an argument gives it, as an instant.
pub(super) fn instant(argument: &str, text: &str, zone: Option<&Zone>) -> Result<DateTime<Utc>, ToolError> {
    match (Given::read(argument, text)?, zone) {
        (given @ Given::At(_), _) => Ok(given.instant(&Zone::Utc)),
        (given, Some(zone)) => Ok(given.instant(zone)),
        (_, None) => Err(ToolError::invalid_argument(format!(
            "argument `{argument}` needs an offset such as Z or +01:00"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use nc_proto::content::Document;

    use super::*;

    fn todo(lines: &str) -> Document {
        let text = format!("BEGIN:VTODO\r\nUID:1\r\n{lines}END:VTODO\r\n");
        Document::parse(text.as_bytes()).expect("a task")
    }

    fn text(document: &Document) -> String {
        String::from_utf8(document.to_bytes()).expect("text")
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a time")
    }

    #[test]
    fn done_is_what_any_of_the_three_properties_says() {
        for (lines, expected) in [
            ("", "NEEDS-ACTION"),
            ("STATUS:IN-PROCESS\r\nPERCENT-COMPLETE:50\r\n", "IN-PROCESS"),
            ("COMPLETED:20261119T120000Z\r\n", "COMPLETED"),
            ("PERCENT-COMPLETE:100\r\n", "COMPLETED"),
            ("STATUS:COMPLETED\r\n", "COMPLETED"),
            ("STATUS:CANCELLED\r\nPERCENT-COMPLETE:100\r\n", "CANCELLED"),
        ] {
            assert_eq!(status(todo(lines).root().expect("root")), expected, "{lines}");
        }
    }

    #[test]
    fn completing_writes_three_properties_and_opening_takes_two_away() {
        let mut document = todo("X-ODD:1\r\n");
        let done = StateChange {
            status: Some("completed".to_owned()),
            ..StateChange::default()
        };
        done.apply(document.root_mut().expect("root"), now(), None)
            .expect("done");
        let expected = "BEGIN:VTODO\r\nUID:1\r\nX-ODD:1\r\nSTATUS:COMPLETED\r\nCOMPLETED:20270115T080000Z\r\n\
                        PERCENT-COMPLETE:100\r\nEND:VTODO\r\n";
        assert_eq!(text(&document), expected);
        // Again: the time of completion stays.
        let later = now() + chrono::TimeDelta::days(1);
        done.apply(document.root_mut().expect("root"), later, None)
            .expect("done");
        assert_eq!(text(&document), expected);
        let open = StateChange {
            status: Some("NEEDS-ACTION".to_owned()),
            ..StateChange::default()
        };
        open.apply(document.root_mut().expect("root"), now(), None)
            .expect("opened");
        assert_eq!(
            text(&document),
            "BEGIN:VTODO\r\nUID:1\r\nX-ODD:1\r\nSTATUS:NEEDS-ACTION\r\nEND:VTODO\r\n"
        );
    }

    #[test]
    fn contradictions_are_refused() {
        let change = |status: Option<&str>, percent, completed: Option<&str>| StateChange {
            status: status.map(str::to_owned),
            percent,
            completed: completed.map(str::to_owned),
        };
        for wrong in [
            change(Some("COMPLETED"), Some(50), None),
            change(Some("NEEDS-ACTION"), None, Some("2026-11-24T10:00:00Z")),
            change(None, Some(101), None),
            change(Some("DONE"), None, None),
            change(None, None, Some("2026-11-24T10:00:00")),
        ] {
            let mut document = todo("");
            wrong
                .apply(document.root_mut().expect("root"), now(), None)
                .expect_err("refused");
        }
    }
}
