//! How numbers in a workbook are meant: as dates, times, shares or numbers (ECMA-376 part 1 §18.8.30, §18.17.4.1).

use std::collections::HashMap;

use super::{
    archive::Archive,
    xml::{Item, Xml},
};
use crate::ExtractError;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// How a number is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Meaning {
    #[default]
    Number,
    Date,
    Time,
    Share,
}

/// The meaning of each cell format.
#[derive(Default)]
pub(super) struct CellFormats(Vec<Meaning>);

impl CellFormats {
    pub(super) fn read(archive: &mut Archive<'_>, part: &str) -> Result<Self, ExtractError> {
        let mut formats = Self::default();
        let Some(text) = archive.text(part)? else {
            return Ok(formats);
        };
        let mut xml = Xml::new(&text, archive.depth);
        let mut codes: HashMap<u32, Meaning> = HashMap::new();
        let mut in_cells = false;
        loop {
            match xml.next()? {
                Item::Start(tag) => match tag.name() {
                    "numFmt" => {
                        if let Some(id) = tag.get("numFmtId").and_then(|id| id.parse().ok()) {
                            codes.insert(id, meaning(&tag.get("formatCode").unwrap_or_default()));
                        }
                    }
                    "cellXfs" => in_cells = true,
                    "xf" if in_cells => {
                        let id = tag.get("numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                        formats.0.push(codes.get(&id).copied().unwrap_or_else(|| built_in(id)));
                    }
                    _ => {}
                },
                Item::End(name) if name == "cellXfs" => in_cells = false,
                Item::Done => return Ok(formats),
                _ => {}
            }
        }
    }

    pub(super) fn get(&self, index: usize) -> Meaning {
        self.0.get(index).copied().unwrap_or_default()
    }
}

/// Formats that are not written down (ECMA-376 part 1 §18.8.30).
const fn built_in(id: u32) -> Meaning {
    match id {
        9 | 10 => Meaning::Share,
        14..=17 | 22 | 27..=36 | 50..=58 => Meaning::Date,
        18..=21 | 45..=47 => Meaning::Time,
        _ => Meaning::Number,
    }
}

/// What a format's code means: its letters outside of quotes and brackets.
fn meaning(code: &str) -> Meaning {
    let mut characters = code.split(';').next().unwrap_or_default().chars();
    let (mut has_date, mut has_time, mut has_month) = (false, false, false);
    while let Some(character) = characters.next() {
        match character.to_ascii_lowercase() {
            '"' => while characters.next().is_some_and(|character| character != '"') {},
            '\\' | '_' | '*' => {
                characters.next();
            }
            '[' => {
                let inside: String = characters.by_ref().take_while(|character| *character != ']').collect();
                // Hours, minutes and seconds that run on; anything else is a colour, a condition or a language.
                has_time |= !inside.is_empty() && inside.chars().all(|character| matches!(character, 'h' | 'm' | 's'));
            }
            '%' => return Meaning::Share,
            'y' | 'd' => has_date = true,
            'h' | 's' => has_time = true,
            'm' => has_month = true,
            _ => {}
        }
    }
    match (has_date, has_time, has_month) {
        (true, _, _) | (false, false, true) => Meaning::Date,
        (false, true, _) => Meaning::Time,
        _ => Meaning::Number,
    }
}

/// A stored number as people read it. Days count from 1900, or from 1904.
pub(super) fn shown(stored: &str, meaning: Meaning, since_1904: bool) -> String {
    let Ok(number) = stored.trim().parse::<f64>() else {
        return stored.to_owned();
    };
    match meaning {
        Meaning::Date | Meaning::Time => date(number, meaning, since_1904).unwrap_or_else(|| plain(number, stored)),
        Meaning::Share => format!("{}%", plain(number * 100.0, stored)),
        Meaning::Number => plain(number, stored),
    }
}

/// Fifteen digits, which is what spreadsheets show of what they store.
fn plain(number: f64, stored: &str) -> String {
    let size = number.abs();
    if !number.is_finite() || (size > 0.0 && !(1e-5..1e15).contains(&size)) {
        return stored.trim().to_owned();
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{rounded}")
}

fn date(number: f64, meaning: Meaning, since_1904: bool) -> Option<String> {
    // The year 10000.
    if !(0.0..2_958_466.0).contains(&number) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "below the year 10000")]
    let seconds = (number * 86_400.0).round() as i64;
    let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let time = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if meaning == Meaning::Time {
        return Some(if days == 0 {
            time
        } else {
            format!("{}:{}", days * 24 + rest / 3600, &time[3..])
        });
    }
    // 1900 is taken for a leap year, as Lotus 1-2-3 did.
    let since_1970 = match (since_1904, days) {
        (true, days) => days - 24_107,
        (false, days) if days < 60 => days - 25_568,
        (false, days) => days - 25_569,
    };
    let (year, month, day) = civil(since_1970);
    let date = format!("{year:04}-{month:02}-{day:02}");
    Some(if rest == 0 { date } else { format!("{date}T{time}") })
}

/// Year, month and day of a number of days since 1970 in the Gregorian calendar: eras of 400 years that begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_tell_dates_times_and_shares() {
        for (code, wanted) in [
            ("dd.mm.yyyy", Meaning::Date),
            ("[$-407]d. mmmm yyyy;@", Meaning::Date),
            ("mmm", Meaning::Date),
            ("[h]:mm:ss", Meaning::Time),
            ("h:mm AM/PM", Meaning::Time),
            ("0.0%", Meaning::Share),
            ("#,##0.00 \"days\"", Meaning::Number),
            ("[Red]0.00", Meaning::Number),
            ("0.00\\d", Meaning::Number),
            ("General", Meaning::Number),
        ] {
            assert_eq!(meaning(code), wanted, "{code}");
        }
    }

    #[test]
    fn numbers_become_dates() {
        let date = |number, since_1904| shown(number, Meaning::Date, since_1904);
        assert_eq!(date("46095", false), "2026-03-14");
        assert_eq!(date("46096.3958333333", false), "2026-03-15T09:30:00");
        assert_eq!(date("1", false), "1900-01-01");
        assert_eq!(date("61", false), "1900-03-01");
        assert_eq!(date("44633", true), "2026-03-14");
        assert_eq!(date("-3", false), "-3");
        assert_eq!(shown("0.322916666666667", Meaning::Time, false), "07:45:00");
        assert_eq!(shown("1.5", Meaning::Time, false), "36:00:00");
    }

    #[test]
    fn numbers_are_shown_without_the_faults_of_floating_point() {
        assert_eq!(shown("0.30000000000000004", Meaning::Number, false), "0.3");
        assert_eq!(shown("12.5", Meaning::Number, false), "12.5");
        assert_eq!(shown("1E+100", Meaning::Number, false), "1E+100");
        assert_eq!(shown("0.29", Meaning::Share, false), "29%");
        assert_eq!(shown("007x", Meaning::Number, false), "007x");
    }
}
