//! What a signature covers (RFC 9421 §2).

use http::HeaderName;
use sfv::Item;

use super::{Message, SignatureError};

/// What has to be covered.
pub(super) const MANDATORY: [&str; 4] = ["@method", "@target-uri", "content-digest", "content-length"];

/// The lines of the signature base for `items`, each with its end.
pub(super) fn lines(message: &Message<'_>, items: &[Item]) -> Result<Vec<u8>, SignatureError> {
    let mut base = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for item in items {
        let name = item.bare_item.as_string().ok_or(SignatureError::Malformed)?.as_str();
        // Parameters of components (`req`, `sf`, `key`, …) mean other values than the plain ones; none of them is needed here.
        if !item.params.is_empty() {
            return Err(SignatureError::Component);
        }
        if seen.contains(&name) {
            return Err(SignatureError::Repeated);
        }
        seen.push(name);
        base.extend_from_slice(format!("\"{name}\": ").as_bytes());
        base.extend_from_slice(&value(message, name)?);
        base.push(b'\n');
    }
    Ok(base)
}

/// Whether everything is covered that has to be.
pub(super) fn check_mandatory(items: &[Item]) -> Result<(), SignatureError> {
    let covers = |name: &&str| {
        let named =
            |item: &Item| item.params.is_empty() && item.bare_item.as_string().is_some_and(|own| own.as_str() == *name);
        items.iter().any(named)
    };
    MANDATORY
        .iter()
        .all(covers)
        .then_some(())
        .ok_or(SignatureError::Component)
}

fn value(message: &Message<'_>, name: &str) -> Result<Vec<u8>, SignatureError> {
    let value = match name.strip_prefix('@') {
        Some(derived) => derived_value(message, derived)?.into_bytes(),
        None => field_value(message, name)?,
    };
    let is_line = |byte: &u8| !matches!(byte, b'\r' | b'\n' | 0);
    value
        .iter()
        .all(is_line)
        .then_some(value)
        .ok_or(SignatureError::Component)
}

/// RFC 9421 §2.2, what requests have.
fn derived_value(message: &Message<'_>, name: &str) -> Result<String, SignatureError> {
    let (scheme, authority, rest) = message.target()?;
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    let path = if path.is_empty() { "/" } else { path };
    Ok(match name {
        "method" => message.method.to_owned(),
        "target-uri" => message.target_uri.to_owned(),
        "scheme" => scheme.to_ascii_lowercase(),
        "authority" => {
            let usual = if scheme == "http" { ":80" } else { ":443" };
            let authority = authority.to_ascii_lowercase();
            authority.strip_suffix(usual).map_or(authority.clone(), str::to_owned)
        }
        "path" => path.to_owned(),
        "query" => format!("?{}", query.unwrap_or_default()),
        "request-target" => match query {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        },
        _ => return Err(SignatureError::Component),
    })
}

/// RFC 9421 §2.1: all lines, trimmed, with a comma and a space between them.
fn field_value(message: &Message<'_>, name: &str) -> Result<Vec<u8>, SignatureError> {
    let is_lower = name.bytes().all(|byte| !byte.is_ascii_uppercase());
    let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| SignatureError::Component)?;
    let mut lines = message.headers.get_all(header).iter().peekable();
    if !is_lower || lines.peek().is_none() {
        return Err(SignatureError::Component);
    }
    let lines: Vec<&[u8]> = lines.map(|line| line.as_bytes().trim_ascii()).collect();
    Ok(lines.join(&b", "[..]))
}
