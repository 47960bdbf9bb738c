//! Todos, read.

use std::ops::Deref;

use super::{Duration, When, item::Item, zones::Zones};
use crate::content::Component;

/// How far a todo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TodoState {
    /// Nothing has been done yet.
    NeedsAction,
    /// It has begun.
    InProcess,
    /// It is done.
    Completed,
    /// It will not be done.
    Cancelled,
}

/// A reader of a `VTODO`.
#[derive(Debug, Clone, Copy)]
pub struct Todo<'a>(Item<'a>);

impl<'a> Todo<'a> {
    /// Of a component.
    pub const fn of(component: &'a Component) -> Self {
        Self(Item::of(component))
    }

    /// `DUE`, as written; or the end of `DURATION` from the start.
    pub fn due(&self, zones: &Zones) -> Option<When> {
        if let Some(due) = self.when("DUE") {
            return Some(due);
        }
        let duration = Duration::parse(&self.text("DURATION")?)?;
        let start = self.start()?;
        let zone = zones.zone_of(&start, &super::zones::Zone::Utc);
        let days = start
            .local()
            .checked_add_signed(chrono::TimeDelta::days(duration.days))?;
        let end = zone
            .instant(days)
            .checked_add_signed(chrono::TimeDelta::seconds(duration.seconds))?;
        Some(start.at(zone.local(end)))
    }

    /// `COMPLETED`
    pub fn completed(&self) -> Option<When> {
        self.when("COMPLETED")
    }

    /// `PERCENT-COMPLETE`
    pub fn percent_complete(&self) -> Option<u8> {
        self.percent()
    }

    /// How far it is. A program may set only one of `STATUS`, `COMPLETED` and `PERCENT-COMPLETE`; each says that it is
    /// done, unless `STATUS` says otherwise.
    pub fn state(&self) -> TodoState {
        match self.status().as_deref() {
            Some("CANCELLED") => TodoState::Cancelled,
            Some("COMPLETED") => TodoState::Completed,
            Some("IN-PROCESS") => TodoState::InProcess,
            Some("NEEDS-ACTION") => TodoState::NeedsAction,
            _ if self.completed().is_some() || self.percent_complete() == Some(100) => TodoState::Completed,
            _ if self.percent_complete().is_some_and(|percent| percent > 0) => TodoState::InProcess,
            _ => TodoState::NeedsAction,
        }
    }

    /// Whether something is left to do: neither done nor cancelled.
    pub fn is_open(&self) -> bool {
        matches!(self.state(), TodoState::NeedsAction | TodoState::InProcess)
            && self.completed().is_none()
            && self.percent_complete() != Some(100)
    }
}

impl<'a> Deref for Todo<'a> {
    type Target = Item<'a>;

    fn deref(&self) -> &Item<'a> {
        &self.0
    }
}
