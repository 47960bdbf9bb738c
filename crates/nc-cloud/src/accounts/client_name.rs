use http::{HeaderMap, header};

/// Longest kept name; the rest of an overlong `User-Agent` tells nobody anything.
const MAX_CHARS: usize = 120;

/// How the asking program is called on pages and in lists of app passwords: its `User-Agent` (P163), without characters
/// that could make it look like something else (P184).
pub(crate) fn client_name(headers: &HeaderMap) -> String {
    let agent = headers
        .get(header::USER_AGENT)
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    let name = clean(agent.as_deref().unwrap_or_default());
    if name.is_empty() {
        "unknown program".to_owned()
    } else {
        name
    }
}

/// `text` without control, direction-changing and invisible characters.
pub(crate) fn clean(text: &str) -> String {
    let misleading = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let clean: String = text
        .trim()
        .chars()
        .filter(|c| !misleading(*c))
        .take(MAX_CHARS)
        .collect();
    clean.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_cannot_hide_in_its_name() {
        let name = |agent: &str| client_name(&HeaderMap::from_iter([(header::USER_AGENT, agent.parse().unwrap())]));
        assert_eq!(name(" laptop \u{202e}gnp.exe "), "laptop gnp.exe");
        assert_eq!(name("\u{200b}"), "unknown program");
        assert_eq!(name(&"x".repeat(500)).len(), MAX_CHARS);
        assert_eq!(client_name(&HeaderMap::new()), "unknown program");
    }
}
