use std::sync::Arc;

use chrono_tz::Tz;

use super::{Zone, windows, written::WrittenZone};

/// The zone of a name: of IANA in any case, of Windows, a path that ends in an IANA name
/// (`/mozilla.org/20050126_1/Europe/Berlin`), or a fixed distance (`GMT+0200`).
pub fn zone_named(name: &str) -> Option<Zone> {
    let name = name.trim().trim_matches('"');
    if ["UTC", "Z", "Etc/UTC", "Zulu", "GMT"]
        .iter()
        .any(|utc| name.eq_ignore_ascii_case(utc))
    {
        return Some(Zone::Utc);
    }
    iana(name)
        .or_else(|| windows::iana(name).and_then(iana))
        .or_else(|| suffixes(name).find_map(iana))
        // `US-Eastern`, as older programs write.
        .or_else(|| iana(&name.replacen('-', "/", 1)))
        .map(Zone::Iana)
        .or_else(|| fixed(name))
}

fn iana(name: &str) -> Option<Tz> {
    Tz::from_str_insensitive(name).ok()
}

/// What stands behind each slash, longest first. Only names of two parts count: `/a/b/EST` could mean anything.
fn suffixes(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/')
        .map(|(at, _)| &name[at + 1..])
        .filter(|rest| rest.contains('/'))
}

/// `GMT+0200`, `UTC-03:30`, `GMT+1`: as iOS names the zone of a calendar that has none.
fn fixed(name: &str) -> Option<Zone> {
    let upper = name.to_ascii_uppercase();
    let distance = upper.strip_prefix("GMT").or_else(|| upper.strip_prefix("UTC"))?;
    let (sign, digits) = match distance.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, distance.strip_prefix('+')?),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let is_number = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(hours) || !is_number(minutes) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60)
        .then(|| Zone::Written(Arc::new(WrittenZone::fixed(name, sign * (hours * 3600 + minutes * 60)))))
}
