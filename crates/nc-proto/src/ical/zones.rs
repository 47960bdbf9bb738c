//! Zones: what clocks showed when.
//!
//! A `TZID` means what the object's own `VTIMEZONE` of that name says; without one it is an IANA name, a Windows name or
//! a name that ends in an IANA name. A name that means nothing leaves the time floating, and [`Zones::unknown`] tells it.

mod names;
mod onsets;
mod pattern;
mod windows;
mod write;
mod written;

#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

use super::When;
use crate::content::Component;

pub use names::zone_named;
pub use write::{add_missing, vtimezone};
pub use written::WrittenZone;

/// What a clock shows at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// UTC.
    Utc,
    /// A zone of the IANA database.
    Iana(Tz),
    /// A zone as a `VTIMEZONE` writes it.
    Written(Arc<WrittenZone>),
}

impl Zone {
    /// Seconds that its clock is ahead of UTC at an instant.
    pub fn offset_s(&self, at: DateTime<Utc>) -> i32 {
        match self {
            Self::Utc => 0,
            Self::Iana(tz) => tz.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc(),
            Self::Written(written) => written.offset_s(at),
        }
    }

    /// What its clock shows at an instant.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        moved(at.naive_utc(), i64::from(self.offset_s(at)))
    }

    /// The instant at which its clock shows `local`.
    ///
    /// A time that the clock jumps over is counted with the offset from before; of a time that the clock shows twice the
    /// first is meant: RFC 5545 §3.3.5.
    pub fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        match self {
            Self::Utc => local.and_utc(),
            Self::Iana(tz) => match tz.from_local_datetime(&local) {
                MappedLocalTime::Single(time) => time.with_timezone(&Utc),
                MappedLocalTime::Ambiguous(one, other) => one.min(other).with_timezone(&Utc),
                MappedLocalTime::None => {
                    let before = GapInfo::new(&local, tz).and_then(|gap| gap.begin);
                    let offset_s = before.map_or(0, |(_, offset)| offset.fix().local_minus_utc());
                    moved(local, -i64::from(offset_s)).and_utc()
                }
            },
            Self::Written(written) => written.instant(local),
        }
    }

    /// Its name: of IANA, or as written.
    pub fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Iana(tz) => tz.name(),
            Self::Written(written) => written.name(),
        }
    }
}

/// `time` moved by seconds; at the ends of chrono's calendar it stays.
fn moved(time: NaiveDateTime, seconds: i64) -> NaiveDateTime {
    time.checked_add_signed(TimeDelta::seconds(seconds)).unwrap_or(time)
}

/// The zones of one calendar object.
#[derive(Debug, Clone, Default)]
pub struct Zones {
    by_name: HashMap<String, Zone>,
    unknown: Vec<String>,
}

impl Zones {
    /// Of a `VCALENDAR`: the zones that it defines, and those that it only names.
    pub fn of(calendar: &Component) -> Self {
        let mut zones = Self::default();
        for component in calendar.components_named("VTIMEZONE") {
            if let Some(written) = WrittenZone::of(component) {
                // Of two definitions of a name the first counts.
                zones
                    .by_name
                    .entry(written.name().to_owned())
                    .or_insert_with(|| Zone::Written(Arc::new(written)));
            }
        }
        for name in used(calendar) {
            if zones.by_name.contains_key(&name) {
                continue;
            }
            match zone_named(&name) {
                Some(zone) => {
                    zones.by_name.insert(name, zone);
                }
                None => zones.unknown.push(name),
            }
        }
        zones
    }

    /// The zone that a `TZID` means here.
    pub fn zone(&self, tzid: &str) -> Option<Zone> {
        self.by_name.get(tzid).cloned().or_else(|| zone_named(tzid))
    }

    /// The names in use that mean nothing; their times are taken as floating.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The zone on whose clock a time is told; `floating` for days and times without a zone.
    pub fn zone_of(&self, when: &When, floating: &Zone) -> Zone {
        match when {
            When::Utc(_) => Zone::Utc,
            When::Date(_) | When::Floating(_) => floating.clone(),
            When::Zoned { tzid, .. } => self.zone(tzid).unwrap_or_else(|| floating.clone()),
        }
    }

    /// The instant of a time; of a day its midnight. `floating` is the zone of whoever looks.
    pub fn instant(&self, when: &When, floating: &Zone) -> DateTime<Utc> {
        match when {
            When::Utc(local) => local.and_utc(),
            other => self.zone_of(other, floating).instant(other.local()),
        }
    }
}

/// The names of zones that properties name, each once, in their order.
fn used(component: &Component) -> Vec<String> {
    let mut names = Vec::new();
    collect_used(component, &mut names);
    names
}

fn collect_used(component: &Component, names: &mut Vec<String>) {
    for property in component.properties() {
        if let Some(name) = property.parameter("TZID")
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    for inner in component.components() {
        if !inner.is("VTIMEZONE") {
            collect_used(inner, names);
        }
    }
}
