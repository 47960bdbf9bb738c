//! Changing one of several properties of a name, and only that one.

use super::{
    Version,
    contact::{detail, kinds},
    patch::NewDetail,
    value,
};
use crate::content::{Component, Entry, Property, escape};

/// Makes the properties `name` say `wanted`, in that order as far as they are new.
///
/// A property that says a wanted value stays. Of the rest, properties and wishes are paired in their order, so that a
/// corrected number keeps its type, group and parameters. What has no partner goes, or is added.
pub(super) fn replace(card: &mut Component, name: &str, wanted: &[NewDetail], version: Version) {
    let present: Vec<usize> = card
        .entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| matches!(entry, Entry::Property(property) if property.is(name)))
        .map(|(place, _)| place)
        .collect();
    let mut partner: Vec<Option<usize>> = vec![None; wanted.len()];
    let mut is_free: Vec<bool> = vec![true; present.len()];
    for (wish, partner) in wanted.iter().zip(&mut partner) {
        let same = (0..present.len()).find(|at| is_free[*at] && says(card, present[*at], wish));
        if let Some(at) = same {
            is_free[at] = false;
            *partner = Some(present[at]);
        }
    }
    let mut free = (0..present.len()).filter(|at| is_free[*at]).map(|at| present[at]);
    for partner in partner.iter_mut().filter(|partner| partner.is_none()) {
        *partner = free.next();
    }
    let gone: Vec<usize> = free.collect();
    let mut last = present.last().copied();
    let mut fresh = Vec::new();
    for (wish, partner) in wanted.iter().zip(&partner) {
        if let Some(Entry::Property(property)) = partner.map(|place| &mut card.entries[place]) {
            change(property, wish, version);
        } else {
            let mut property = Property::new(name, "");
            change(&mut property, wish, version);
            fresh.push(Entry::Property(property));
        }
    }
    let mut groups: Vec<String> = Vec::new();
    for place in gone.iter().rev() {
        if let Entry::Property(property) = card.entries.remove(*place) {
            groups.extend(property.group().map(str::to_owned));
        }
        last = last.map(|last| last.saturating_sub(1));
    }
    match last {
        Some(last) if !fresh.is_empty() && !present.is_empty() => {
            let place = (last + 1).min(card.entries.len());
            card.entries.splice(place..place, fresh);
        }
        _ => {
            for entry in fresh {
                if let Entry::Property(property) = entry {
                    card.add(property);
                }
            }
        }
    }
    for group in groups {
        drop_labels(card, &group);
    }
    for wish in wanted {
        if let Some(label) = &wish.label {
            set_label(card, name, wish, label);
        }
    }
}

/// Labels are properties of their own, in the group of what they name.
fn set_label(card: &mut Component, name: &str, wish: &NewDetail, label: &str) {
    let is_it = |place: &usize| {
        matches!(&card.entries[*place], Entry::Property(property) if property.is(name)) && says(card, *place, wish)
    };
    let Some(place) = (0..card.entries.len()).find(is_it) else {
        return;
    };
    let Entry::Property(property) = &card.entries[place] else {
        return;
    };
    if detail(card, property).label.unwrap_or_default() == label {
        return;
    }
    let in_group =
        |property: &Property, group: &str| property.group().is_some_and(|other| other.eq_ignore_ascii_case(group));
    let group = property.group().map_or_else(|| free_group(card), str::to_owned);
    let written = property.clone();
    if written.group().is_none() {
        card.entries[place] = Entry::Property(written.in_group(&group));
    }
    card.retain(
        |entry| !matches!(entry, Entry::Property(property) if property.is("X-ABLabel") && in_group(property, &group)),
    );
    if label.is_empty() {
        return;
    }
    let behind = card.entries.iter().position(
        |entry| matches!(entry, Entry::Property(property) if property.is(name) && in_group(property, &group)),
    );
    let line = Entry::Property(Property::text("X-ABLabel", label).in_group(&group));
    card.entries
        .insert(behind.map_or(card.entries.len(), |place| place + 1), line);
}

/// A name that no group of the card has.
fn free_group(card: &Component) -> String {
    let is_free = |name: &String| {
        !card
            .properties()
            .any(|property| property.group().is_some_and(|group| group.eq_ignore_ascii_case(name)))
    };
    (1..=u32::MAX)
        .map(|number| format!("item{number}"))
        .find(is_free)
        .unwrap_or_default()
}

/// Labels of a group that has nothing else any more.
fn drop_labels(card: &mut Component, group: &str) {
    let is_of_group = |property: &Property| property.group().is_some_and(|other| other.eq_ignore_ascii_case(group));
    let is_label = |property: &Property| property.is("X-ABLabel") || property.is("X-ABADR");
    if card
        .properties()
        .any(|property| is_of_group(property) && !is_label(property))
    {
        return;
    }
    card.retain(|entry| !matches!(entry, Entry::Property(property) if is_of_group(property) && is_label(property)));
}

fn says(card: &Component, place: usize, wish: &NewDetail) -> bool {
    let Entry::Property(property) = &card.entries[place] else {
        return false;
    };
    let said = detail(card, property);
    match &wish.components {
        Some(components) => said.components.as_ref() == Some(components),
        None => said.value == wish.value,
    }
}

fn change(property: &mut Property, wish: &NewDetail, version: Version) {
    match &wish.components {
        Some(components) if property.is("ADR") => {
            let places: Vec<(usize, &str)> = components.iter().map(String::as_str).enumerate().collect();
            value::set_components(property, &places);
            // Seven components, whatever was said: RFC 6350 §6.3.1.
            let missing = 7_usize.saturating_sub(components.len().max(value::components(property).len()));
            if missing > 0 {
                let padded = format!("{}{}", property.value(), ";".repeat(missing));
                value::set(property, padded);
            }
        }
        _ if property.is("ADR") => {
            if detail(&Component::new("VCARD"), property).value != wish.value {
                // Without parts the whole address is the street, so that no word of it is lost.
                value::set(property, format!(";;{};;;;", escape(&wish.value)));
            }
        }
        _ => change_value(property, &wish.value),
    }
    if let Some(kind) = &wish.kind {
        set_kind(property, kind, version);
    }
    if let Some(preferred) = wish.preferred {
        set_preferred(property, preferred, version);
    }
}

fn change_value(property: &mut Property, wanted: &str) {
    if detail(&Component::new("VCARD"), property).value == wanted {
        return;
    }
    let is_uri = property
        .parameter("VALUE")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("uri"));
    let scheme = ["tel:", "mailto:"]
        .into_iter()
        .find(|scheme| property.value().starts_with(scheme));
    match scheme {
        Some("tel:") if is_uri => {
            let packed: String = wanted.chars().filter(|character| !character.is_whitespace()).collect();
            value::set(property, format!("tel:{packed}"));
        }
        Some(scheme) if is_uri => value::set(property, format!("{scheme}{wanted}")),
        // Addresses of pages are URIs, which are not escaped.
        _ if property.is("URL") => value::set(property, wanted.to_owned()),
        _ => value::set_text(property, wanted),
    }
}

fn set_kind(property: &mut Property, kind: &str, version: Version) {
    let mut wanted: Vec<String> = kind
        .split(',')
        .map(|kind| kind.trim().to_ascii_lowercase())
        .filter(|kind| !kind.is_empty() && kind != "pref")
        .collect();
    let mut present = kinds(property);
    let is_preferred = present.iter().any(|kind| kind == "pref");
    present.retain(|kind| kind != "pref");
    wanted.dedup();
    if present == wanted {
        return;
    }
    // `INTERNET` says nothing, but its writer expects it.
    let is_internet = property
        .parameter_values("TYPE")
        .any(|kind| kind.eq_ignore_ascii_case("internet"));
    let mut values: Vec<String> = wanted;
    if version != Version::V4 {
        values = values.iter().map(|value| value.to_ascii_uppercase()).collect();
    }
    if is_internet {
        values.insert(0, "INTERNET".to_owned());
    }
    if is_preferred {
        values.push(if version == Version::V4 { "pref" } else { "PREF" }.to_owned());
    }
    if values.is_empty() {
        property.remove_parameter("TYPE");
    } else {
        property.set_parameter_values("TYPE", values);
    }
}

fn set_preferred(property: &mut Property, preferred: bool, version: Version) {
    let is_preferred = detail(&Component::new("VCARD"), property).preferred;
    if is_preferred == preferred {
        return;
    }
    if version == Version::V4 {
        if preferred {
            property.set_parameter("PREF", "1");
        } else {
            property.remove_parameter("PREF");
        }
    }
    let mut values: Vec<String> = property
        .parameter_values("TYPE")
        .flat_map(|values| values.split(','))
        .filter(|kind| !kind.eq_ignore_ascii_case("pref"))
        .map(str::to_owned)
        .collect();
    if preferred && version != Version::V4 {
        values.push("PREF".to_owned());
    }
    if values.is_empty() {
        property.remove_parameter("TYPE");
    } else if values.len()
        != property
            .parameter_values("TYPE")
            .flat_map(|values| values.split(','))
            .count()
    {
        property.set_parameter_values("TYPE", values);
    }
}
