/// Why a share cannot be called that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, `.` or `..`.
    #[error("the name is empty or stands for a folder")]
    Special,
    /// A slash, backslash or control character.
    #[error("the name holds a character that is not allowed")]
    Character,
    /// More than 255 bytes.
    #[error("the name is too long")]
    TooLong,
}

/// The name under which a share may appear. One slash before it is left out, for Nextcloud writes one; so are marks that change
/// the direction of text, which make `gnp.exe` look like `exe.png`.
pub fn clean_name(name: &str) -> Result<String, NameError> {
    let name = name.strip_prefix('/').unwrap_or(name);
    if name.len() > 255 {
        return Err(NameError::TooLong);
    }
    let is_bad = |character: char| matches!(character, '/' | '\\') || character.is_control();
    if name.chars().any(is_bad) {
        return Err(NameError::Character);
    }
    let name: String = name.chars().filter(|character| !is_direction(*character)).collect();
    if matches!(name.trim(), "" | "." | "..") {
        return Err(NameError::Special);
    }
    Ok(name)
}

/// A stranger's text on one line of at most `max_chars` characters, without control characters and marks of direction.
pub fn clean_text(text: &str, max_chars: usize) -> String {
    let cleaned = text.chars().filter(|character| !is_direction(*character));
    let spaced = cleaned.map(|character| if character.is_control() { ' ' } else { character });
    let cut: String = spaced.take(max_chars).collect();
    cut.trim().to_owned()
}

/// Marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX #9 §2).
const fn is_direction(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ocm_n098_names_that_lead_elsewhere_or_deceive_are_refused_or_cleaned() {
        for (name, clean) in [
            ("/report.pdf", "report.pdf"),
            ("plan 2026.odt", "plan 2026.odt"),
            ("ph\u{202e}gnp.exe", "phgnp.exe"),
            ("\u{2066}a\u{2069}", "a"),
            ("...", "..."),
        ] {
            assert_eq!(clean_name(name).as_deref(), Ok(clean), "{name:?}");
        }
        for bad in ["", "/", ".", "..", "/..", " .. ", "\u{200f}", "..\u{202e}", " "] {
            assert_eq!(clean_name(bad), Err(NameError::Special), "{bad:?}");
        }
        for bad in ["a/b", "//a", "a\\b", "a\0", "a\nb", "a\u{7f}", "a\u{85}", "../x", "a/"] {
            assert_eq!(clean_name(bad), Err(NameError::Character), "{bad:?}");
        }
        assert!(clean_name(&"ö".repeat(127)).is_ok());
        assert_eq!(clean_name(&"ö".repeat(128)), Err(NameError::TooLong));
        assert_eq!(clean_name(&"x".repeat(10_000)), Err(NameError::TooLong));
    }

    #[test]
    fn text_of_strangers_stays_on_one_line() {
        assert_eq!(clean_text(" Bob\r\nX-Evil: 1\u{202e} ", 100), "Bob  X-Evil: 1");
        assert_eq!(clean_text("ööö", 2), "öö");
    }

    proptest! {
        #[test]
        fn a_clean_name_stays_as_it_is(name in "\\PC{0,12}") {
            if let Ok(clean) = clean_name(&name) {
                prop_assert_eq!(clean_name(&clean), Ok(clean));
            }
        }
    }
}
