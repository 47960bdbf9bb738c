use super::{Birthday, Card, list, value};
use crate::content::{Component, Property, escape};

/// What is wished for a field that may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Wish<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It goes.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T> Wish<T> {
    const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

/// A mail address, phone number, postal address or page, as it shall be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewDetail {
    /// Types, joined by commas; the present ones stay if not given.
    pub kind: Option<String>,
    /// The value. Of a postal address without components it becomes the street.
    pub value: String,
    /// What the person calls it; stays if not given, an empty one goes.
    pub label: Option<String>,
    /// Whether it is the one to use first; stays if not given.
    pub preferred: Option<bool>,
    /// Of a postal address: box, extension, street, city, region, postal code, country.
    pub components: Option<Vec<String>>,
}

/// Which fields of a card change. Lists are given whole; what is in them already keeps its line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactPatch {
    /// Name to show. Cannot go.
    pub full_name: Option<String>,
    /// Family name.
    pub family_name: Wish<String>,
    /// Given name.
    pub given_name: Wish<String>,
    /// Additional names.
    pub additional_names: Wish<String>,
    /// Honorific prefixes.
    pub prefix: Wish<String>,
    /// Honorific suffixes.
    pub suffix: Wish<String>,
    /// What friends say.
    pub nicknames: Option<Vec<String>>,
    /// Name of the organisation; its units stay unless it changes.
    pub organization: Wish<String>,
    /// Job title.
    pub title: Wish<String>,
    /// Role.
    pub role: Wish<String>,
    /// Mail addresses.
    pub emails: Option<Vec<NewDetail>>,
    /// Phone numbers.
    pub phones: Option<Vec<NewDetail>>,
    /// Postal addresses.
    pub addresses: Option<Vec<NewDetail>>,
    /// Pages.
    pub urls: Option<Vec<NewDetail>>,
    /// Notes.
    pub note: Wish<String>,
    /// Birthday.
    pub birthday: Wish<Birthday>,
    /// Anniversary.
    pub anniversary: Wish<Birthday>,
    /// Categories.
    pub categories: Option<Vec<String>>,
    /// Properties by name that have no field of their own; their names begin with `X-` or are known to the RFCs.
    pub other: Vec<(String, Wish<String>)>,
}

/// Why a patch cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// A card needs a name.
    #[error("a contact needs a name to show")]
    NoName,
    /// A field of its own, or no name of a property.
    #[error("{0:?} cannot be set as a property")]
    PropertyName(String),
}

/// Properties that have fields of their own, or that no caller may set.
const NOT_OTHER: &[&str] = &[
    "BEGIN",
    "END",
    "VERSION",
    "UID",
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
    "REV",
    "PRODID",
    "MEMBER",
    "KIND",
];

pub(super) fn apply(card: &mut Card, patch: &ContactPatch) -> Result<(), PatchError> {
    if patch.full_name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(PatchError::NoName);
    }
    for (name, _) in &patch.other {
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_name || NOT_OTHER.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Err(PatchError::PropertyName(name.clone()));
        }
    }
    let version = card.version();
    let had_name = card.root().property("FN").is_some();
    let Some(root) = card.root_mut() else {
        return Ok(());
    };
    if let Some(name) = &patch.full_name {
        set_text(root, "FN", Some(name));
    }
    set_names(root, patch);
    for (name, wish) in [("TITLE", &patch.title), ("ROLE", &patch.role), ("NOTE", &patch.note)] {
        match wish {
            Wish::Keep => {}
            Wish::Clear => set_text(root, name, None),
            Wish::Set(text) => set_text(root, name, Some(text)),
        }
    }
    match &patch.organization {
        Wish::Keep => {}
        Wish::Clear => set_text(root, "ORG", None),
        Wish::Set(text) => set_organization(root, text),
    }
    for (name, texts) in [("NICKNAME", &patch.nicknames), ("CATEGORIES", &patch.categories)] {
        if let Some(texts) = texts {
            set_list(root, name, texts);
        }
    }
    for (name, wanted) in [
        ("EMAIL", &patch.emails),
        ("TEL", &patch.phones),
        ("ADR", &patch.addresses),
        ("URL", &patch.urls),
    ] {
        if let Some(wanted) = wanted {
            list::replace(root, name, wanted, version);
        }
    }
    for (name, wish) in [("BDAY", &patch.birthday), ("ANNIVERSARY", &patch.anniversary)] {
        match (wish, root.property_mut(name)) {
            (Wish::Keep, _) => {}
            (Wish::Clear, _) => set_text(root, name, None),
            (Wish::Set(day), Some(property)) => day.write_to(property, version),
            (Wish::Set(day), None) => {
                let mut property = Property::new(name, "");
                day.write_to(&mut property, version);
                root.add(property);
            }
        }
    }
    for (name, wish) in &patch.other {
        match wish {
            Wish::Keep => {}
            Wish::Clear => set_text(root, name, None),
            Wish::Set(text) => set_text(root, name, Some(text)),
        }
    }
    if !had_name && card.root().property("FN").is_none() {
        // RFC 2426 and 6350 both demand one; a new card is given what it is shown by.
        let shown = card.contact().full_name;
        if shown.is_empty() {
            return Err(PatchError::NoName);
        }
        if let Some(root) = card.root_mut() {
            root.add(Property::text("FN", &shown));
        }
    }
    Ok(())
}

fn set_text(root: &mut Component, name: &str, text: Option<&str>) {
    match (text, root.property_mut(name)) {
        (None, _) => {
            root.remove(name);
        }
        (Some(text), Some(property)) => value::set_text(property, text),
        (Some(text), None) => root.add(Property::text(name, text)),
    }
}

fn set_names(root: &mut Component, patch: &ContactPatch) {
    let wishes = [
        &patch.family_name,
        &patch.given_name,
        &patch.additional_names,
        &patch.prefix,
        &patch.suffix,
    ];
    let wanted: Vec<(usize, &str)> = wishes
        .into_iter()
        .enumerate()
        .filter_map(|(place, wish)| match wish {
            Wish::Keep => None,
            Wish::Clear => Some((place, "")),
            Wish::Set(text) => Some((place, text.as_str())),
        })
        .collect();
    if wanted.is_empty() {
        return;
    }
    if root.property("N").is_none() {
        root.add(Property::new("N", ";;;;"));
    }
    if let Some(property) = root.property_mut("N") {
        value::set_components(property, &wanted);
    }
}

fn set_organization(root: &mut Component, text: &str) {
    let Some(property) = root.property_mut("ORG") else {
        root.add(Property::text("ORG", text));
        return;
    };
    let units = value::components(property);
    let shown: Vec<&str> = units
        .iter()
        .map(String::as_str)
        .filter(|unit| !unit.is_empty())
        .collect();
    if shown.join(", ") != text {
        value::set(property, escape(text));
    }
}

fn set_list(root: &mut Component, name: &str, texts: &[String]) {
    let present: Vec<String> = root.properties_named(name).flat_map(value::texts).collect();
    if present == texts {
        return;
    }
    if texts.is_empty() {
        root.remove(name);
        return;
    }
    let joined = texts.iter().map(|text| escape(text)).collect::<Vec<_>>().join(",");
    let mut property = root.property(name).cloned().unwrap_or_else(|| Property::new(name, ""));
    value::set(&mut property, joined);
    root.set(property);
}

impl ContactPatch {
    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        let wishes = [
            &self.family_name,
            &self.given_name,
            &self.additional_names,
            &self.prefix,
            &self.suffix,
            &self.organization,
            &self.title,
            &self.role,
            &self.note,
        ];
        self.full_name.is_none()
            && wishes.into_iter().all(Wish::is_keep)
            && self.nicknames.is_none()
            && self.emails.is_none()
            && self.phones.is_none()
            && self.addresses.is_none()
            && self.urls.is_none()
            && self.birthday.is_keep()
            && self.anniversary.is_keep()
            && self.categories.is_none()
            && self.other.is_empty()
    }
}
