/// Largest number of hours that is meant.
const MOST_HOURS: u64 = 24 * 365;

/// A duration of ISO 8601 in the form that Cookbook stores: `PT90M` is `PT1H30M0S`. `None` if it is none.
pub fn duration(text: &str) -> Option<String> {
    let upper = text.trim().to_ascii_uppercase();
    let rest = upper.strip_prefix('P')?;
    let (date, time) = rest.split_once('T').unwrap_or((rest, ""));
    if rest.is_empty() || rest.ends_with('T') {
        return None;
    }
    let days = units(date, &[('W', 7 * 86_400), ('D', 86_400)])?;
    let seconds = days.checked_add(units(time, &[('H', 3600), ('M', 60), ('S', 1)])?)?;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    (hours <= MOST_HOURS).then(|| format!("PT{hours}H{minutes}M{seconds}S"))
}

/// The seconds of `1H30M`, each unit at most once and in order. Parts of a unit are rounded down to whole seconds.
fn units(text: &str, units: &[(char, u64)]) -> Option<u64> {
    let (mut rest, mut sum, mut units) = (text, 0_u64, units.iter());
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')?;
        let (number, tail) = rest.split_at(end);
        let letter = tail.chars().next()?;
        let (_, size) = units.find(|(unit, _)| *unit == letter)?;
        let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, ""));
        sum = sum.checked_add(whole.parse::<u64>().ok()?.checked_mul(*size)?)?;
        if !part.is_empty() {
            let digits: String = part.chars().take(6).collect();
            let scale = 10_u64.pow(u32::try_from(digits.len()).ok()?);
            sum = sum.checked_add(digits.parse::<u64>().ok()?.checked_mul(*size)? / scale)?;
        }
        rest = &tail[1..];
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_written_as_the_server_does() {
        for (text, stored) in [
            ("PT0H15M", "PT0H15M0S"),
            ("PT45M", "PT0H45M0S"),
            ("PT90M", "PT1H30M0S"),
            ("P1DT2H", "PT26H0M0S"),
            ("P0DT0H20M", "PT0H20M0S"),
            ("pt1.5h", "PT1H30M0S"),
            ("PT1H30M0S", "PT1H30M0S"),
            ("P1W", "PT168H0M0S"),
        ] {
            assert_eq!(duration(text).as_deref(), Some(stored), "{text}");
        }
        for bad in [
            "",
            "P",
            "PT",
            "15",
            "15 min",
            "1H",
            "PT1M1H",
            "PT5",
            "PT-5M",
            "P1Y",
            "PT99999999999999999999H",
            "PT.H",
        ] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
