//! The times of a series that differ from its rule, when the series moves: `EXDATE`, and components with
//! `RECURRENCE-ID`.

use nc_mcp_kit::ToolError;
use nc_proto::{
    content::{Component, Entry, Property},
    ical::When,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::patch::Around;

/// What becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OverrideAction {
    Shift,
    Drop,
    Keep,
}

/// How many times were changed on their own.
pub(crate) fn count_changed(all: &Component, kind: &str) -> usize {
    all.components_named(kind)
        .filter(|component| component.property("RECURRENCE-ID").is_some())
        .count()
}

/// How many times differ.
pub(crate) fn count(all: &Component, kind: &str) -> usize {
    let lists = all
        .components_named(kind)
        .flat_map(|component| component.properties_named("EXDATE"));
    count_changed(all, kind) + lists.filter_map(|list| When::list(list).ok()).flatten().count()
}

/// Lets them follow a series that moved. Without a decision the change is refused.
pub(crate) fn follow(
    all: &mut Component,
    kind: &str,
    action: Option<OverrideAction>,
    moved: Option<&(When, When)>,
    differing: usize,
    around: &Around,
) -> Result<(), ToolError> {
    match (action, moved) {
        (None, _) => Err(ToolError::new(
            "overrides_decision_required",
            format!(
                "{differing} times of the series were left out or changed on their own; set `overrides` to shift (they \
                 move with the series), drop (they are forgotten) or keep (they stay as they are)"
            ),
        )),
        (Some(OverrideAction::Drop), _) => {
            all.retain(|entry| {
                !matches!(entry, Entry::Component(inner) if inner.is(kind) && inner.property("RECURRENCE-ID").is_some())
            });
            for component in all.components_mut().filter(|component| component.is(kind)) {
                component.remove("EXDATE");
            }
            Ok(())
        }
        (Some(OverrideAction::Shift), Some((old, new))) => {
            shift(all, kind, old, new, around);
            Ok(())
        }
        (Some(OverrideAction::Shift | OverrideAction::Keep), _) => Ok(()),
    }
}

fn shift(all: &mut Component, kind: &str, old: &When, new: &When, around: &Around) {
    let by = new.local() - old.local();
    let to_new = |when: &When| {
        // On the clock of the series as it was, for that is what it was counted on.
        let local = around.zone_of(old).local(around.zones.instant(when, around.floating()));
        let local = if when.is_date() { when.local() } else { local };
        new.at(local.checked_add_signed(by).unwrap_or(local))
    };
    for component in all.components_mut().filter(|component| component.is(kind)) {
        if let Some(property) = component.property_mut("RECURRENCE-ID")
            && let Ok(id) = When::of(property)
        {
            to_new(&id).write_to(property);
        }
        for property in component.properties_mut().filter(|property| property.is("EXDATE")) {
            shift_list(property, new, to_new);
        }
    }
}

fn shift_list(property: &mut Property, new: &When, to_new: impl Fn(&When) -> When) {
    let Ok(list) = When::list(property) else { return };
    let shifted: Vec<String> = list.iter().map(|when| to_new(when).to_string()).collect();
    // The parameters come with the first.
    new.write_to(property);
    property.set_value(shifted.join(","));
}

#[cfg(test)]
mod tests {
    use nc_proto::{
        content::Document,
        ical::zones::{Zone, Zones},
    };

    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn what_differs_moves_with_the_series() {
        let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261105T100000Z\r\n\
                    EXDATE:20261107T090000Z,20261108T090000Z\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:1\r\n\
                    RECURRENCE-ID:20261106T090000Z\r\nSUMMARY:Other\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let mut document = Document::parse(text.as_bytes()).expect("an object");
        let all = document.root_mut().expect("root");
        let around = Around {
            zones: Zones::of(all),
            calendar: Some(Zone::Utc),
            mail: None,
        };
        let at = |hour| {
            When::Utc(
                chrono::NaiveDate::from_ymd_opt(2026, 11, 5)
                    .expect("a day")
                    .and_time(chrono::NaiveTime::MIN + TimeDelta::hours(hour)),
            )
        };
        assert_eq!(count(all, "VEVENT"), 3);
        let moved = (at(9), at(10));
        follow(all, "VEVENT", None, Some(&moved), 3, &around).expect_err("asks");
        follow(all, "VEVENT", Some(OverrideAction::Shift), Some(&moved), 3, &around).expect("shifted");
        let text = String::from_utf8(document.to_bytes()).expect("text");
        assert!(text.contains("EXDATE:20261107T100000Z,20261108T100000Z\r\n"), "{text}");
        assert!(
            text.contains("RECURRENCE-ID:20261106T100000Z\r\nSUMMARY:Other\r\n"),
            "{text}"
        );
        let all = document.root_mut().expect("root");
        follow(all, "VEVENT", Some(OverrideAction::Drop), None, 3, &around).expect("dropped");
        assert_eq!(count(all, "VEVENT"), 0);
    }
}
