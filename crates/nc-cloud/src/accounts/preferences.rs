//! What a person prefers, kept in one object with the fields of the profile: language, locale, time zone, first day of the week.

use nc_proto::ical::zones::Zones;
use serde_json::{Map, Value};

use super::{Account, new_user::is_mail_address};
use crate::Error;

/// Most mail addresses beside the main one.
const MOST_ADDRESSES: usize = 20;

/// One thing that a person prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    /// As in `de` or `de_DE`.
    Language,
    /// As in `de_AT`.
    Locale,
    /// A name of IANA, as in `Europe/Vienna`.
    Timezone,
    /// 0 is Sunday.
    FirstDayOfWeek,
}

impl Preference {
    /// By its key in OCS.
    pub(crate) fn of_field(key: &str) -> Option<Self> {
        Some(match key {
            "language" => Self::Language,
            "locale" => Self::Locale,
            "timezone" => Self::Timezone,
            "first_day_of_week" => Self::FirstDayOfWeek,
            _ => return None,
        })
    }

    /// By its key among the settings that Nextcloud's command `user:setting` changes.
    pub fn of_setting(app: &str, key: &str) -> Option<Self> {
        match (app, key) {
            ("core", "lang") => Some(Self::Language),
            ("core", "language") => None,
            ("core", key) => Self::of_field(key),
            _ => None,
        }
    }

    const fn member(self) -> &'static str {
        match self {
            Self::Language => "language",
            Self::Locale => "locale",
            Self::Timezone => "timezone",
            Self::FirstDayOfWeek => "first_day_of_week",
        }
    }

    fn takes(self, value: &str) -> bool {
        match self {
            Self::Language | Self::Locale => is_locale(value),
            // By its own name only: other programs do not know the names that are understood here besides.
            Self::Timezone => Zones::default().zone(value).is_some_and(|zone| zone.name() == value),
            Self::FirstDayOfWeek => matches!(value.as_bytes(), [b'0'..=b'6']),
        }
    }
}

impl Account {
    /// What the person prefers, if that was said.
    pub fn preference(&self, which: Preference) -> Option<String> {
        let stored = self.members().remove(which.member());
        stored.and_then(|value| value.as_str().map(str::to_owned))
    }

    /// Says what the person prefers; an empty text takes it back.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a value that means nothing.
    pub fn prefer(&mut self, which: Preference, value: &str) -> Result<(), Error> {
        let mut members = self.members();
        if value.is_empty() {
            members.remove(which.member());
        } else if which.takes(value) {
            members.insert(which.member().to_owned(), value.into());
        } else {
            return Err(Error::Invalid(
                "a language is such as de, a locale such as de_AT, a time zone such as Europe/Vienna, and the first day of the \
                 week a number from 0 (Sunday) to 6",
            ));
        }
        self.keep(&members);
        Ok(())
    }

    /// The first day of the person's week, 0 is Sunday: as chosen, else as usual where the locale is from.
    pub fn first_day_of_week(&self) -> u8 {
        let chosen = self.preference(Preference::FirstDayOfWeek);
        let chosen = chosen.and_then(|text| text.parse().ok());
        chosen.unwrap_or_else(|| first_day(&self.preference(Preference::Locale).unwrap_or_else(|| "en".to_owned())))
    }

    /// Mail addresses beside the main one.
    pub fn additional_mails(&self) -> Vec<String> {
        let stored = self.members().remove("additional_mail");
        let list = stored.as_ref().and_then(Value::as_array);
        let texts = list.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    /// Adds a mail address beside the main one.
    pub(crate) fn add_mail(&mut self, address: &str) -> Result<(), Error> {
        let mut all = self.additional_mails();
        if !is_mail_address(address) || all.len() >= MOST_ADDRESSES {
            return Err(Error::Invalid("this is no mail address, or there are too many"));
        }
        if !all.iter().any(|known| known == address) {
            all.push(address.to_owned());
        }
        self.keep_mails(all);
        Ok(())
    }

    /// Takes such an address away. Whether it was there.
    pub(crate) fn remove_mail(&mut self, address: &str) -> bool {
        let mut all = self.additional_mails();
        let before = all.len();
        all.retain(|known| known != address);
        let removed = all.len() < before;
        self.keep_mails(all);
        removed
    }

    /// When the person's record changed last, in Unix seconds.
    pub fn updated_at(&self) -> i64 {
        let changed = self.members().get("updated_at").and_then(Value::as_i64);
        changed.unwrap_or(self.created_at)
    }

    /// Notes that the record changes now.
    pub fn touch(&mut self, now: i64) {
        let mut members = self.members();
        members.insert("updated_at".to_owned(), now.into());
        self.keep(&members);
    }

    fn keep_mails(&mut self, all: Vec<String>) {
        let mut members = self.members();
        members.insert("additional_mail".to_owned(), all.into());
        self.keep(&members);
    }

    fn members(&self) -> Map<String, Value> {
        serde_json::from_str(&self.profile).unwrap_or_default()
    }

    fn keep(&mut self, members: &Map<String, Value>) {
        self.profile = Value::Object(members.clone()).to_string();
    }
}

/// Whether this is a language, with a script and a territory where they matter: `de`, `de_AT`, `zh_Hant_TW`, `sr@latin`.
fn is_locale(text: &str) -> bool {
    let text = text.split_once('@').map_or(text, |(before, variant)| {
        let is_word = (3..=8).contains(&variant.len()) && variant.bytes().all(|byte| byte.is_ascii_lowercase());
        if is_word { before } else { "" }
    });
    let mut parts = text.split('_');
    let language = parts.next().unwrap_or_default();
    let is_language = (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut others = 0;
    let are_parts = parts.all(|part| {
        others += 1;
        let is_territory = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_uppercase());
        let is_region = part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_script = part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
        is_territory || is_region || is_script
    });
    is_language && are_parts && others <= 2
}

/// Territories whose week begins on Sunday, and on Saturday (CLDR, `weekData`). Elsewhere it is Monday, as in ISO 8601.
const SUNDAY: &str = "AG AS BD BR BS BT BW BZ CA CO DM DO ET GT GU HK HN ID IL IN IS JM JP KE KH KR LA MH MM MO MT MX MZ NI NP PA \
                      PE PH PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW";
const SATURDAY: &str = "AE AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY";

/// The first day of the week where a locale is from.
fn first_day(locale: &str) -> u8 {
    let mut parts = locale.split(['_', '@']);
    let language = parts.next().unwrap_or_default();
    let territory = parts.find(|part| part.len() == 2).unwrap_or(match language {
        "en" => "US",
        "pt" => "BR",
        "ja" => "JP",
        "ko" => "KR",
        "he" => "IL",
        "hi" => "IN",
        "th" => "TH",
        "id" => "ID",
        "ar" => "EG",
        "fa" => "IR",
        _ => "",
    });
    let is_in = |list: &str| list.split(' ').any(|one| one == territory);
    match territory {
        _ if is_in(SUNDAY) => 0,
        _ if is_in(SATURDAY) => 6,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_are_languages_with_a_script_and_a_territory() {
        for good in ["de", "de_AT", "zh_Hant_TW", "sr@latin", "es_419", "ast"] {
            assert!(is_locale(good), "{good}");
        }
        for bad in [
            "",
            "d",
            "DE",
            "de-AT",
            "de_at",
            "de_AT_x",
            "de_AT_Latn_AT",
            "de@",
            "../de",
            "de_",
            "sr@LATIN",
        ] {
            assert!(!is_locale(bad), "{bad}");
        }
    }

    #[test]
    fn weeks_begin_as_usual_where_the_locale_is_from() {
        for (locale, day) in [
            ("en", 0),
            ("en_GB", 1),
            ("de_AT", 1),
            ("pt", 0),
            ("ar_EG", 6),
            ("zh_Hant_TW", 0),
            ("fr", 1),
        ] {
            assert_eq!(first_day(locale), day, "{locale}");
        }
    }

    #[test]
    fn time_zones_have_names_of_iana() {
        let takes = |value| Preference::Timezone.takes(value);
        assert!(takes("Europe/Vienna") && takes("UTC"));
        assert!(
            !takes("europe/vienna") && !takes("W. Europe Standard Time") && !takes("+01:00") && !takes("Mars/Base")
        );
    }
}
