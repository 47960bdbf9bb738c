use std::fmt;

use super::{Version, value};
use crate::content::Property;

/// The year that Apple's programs write where there is none.
const NO_YEAR: i32 = 1604;

/// A birthday; people may not tell the year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Birthday {
    /// A day, perhaps without year.
    Day {
        /// Not invented where there is none.
        year: Option<i32>,
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// Something else, as it is written: "circa 1800".
    Text(String),
}

impl Birthday {
    /// Reads `YYYY-MM-DD` or `--MM-DD`, with or without dashes. A time behind it does not count.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let date = text.split(['T', ' ']).next().unwrap_or(text);
        let (year, rest) = match date.strip_prefix("--") {
            Some(rest) => (None, rest),
            None => (Some(date.get(..4)?.parse::<u16>().ok()?), date.get(4..)?),
        };
        let digits: String = rest.chars().filter(|character| *character != '-').collect();
        let form_is_right = rest.strip_prefix('-').unwrap_or(rest).matches('-').count() <= 1;
        if digits.len() != 4 || !form_is_right || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let year = year.map(i32::from);
        let (month, day) = (digits[..2].parse::<u8>().ok()?, digits[2..].parse::<u8>().ok()?);
        // A leap day without a year is a day.
        chrono::NaiveDate::from_ymd_opt(year.unwrap_or(2000), u32::from(month), u32::from(day))?;
        Some(Self::Day { year, month, day })
    }

    pub(super) fn read(property: &Property) -> Option<Self> {
        let text = value::text(property);
        if text.trim().is_empty() {
            return None;
        }
        let omitted = property
            .parameter("X-APPLE-OMIT-YEAR")
            .map(|year| year.parse::<i32>().unwrap_or(NO_YEAR));
        Some(match Self::parse(&text) {
            Some(Self::Day { year, month, day }) => Self::Day {
                year: year.filter(|year| Some(*year) != omitted),
                month,
                day,
            },
            _ => Self::Text(text),
        })
    }

    /// Writes it in the form of the card's version.
    pub(super) fn write_to(&self, property: &mut Property, version: Version) {
        if Self::read(property).as_ref() == Some(self) {
            return;
        }
        property.remove_parameter("X-APPLE-OMIT-YEAR");
        property.remove_parameter("VALUE");
        match (self, version) {
            (Self::Text(text), _) => {
                if version == Version::V4 {
                    property.set_parameter("VALUE", "text");
                }
                value::set_text(property, text);
            }
            (
                Self::Day {
                    year: Some(year),
                    month,
                    day,
                },
                Version::V4,
            ) => {
                value::set(property, format!("{year:04}{month:02}{day:02}"));
            }
            (Self::Day { year: None, month, day }, Version::V4) => {
                value::set(property, format!("--{month:02}{day:02}"));
            }
            (Self::Day { year, month, day }, _) => {
                if year.is_none() {
                    property.set_parameter("X-APPLE-OMIT-YEAR", &NO_YEAR.to_string());
                }
                let year = year.unwrap_or(NO_YEAR);
                value::set(property, format!("{year:04}-{month:02}-{day:02}"));
            }
        }
    }
}

/// `YYYY-MM-DD`, `--MM-DD`, or the text.
impl fmt::Display for Birthday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day {
                year: Some(year),
                month,
                day,
            } => write!(f, "{year:04}-{month:02}-{day:02}"),
            Self::Day { year: None, month, day } => write!(f, "--{month:02}-{day:02}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}
