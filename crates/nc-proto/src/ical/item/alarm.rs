use crate::{
    content::Component,
    ical::{Duration, When},
};

/// A `VALARM`. Other programs' alarms lack parts or have odd actions; they are read as far as they go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// `ACTION`, in capitals; empty if there is none.
    pub action: String,
    /// When it goes off; [`None`] if that cannot be read.
    pub trigger: Option<Trigger>,
    /// What it shows.
    pub description: Option<String>,
    /// `UID`
    pub uid: Option<String>,
    /// `REPEAT` and `DURATION`: how often more, and how long after.
    pub repeat: Option<(u32, Duration)>,
    /// `ACKNOWLEDGED`: it has been seen.
    pub acknowledged: Option<When>,
}

/// When an alarm goes off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// So long after the start; before it, if negative.
    FromStart(Duration),
    /// So long after the end or due time.
    FromEnd(Duration),
    /// At a time.
    At(When),
}

impl Alarm {
    /// Of a component.
    pub fn of(component: &Component) -> Self {
        let text = |name: &str| component.text(name).filter(|text| !text.trim().is_empty());
        let repeat = text("REPEAT")
            .and_then(|count| count.trim().parse().ok())
            .filter(|count| *count > 0)
            .zip(text("DURATION").and_then(|duration| Duration::parse(&duration)));
        Self {
            action: text("ACTION").unwrap_or_default().trim().to_ascii_uppercase(),
            trigger: Trigger::of(component),
            description: text("DESCRIPTION"),
            uid: text("UID").or_else(|| text("X-WR-ALARMUID")),
            repeat,
            acknowledged: component
                .property("ACKNOWLEDGED")
                .and_then(|property| When::of(property).ok()),
        }
    }

    /// Whether it is one that iOS adds to say that there is none.
    pub fn is_none(&self) -> bool {
        self.action == "NONE"
    }
}

impl Trigger {
    fn of(alarm: &Component) -> Option<Self> {
        let property = alarm.property("TRIGGER")?;
        // Some programs say VALUE=DATE-TIME before a duration, or nothing before a time.
        if let Some(duration) = Duration::parse(property.value()) {
            let is_end = property
                .parameter("RELATED")
                .is_some_and(|related| related.eq_ignore_ascii_case("END"));
            return Some(if is_end {
                Self::FromEnd(duration)
            } else {
                Self::FromStart(duration)
            });
        }
        When::of(property).ok().map(Self::At)
    }
}
