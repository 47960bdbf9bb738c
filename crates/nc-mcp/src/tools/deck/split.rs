//! Long comments in several parts.

/// Cuts `text` into parts of at most `limit` characters, at ends of lines or words where there are any. Only white space
/// at the cuts is left out.
pub(super) fn split(text: &str, limit: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while let Some((end, _)) = rest.char_indices().nth(limit) {
        // A word may end exactly at the limit.
        let after = rest[end..].chars().next().map_or(end, |next| end + next.len_utf8());
        let window = &rest[..after];
        let cut = window
            .rfind('\n')
            .filter(|place| *place > end / 2)
            .or_else(|| window.rfind(char::is_whitespace))
            .filter(|place| *place > 0)
            .unwrap_or(end);
        parts.push(rest[..cut].trim_end());
        rest = rest[cut..].trim_start();
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::split;

    fn words(text: &str) -> String {
        text.split_whitespace().collect()
    }

    #[test]
    fn nothing_but_white_space_at_the_cuts_is_lost() {
        let texts = [
            "one two three ".repeat(300),
            "x".repeat(2_500),
            format!("{}\n{}", "line ".repeat(150), "é".repeat(1_500)),
            " 日本語 ".repeat(700),
            format!("{} tail", "y".repeat(1_000)),
        ];
        for text in texts {
            let parts = split(&text, 1_000);
            assert!(parts.len() > 1);
            for part in &parts {
                assert!(!part.trim().is_empty() && part.chars().count() <= 1_000);
            }
            assert_eq!(words(&parts.concat()), words(&text));
        }
    }

    #[test]
    fn short_texts_stay_and_words_stay_whole() {
        assert_eq!(split(" short ", 1_000), ["short"]);
        assert_eq!(split("ab cd ef", 5), ["ab cd", "ef"]);
        assert_eq!(split("ab cd ef", 4), ["ab", "cd", "ef"]);
        assert_eq!(split("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(split("  ", 4), Vec::<&str>::new());
    }
}
