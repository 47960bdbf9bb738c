use super::{Birthday, Group, Photo, value};
use crate::content::{Component, Property};

/// A person's name in its parts: `N`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PersonName {
    /// Family name.
    pub family: String,
    /// Given name.
    pub given: String,
    /// Additional names.
    pub additional: String,
    /// Honorific prefixes.
    pub prefix: String,
    /// Honorific suffixes.
    pub suffix: String,
}

/// One of several mail addresses, phone numbers, addresses, pages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Detail {
    /// Types in lower case, joined by commas: `home`, `work,cell`. Empty if there is none. `pref` is not among them.
    pub kind: String,
    /// The value; of an address its parts on one line.
    pub value: String,
    /// What the person calls it: `X-ABLabel` of the same group, or `LABEL`.
    pub label: Option<String>,
    /// Whether it is the one to use first.
    pub preferred: bool,
    /// Of an address: box, extension, street, city, region, postal code, country.
    pub components: Option<Vec<String>>,
}

/// What a card says, as far as it is understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contact {
    /// Empty if there is none.
    pub uid: String,
    /// The name to show. From the parts, the organisation or a mail address if `FN` is missing.
    pub full_name: String,
    /// The name in parts.
    pub name: Option<PersonName>,
    /// What friends say.
    pub nicknames: Vec<String>,
    /// Name of the organisation, with its units behind it, joined by `, `.
    pub organization: Option<String>,
    /// Job title.
    pub title: Option<String>,
    /// Role in the organisation.
    pub role: Option<String>,
    /// Mail addresses.
    pub emails: Vec<Detail>,
    /// Phone numbers.
    pub phones: Vec<Detail>,
    /// Postal addresses.
    pub addresses: Vec<Detail>,
    /// Web pages.
    pub urls: Vec<Detail>,
    /// Notes.
    pub note: Option<String>,
    /// Birthday.
    pub birthday: Option<Birthday>,
    /// Anniversary.
    pub anniversary: Option<Birthday>,
    /// Categories.
    pub categories: Vec<String>,
    /// Picture.
    pub photo: Option<Photo>,
    /// If the card is a group, not a person.
    pub group: Option<Group>,
    /// Properties that are none of the above, by name; several values of a name are joined by line ends.
    pub other: Vec<(String, String)>,
}

/// What is read into fields of its own, or says nothing about the person.
const KNOWN: &[&str] = &[
    "VERSION",
    "PRODID",
    "UID",
    "REV",
    "FN",
    "N",
    "NICKNAME",
    "ORG",
    "TITLE",
    "ROLE",
    "EMAIL",
    "TEL",
    "ADR",
    "URL",
    "NOTE",
    "BDAY",
    "ANNIVERSARY",
    "CATEGORIES",
    "PHOTO",
    "LOGO",
    "SOUND",
    "KEY",
    "KIND",
    "MEMBER",
    "X-ADDRESSBOOKSERVER-KIND",
    "X-ADDRESSBOOKSERVER-MEMBER",
    "X-ABLABEL",
    "X-ABADR",
    "LABEL",
    "SORT-STRING",
];

pub(super) fn read(card: &Component) -> Contact {
    let text = |name: &str| {
        card.property(name)
            .map(value::text)
            .filter(|text| !text.trim().is_empty())
    };
    let all = |name: &str| -> Vec<String> { card.properties_named(name).flat_map(value::texts).collect() };
    let name = card.property("N").map(|property| {
        let mut parts = value::components(property).into_iter();
        let mut next = || parts.next().unwrap_or_default();
        PersonName {
            family: next(),
            given: next(),
            additional: next(),
            prefix: next(),
            suffix: next(),
        }
    });
    let name = name.filter(|name| *name != PersonName::default());
    let organization = card.property("ORG").map(|property| {
        let units = value::components(property);
        units
            .into_iter()
            .filter(|unit| !unit.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    });
    let organization = organization.filter(|text| !text.is_empty());
    let emails = details(card, "EMAIL");
    let phones = details(card, "TEL");
    let full_name = text("FN")
        .or_else(|| name.as_ref().map(PersonName::shown).filter(|name| !name.is_empty()))
        .or_else(|| text("NICKNAME"))
        .or_else(|| organization.clone())
        .or_else(|| emails.first().map(|email| email.value.clone()))
        .or_else(|| phones.first().map(|phone| phone.value.clone()))
        .unwrap_or_default();
    Contact {
        uid: text("UID").unwrap_or_default(),
        full_name,
        name,
        nicknames: all("NICKNAME"),
        organization,
        title: text("TITLE"),
        role: text("ROLE"),
        emails,
        phones,
        addresses: details(card, "ADR"),
        urls: details(card, "URL"),
        note: text("NOTE"),
        birthday: card.property("BDAY").and_then(Birthday::read),
        anniversary: card
            .property("ANNIVERSARY")
            .or_else(|| card.property("X-ANNIVERSARY"))
            .and_then(Birthday::read),
        categories: all("CATEGORIES"),
        photo: card.properties_named("PHOTO").find_map(Photo::read),
        group: Group::read(card),
        other: other(card),
    }
}

impl PersonName {
    /// In the order in which it is said.
    pub fn shown(&self) -> String {
        let parts = [&self.prefix, &self.given, &self.additional, &self.family, &self.suffix];
        let parts: Vec<&str> = parts
            .into_iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        parts.join(" ")
    }
}

fn other(card: &Component) -> Vec<(String, String)> {
    let mut other: Vec<(String, String)> = Vec::new();
    for property in card.properties() {
        if KNOWN.iter().any(|known| property.is(known)) {
            continue;
        }
        let name = property.name().to_ascii_uppercase();
        let text = value::text(property);
        match other.iter_mut().find(|(known, _)| *known == name) {
            Some((_, texts)) => {
                texts.push('\n');
                texts.push_str(&text);
            }
            None => other.push((name, text)),
        }
    }
    other
}

fn details(card: &Component, name: &str) -> Vec<Detail> {
    card.properties_named(name)
        .map(|property| detail(card, property))
        .filter(|detail| !detail.value.is_empty())
        .collect()
}

/// What a property of the kind `EMAIL`, `TEL`, `ADR`, `URL` says.
pub(super) fn detail(card: &Component, property: &Property) -> Detail {
    let mut kinds = kinds(property);
    let preferred =
        kinds.iter().any(|kind| kind == "pref") || property.parameter("PREF").is_some_and(|pref| pref == "1");
    kinds.retain(|kind| kind != "pref");
    let (value, components) = if property.is("ADR") {
        let parts = value::components(property);
        let shown: Vec<&str> = parts
            .iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        (shown.join(", "), Some(parts))
    } else {
        let text = value::text(property);
        let is_uri = property
            .parameter("VALUE")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("uri"));
        let text = match text.strip_prefix("tel:").or_else(|| text.strip_prefix("mailto:")) {
            Some(bare) if is_uri && !property.is("URL") => bare.to_owned(),
            _ => text,
        };
        (text, None)
    };
    Detail {
        kind: kinds.join(","),
        value,
        label: label(card, property),
        preferred,
        components,
    }
}

/// Types in lower case. `TYPE=a,b`, `TYPE="a,b"` and repeated ones are the same.
pub(super) fn kinds(property: &Property) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for kind in property.parameter_values("TYPE").flat_map(|values| values.split(',')) {
        let kind = kind.trim().to_ascii_lowercase();
        // `INTERNET` is said of every mail address, and encodings of 2.1 may stand here too.
        let says_nothing = matches!(kind.as_str(), "" | "internet" | "quoted-printable" | "base64");
        if !says_nothing && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

fn label(card: &Component, property: &Property) -> Option<String> {
    let group = property.group()?;
    let label = card
        .properties_named("X-ABLabel")
        .find(|label| label.group().is_some_and(|other| other.eq_ignore_ascii_case(group)))
        .map(value::text)?;
    // Apple's programs write their own words for common labels so: `_$!<Home>!$_`.
    let label = label
        .strip_prefix("_$!<")
        .and_then(|inner| inner.strip_suffix(">!$_"))
        .unwrap_or(&label)
        .to_owned();
    (!label.is_empty()).then_some(label)
}
