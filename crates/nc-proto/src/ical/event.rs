//! Events, read.

use std::ops::Deref;

use super::{
    ValueError, When,
    item::Item,
    recurrence::Span,
    zones::{Zone, Zones},
};
use crate::content::Component;

/// A reader of a `VEVENT`.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a>(Item<'a>);

impl<'a> Event<'a> {
    /// Of a component.
    pub const fn of(component: &'a Component) -> Self {
        Self(Item::of(component))
    }

    /// `DTEND`, as written. [`Event::span`] also knows the end of an event with a duration, or with neither.
    pub fn written_end(&self) -> Option<When> {
        self.when("DTEND")
    }

    /// From when to when it lasts. [`None`] without a start.
    ///
    /// # Errors
    /// [`ValueError`] if a time cannot be read.
    pub fn span(&self, zones: &Zones, floating: &Zone) -> Result<Option<Span>, ValueError> {
        Span::of(self.component(), zones, floating)
    }

    /// Whether it is of days.
    pub fn is_all_day(&self) -> bool {
        self.start().is_some_and(|start| start.is_date())
    }

    /// `TRANSP`: whether it leaves its time free.
    pub fn is_transparent(&self) -> bool {
        self.is_word("TRANSP", "TRANSPARENT")
    }
}

impl<'a> Deref for Event<'a> {
    type Target = Item<'a>;

    fn deref(&self) -> &Item<'a> {
        &self.0
    }
}
