//! Values of properties, also in the encodings of vCard 2.1.

use crate::content::{Property, escape, split, unescape};

/// Whether the value is in quoted-printable, as vCard 2.1 has it.
fn is_quoted(property: &Property) -> bool {
    let says = |value: &str| value.eq_ignore_ascii_case("QUOTED-PRINTABLE");
    property.parameter_values("ENCODING").any(says) || property.parameter_values("TYPE").any(says)
}

/// The value as the wire means it, still escaped.
fn plain(property: &Property) -> String {
    if !is_quoted(property) {
        return property.value().to_owned();
    }
    let bytes = unquoted(property.value());
    let is_latin = property
        .parameter("CHARSET")
        .is_some_and(|charset| charset.to_ascii_uppercase().starts_with("ISO-8859-1") || charset == "windows-1252");
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if is_latin => error.into_bytes().into_iter().map(char::from).collect(),
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// RFC 2045 §6.7; what is no escape stands for itself.
fn unquoted(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut read = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let octet = (bytes[at] == b'=')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(octet) = octet {
            read.push(octet);
            at += 3;
        } else {
            read.push(bytes[at]);
            at += 1;
        }
    }
    read
}

/// A value as one text.
pub(super) fn text(property: &Property) -> String {
    let text = unescape(&plain(property));
    if text.contains('\r') {
        text.replace("\r\n", "\n")
    } else {
        text
    }
}

/// A value as a list of texts.
pub(super) fn texts(property: &Property) -> Vec<String> {
    split(&plain(property), ',')
        .into_iter()
        .map(unescape)
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .collect()
}

/// A structured value's components, each as one text. Lists inside of a component are joined by commas.
pub(super) fn components(property: &Property) -> Vec<String> {
    split(&plain(property), ';').into_iter().map(unescape).collect()
}

/// Replaces the value by one as the wire has it. Encodings of vCard 2.1 go with what they encoded.
pub(super) fn set(property: &mut Property, value: String) {
    if property.value() == value {
        return;
    }
    if is_quoted(property) {
        property.remove_parameter("ENCODING");
        property.remove_parameter("CHARSET");
        let kept: Vec<String> = property
            .parameter_values("TYPE")
            .filter(|value| !value.eq_ignore_ascii_case("QUOTED-PRINTABLE"))
            .map(str::to_owned)
            .collect();
        if kept.is_empty() {
            property.remove_parameter("TYPE");
        } else {
            property.set_parameter_values("TYPE", kept);
        }
    }
    property.set_value(value);
}

/// Replaces the value by a text, if it says something else.
pub(super) fn set_text(property: &mut Property, wanted: &str) {
    if text(property) != wanted {
        set(property, escape(wanted));
    }
}

/// Replaces single components of a structured value; the others stay as they are written.
pub(super) fn set_components(property: &mut Property, wanted: &[(usize, &str)]) {
    let plain = plain(property);
    let mut parts: Vec<String> = split(&plain, ';').into_iter().map(str::to_owned).collect();
    let mut is_changed = false;
    for (place, text) in wanted {
        if parts.len() <= *place {
            parts.resize(place + 1, String::new());
        }
        if unescape(&parts[*place]) != *text {
            parts[*place] = escape(text);
            is_changed = true;
        }
    }
    if is_changed {
        set(property, parts.join(";"));
    }
}
