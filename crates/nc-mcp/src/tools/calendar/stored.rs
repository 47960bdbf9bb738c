//! The times of what was stored, as answers tell them.

use nc_proto::{
    content::Component,
    ical::zones::{Zone, Zones},
};

use super::{
    moving::span,
    times::{last_day, tell},
};

/// The times of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ToldTimes {
    pub(crate) start: Option<String>,
    pub(crate) end: Option<String>,
    pub(crate) zone: Option<String>,
    pub(crate) start_utc: Option<String>,
    pub(crate) last_day: Option<String>,
}

impl ToldTimes {
    pub(crate) fn of(event: &Component, zones: &Zones, floating: &Zone) -> Self {
        let Some((start, end)) = span(event, "DTEND") else {
            return Self::default();
        };
        let last_day = last_day(&start, &end);
        let (start, end) = (tell(&start, zones, floating), tell(&end, zones, floating));
        Self {
            start: Some(start.local),
            end: Some(end.local),
            zone: start.zone,
            start_utc: start.utc,
            last_day,
        }
    }
}
