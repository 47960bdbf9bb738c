//! Text blocks: the same JSON as the structured result, with invisible characters made visible.

use std::fmt::Write as _;

use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock};
use serde::Serialize;

use crate::Failure;

/// Characters that change how text reads without being seen: zero width, direction overrides, tags, and the variation
/// selectors beyond those of emoji, which can carry a hidden text behind one letter.
/// The joiners U+200C and U+200D stay: Persian and emoji need them.
const fn is_deceptive(character: char) -> bool {
    matches!(character,
        '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}' | '\u{E0100}'..='\u{E01EF}'
        | '\u{80}'..='\u{9F}' | '\u{7F}')
}

/// Writes deceptive characters as JSON escapes. JSON stays the same JSON; a reader sees what is there.
pub(crate) fn visible(text: &str) -> String {
    if !text.chars().any(is_deceptive) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_deceptive(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

/// A successful result: structured content, and the same JSON as the first text block for clients that read only that.
///
/// # Errors
/// [`Failure::Internal`] when the value cannot be written as JSON.
pub fn structured<T: Serialize>(value: &T) -> Result<CallToolResponse, Failure> {
    let value = serde_json::to_value(value).map_err(|error| Failure::Internal(error.to_string()))?;
    let text = visible(&value.to_string());
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(value);
    Ok(result.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_is_the_same_json() {
        let value = serde_json::json!({ "name": "invoice\u{202E}fdp.exe", "tag": "a\u{E0041}b\u{E0120}\u{61C}", "emoji": "👩‍👩‍👧" });
        let text = visible(&value.to_string());
        assert!(text.contains("\\u202e") && text.contains("👩‍👩‍👧"), "{text}");
        assert!(!text.chars().any(is_deceptive));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), value);
    }
}
