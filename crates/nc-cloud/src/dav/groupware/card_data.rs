//! Cards in the form that was asked for.

use base64::{Engine, prelude::BASE64_STANDARD};
use nc_proto::{
    content::{Component, Document, Entry, Property},
    dav::addressbook::AddressDataRequest,
};

/// The version of vCard that an `Accept` header wants, if it wants one.
pub(super) fn version_of_accept(accept: &str) -> Option<&'static str> {
    let kinds = accept.split(',').map(str::to_ascii_lowercase);
    kinds
        .filter(|kind| kind.trim_start().starts_with("text/vcard"))
        .find_map(|kind| {
            let version = kind
                .split(';')
                .find_map(|part| part.trim().strip_prefix("version=").map(str::to_owned))?;
            match version.trim_matches('"') {
                "4.0" => Some("4.0"),
                "3.0" => Some("3.0"),
                _ => None,
            }
        })
}

/// A card as a report wants it. Clients that say nothing get 3.0, which all of them read, as on Nextcloud.
pub(super) fn select(data: &[u8], wanted: &AddressDataRequest) -> Vec<u8> {
    let version = match wanted.version.as_deref() {
        Some("4.0") => "4.0",
        _ => "3.0",
    };
    let data = convert(data, version);
    let Some(properties) = &wanted.properties else {
        return data;
    };
    let Ok(mut document) = Document::parse(&data) else {
        return data;
    };
    for entry in &mut document.entries {
        if let Entry::Component(card) = entry {
            card.retain(|entry| match entry {
                Entry::Property(property) => {
                    let name = property.name().to_ascii_uppercase();
                    name == "VERSION" || name == "UID" || properties.contains(&name)
                }
                _ => false,
            });
        }
    }
    document.to_bytes()
}

/// A card in another version. One that has that version, or cannot be read, stays as it is.
pub(super) fn convert(data: &[u8], version: &str) -> Vec<u8> {
    let Ok(mut document) = Document::parse(data) else {
        return data.to_vec();
    };
    let Some(card) = document.root_mut() else {
        return data.to_vec();
    };
    let current = card.text("VERSION").unwrap_or_default();
    match (current.trim(), version) {
        ("4.0", "3.0") => to_3(card),
        ("3.0" | "2.1", "4.0") => to_4(card),
        _ => return data.to_vec(),
    }
    document.to_bytes()
}

/// RFC 6350 to RFC 2426, as sabre does it.
fn to_3(card: &mut Component) {
    card.set(Property::new("VERSION", "3.0"));
    for property in card.properties_mut() {
        if property.is("PHOTO") || property.is("LOGO") || property.is("SOUND") {
            photo_to_3(property);
        }
        if property.remove_parameter("PREF") {
            let mut types: Vec<String> = property.parameter_values("TYPE").map(str::to_owned).collect();
            types.push("PREF".to_owned());
            property.set_parameter_values("TYPE", types);
        }
        let renamed = match property.name().to_ascii_uppercase().as_str() {
            "KIND" => Some("X-ADDRESSBOOKSERVER-KIND"),
            "MEMBER" => Some("X-ADDRESSBOOKSERVER-MEMBER"),
            "ANNIVERSARY" => Some("X-ANNIVERSARY"),
            _ => None,
        };
        if let Some(name) = renamed {
            rename(property, name);
        }
    }
    // A person is what a 3.0 card is anyway.
    card.retain(|entry| {
        !matches!(entry, Entry::Property(property)
            if property.is("X-ADDRESSBOOKSERVER-KIND") && property.value().eq_ignore_ascii_case("individual"))
    });
}

/// RFC 2426 to RFC 6350.
fn to_4(card: &mut Component) {
    card.set(Property::new("VERSION", "4.0"));
    for property in card.properties_mut() {
        if property.is("PHOTO") || property.is("LOGO") || property.is("SOUND") {
            photo_to_4(property);
        }
        let types: Vec<String> = property.parameter_values("TYPE").map(str::to_owned).collect();
        if types.iter().any(|kind| kind.eq_ignore_ascii_case("pref")) {
            let others: Vec<String> = types
                .into_iter()
                .filter(|kind| !kind.eq_ignore_ascii_case("pref"))
                .collect();
            if others.is_empty() {
                property.remove_parameter("TYPE");
            } else {
                property.set_parameter_values("TYPE", others);
            }
            property.set_parameter("PREF", "1");
        }
        let renamed = match property.name().to_ascii_uppercase().as_str() {
            "X-ADDRESSBOOKSERVER-KIND" => Some("KIND"),
            "X-ADDRESSBOOKSERVER-MEMBER" => Some("MEMBER"),
            "X-ANNIVERSARY" => Some("ANNIVERSARY"),
            _ => None,
        };
        if let Some(name) = renamed {
            rename(property, name);
        }
    }
}

fn rename(property: &mut Property, name: &str) {
    let mut renamed = Property::new(name, property.value());
    for parameter in property.parameters() {
        let values: Vec<String> = property.parameter_values(&parameter.name).map(str::to_owned).collect();
        renamed.set_parameter_values(&parameter.name, values);
    }
    if let Some(group) = property.group() {
        renamed = renamed.in_group(group);
    }
    *property = renamed;
}

/// `data:image/png;base64,…` to `ENCODING=b;TYPE=PNG`.
fn photo_to_3(property: &mut Property) {
    let value = property.value().to_owned();
    let Some((kind, data)) = value.strip_prefix("data:").and_then(|rest| rest.split_once(',')) else {
        return;
    };
    let Some(kind) = kind.strip_suffix(";base64") else {
        return;
    };
    let short = kind.rsplit('/').next().unwrap_or(kind).to_ascii_uppercase();
    property.remove_parameter("VALUE");
    property.set_parameter("ENCODING", "b");
    property.set_parameter("TYPE", &short);
    property.set_value(data);
}

/// The other way.
fn photo_to_4(property: &mut Property) {
    let is_inline = property
        .parameter("ENCODING")
        .is_some_and(|encoding| ["b", "base64"].iter().any(|known| encoding.eq_ignore_ascii_case(known)));
    if !is_inline {
        return;
    }
    let kind = media_type(property.parameter("TYPE").unwrap_or("jpeg"));
    let value = format!("data:{kind};base64,{}", property.value());
    property.remove_parameter("ENCODING");
    property.remove_parameter("TYPE");
    property.set_value(value);
}

fn media_type(kind: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    match kind.as_str() {
        "jpg" => "image/jpeg".to_owned(),
        kind if kind.contains('/') => kind.to_owned(),
        kind => format!("image/{kind}"),
    }
}

/// The photo that lies in a card: of the kinds that browsers show as pictures and nothing else.
pub(super) fn photo(data: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    let document = Document::parse(data).ok()?;
    let mut photo = document.root()?.property("PHOTO")?.clone();
    photo_to_4(&mut photo);
    let (kind, encoded) = photo.value().strip_prefix("data:")?.split_once(";base64,")?;
    let kind = match kind.to_ascii_lowercase().as_str() {
        "image/png" => "image/png",
        "image/jpeg" | "image/jpg" => "image/jpeg",
        "image/gif" => "image/gif",
        "image/webp" => "image/webp",
        _ => return None,
    };
    let encoded: String = encoded.chars().filter(|c| !c.is_whitespace()).collect();
    Some((kind, BASE64_STANDARD.decode(encoded).ok()?))
}
