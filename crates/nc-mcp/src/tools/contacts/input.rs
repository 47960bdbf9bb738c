//! The fields of a contact as callers write them: `contact_data`.
//!
//! Prompts in the wild use several spellings, those of results and those of vCard. All are read; what is none of them is
//! refused with the nearest name, so that nothing of a contact is lost in silence.

use std::collections::BTreeMap;

use nc_mcp_kit::{Failure, ToolError};
use nc_proto::vcard::{Birthday, ContactPatch, NewDetail, Wish};
use schemars::JsonSchema;
use serde_json::{Map, Value};

/// A mail address, phone number, postal address or page.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct DetailData {
    /// Kinds, joined by commas: `home`, `work,cell`.
    r#type: Option<String>,
    /// The value. Of a postal address without components it is the street.
    value: Option<String>,
    /// What the person calls it.
    label: Option<String>,
    /// Whether it is to be used first.
    preferred: Option<bool>,
    /// Of a postal address: box, extension, street, city, region, postal code, country.
    components: Option<Vec<String>>,
}

// As `DetailData`. Its fields are told once, at the mail addresses, because every list of tools carries them.
#[derive(JsonSchema)]
pub(super) struct SameDetail {}

/// The fields of a contact.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct ContactData {
    /// Name to show.
    r#fn: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    additional_names: Option<String>,
    prefix: Option<String>,
    suffix: Option<String>,
    nicknames: Option<Vec<String>>,
    organization: Option<String>,
    title: Option<String>,
    role: Option<String>,
    /// All mail addresses. Also `email`, with one or several texts.
    emails: Option<Vec<DetailData>>,
    /// All phone numbers, with the fields of `emails`. Also `tel`.
    phones: Option<Vec<SameDetail>>,
    /// All postal addresses, with the fields of `emails`.
    addresses: Option<Vec<SameDetail>>,
    /// All web pages, with the fields of `emails`. Also `url`.
    urls: Option<Vec<SameDetail>>,
    note: Option<String>,
    /// `YYYY-MM-DD`, or `--MM-DD` if the year is not known.
    birthday: Option<String>,
    /// As `birthday`.
    anniversary: Option<String>,
    categories: Option<Vec<String>>,
    /// Other properties of the card by their names, such as `X-PET`.
    custom_fields: Option<BTreeMap<String, String>>,
}

/// Most entries of a list, and most characters of a text, so that a card stays one that clients open.
const MOST_ENTRIES: usize = 100;
const LONGEST_TEXT: usize = 100_000;

/// Other spellings and the field that is meant.
const SPELLINGS: &[(&str, &str)] = &[
    ("name", "fn"),
    ("full_name", "fn"),
    ("first_name", "given_name"),
    ("last_name", "family_name"),
    ("nickname", "nicknames"),
    ("org", "organization"),
    ("organisation", "organization"),
    ("company", "organization"),
    ("job_title", "title"),
    ("email", "emails"),
    ("tel", "phones"),
    ("phone", "phones"),
    ("phone_numbers", "phones"),
    ("adr", "addresses"),
    ("address", "addresses"),
    ("url", "urls"),
    ("website", "urls"),
    ("notes", "note"),
    ("bday", "birthday"),
    ("category", "categories"),
];

/// Reads the fields.
pub(super) fn patch(data: &Map<String, Value>) -> Result<ContactPatch, Failure> {
    let mut patch = ContactPatch::default();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (given, value) in data {
        let lower = given.to_ascii_lowercase();
        let field = SPELLINGS
            .iter()
            .find(|(spelling, _)| *spelling == lower)
            .map_or(lower, |(_, field)| (*field).to_owned());
        if let Some(other) = seen.insert(field.clone(), given) {
            return Err(wrong(given, &format!("says the same as {other:?}; give one of them")));
        }
        match field.as_str() {
            "fn" => patch.full_name = Some(text(given, value)?.unwrap_or_default()),
            "given_name" => patch.given_name = wish(text(given, value)?),
            "family_name" => patch.family_name = wish(text(given, value)?),
            "additional_names" => patch.additional_names = wish(text(given, value)?),
            "prefix" => patch.prefix = wish(text(given, value)?),
            "suffix" => patch.suffix = wish(text(given, value)?),
            "organization" => patch.organization = wish(text(given, value)?),
            "title" => patch.title = wish(text(given, value)?),
            "role" => patch.role = wish(text(given, value)?),
            "note" => patch.note = wish(text(given, value)?),
            "nicknames" => patch.nicknames = Some(texts(given, value)?),
            "categories" => patch.categories = Some(texts(given, value)?),
            "emails" => patch.emails = Some(details(given, value)?),
            "phones" => patch.phones = Some(details(given, value)?),
            "addresses" => patch.addresses = Some(details(given, value)?),
            "urls" => patch.urls = Some(details(given, value)?),
            "birthday" => patch.birthday = birthday(given, value)?,
            "anniversary" => patch.anniversary = birthday(given, value)?,
            "custom_fields" => patch.other = custom(given, value)?,
            _ => return Err(unknown(given)),
        }
    }
    Ok(patch)
}

fn wrong(field: &str, what: &str) -> Failure {
    ToolError::invalid_argument(format!("argument `contact_data`: {field:?} {what}")).into()
}

fn unknown(given: &str) -> Failure {
    const FIELDS: [&str; 19] = [
        "fn",
        "given_name",
        "family_name",
        "additional_names",
        "prefix",
        "suffix",
        "nicknames",
        "organization",
        "title",
        "role",
        "emails",
        "phones",
        "addresses",
        "urls",
        "note",
        "birthday",
        "anniversary",
        "categories",
        "custom_fields",
    ];
    wrong(
        given,
        &format!(
            "is no field of a contact; known are {}. Other properties go into custom_fields",
            FIELDS.join(", ")
        ),
    )
}

fn wish<T>(value: Option<T>) -> Wish<T> {
    value.map_or(Wish::Clear, Wish::Set)
}

/// A text; null and the empty text are none.
fn text(field: &str, value: &Value) -> Result<Option<String>, Failure> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.chars().count() > LONGEST_TEXT => Err(wrong(field, "is too long")),
        Value::String(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Err(wrong(field, "must be a text or null")),
    }
}

/// One or several texts; a text with commas is several.
fn texts(field: &str, value: &Value) -> Result<Vec<String>, Failure> {
    let list: Vec<Value> = match value {
        Value::Null => Vec::new(),
        Value::String(joined) => joined.split(',').map(|part| Value::String(part.to_owned())).collect(),
        Value::Array(list) => list.clone(),
        _ => return Err(wrong(field, "must be a list of texts or null")),
    };
    check_length(field, list.len())?;
    let mut texts = Vec::with_capacity(list.len());
    for value in &list {
        texts.extend(text(field, value)?);
    }
    Ok(texts)
}

fn check_length(field: &str, entries: usize) -> Result<(), Failure> {
    if entries > MOST_ENTRIES {
        return Err(wrong(field, "has more than 100 entries"));
    }
    Ok(())
}

fn details(field: &str, value: &Value) -> Result<Vec<NewDetail>, Failure> {
    let list: Vec<&Value> = match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list.iter().collect(),
        single => vec![single],
    };
    check_length(field, list.len())?;
    let mut details = Vec::with_capacity(list.len());
    for value in list {
        details.push(detail(field, value)?);
    }
    Ok(details)
}

fn detail(field: &str, value: &Value) -> Result<NewDetail, Failure> {
    let Value::Object(object) = value else {
        let value = text(field, value)?.ok_or_else(|| wrong(field, "has an entry without value"))?;
        return Ok(NewDetail {
            value,
            ..NewDetail::default()
        });
    };
    let mut detail = NewDetail::default();
    for (name, value) in object {
        match name.to_ascii_lowercase().as_str() {
            "value" => detail.value = text(field, value)?.unwrap_or_default(),
            "type" | "kind" => detail.kind = Some(kinds(field, value)?),
            "label" => detail.label = Some(text(field, value)?.unwrap_or_default()),
            "preferred" => match value {
                Value::Bool(preferred) => detail.preferred = Some(*preferred),
                Value::Null => {}
                _ => {
                    return Err(wrong(
                        field,
                        "has an entry whose \"preferred\" is neither true nor false",
                    ));
                }
            },
            "components" => detail.components = components(field, value)?,
            other => {
                let what = format!(
                    "has an entry with {other:?}; an entry has value, type, label, preferred and, for addresses, components"
                );
                return Err(wrong(field, &what));
            }
        }
    }
    if detail.value.is_empty() && detail.components.is_none() {
        return Err(wrong(field, "has an entry without value"));
    }
    if field.starts_with("adr") || field.starts_with("address") {
        return Ok(detail);
    }
    if detail
        .components
        .as_ref()
        .is_some_and(|parts| parts.iter().any(|part| !part.is_empty()))
    {
        return Err(wrong(
            field,
            "has an entry with \"components\", which only postal addresses have",
        ));
    }
    detail.components = None;
    Ok(detail)
}

/// Types: one text, or a list of them. They become parameters, so only letters, digits, `-` and commas may be in them.
fn kinds(field: &str, value: &Value) -> Result<String, Failure> {
    let kinds = texts(field, value)?.join(",");
    let is_plain = kinds
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | ',' | ' '));
    if is_plain {
        Ok(kinds)
    } else {
        Err(wrong(
            field,
            "has a type with other characters than letters, digits and -; use label for own words",
        ))
    }
}

fn components(field: &str, value: &Value) -> Result<Option<Vec<String>>, Failure> {
    let Value::Array(list) = value else {
        return match value {
            Value::Null => Ok(None),
            _ => Err(wrong(field, "has an entry whose components are no list")),
        };
    };
    if list.len() > 7 {
        return Err(wrong(
            field,
            "has more than 7 components: box, extension, street, city, region, postal code, country",
        ));
    }
    let mut parts = Vec::with_capacity(7);
    for part in list {
        parts.push(text(field, part)?.unwrap_or_default());
    }
    parts.resize(7, String::new());
    Ok(Some(parts))
}

fn birthday(field: &str, value: &Value) -> Result<Wish<Birthday>, Failure> {
    match text(field, value)? {
        None => Ok(Wish::Clear),
        Some(text) => Birthday::parse(&text)
            .map(Wish::Set)
            .ok_or_else(|| wrong(field, "must be a day as YYYY-MM-DD, or as --MM-DD without a year")),
    }
}

fn custom(field: &str, value: &Value) -> Result<Vec<(String, Wish<String>)>, Failure> {
    let object = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Object(object) => object,
        _ => return Err(wrong(field, "must be an object of texts by property name")),
    };
    check_length(field, object.len())?;
    let mut fields = Vec::with_capacity(object.len());
    for (name, value) in object {
        fields.push((name.to_ascii_uppercase(), wish(text(name, value)?)));
    }
    Ok(fields)
}
