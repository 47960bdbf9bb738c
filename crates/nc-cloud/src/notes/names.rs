//! Titles and categories as names of files and folders.

/// Longest title, in characters (P67).
const MAX_TITLE_CHARS: usize = 100;

/// Longest name, in bytes, that leaves room for a number and an ending within the 250 of a file name.
const MAX_NAME_BYTES: usize = 220;

/// The title of a note without one.
const UNTITLED: &str = "New note";

/// Endings of files that are notes, whatever the setting for new ones.
const SUFFIXES: [&str; 5] = ["md", "txt", "org", "markdown", "note"];

/// The title that a wish becomes: one line, without characters that some system forbids in names, cut to length.
pub(super) fn title(wish: &str) -> String {
    let name = safe(wish);
    if name.is_empty() { UNTITLED.to_owned() } else { name }
}

/// The folders that a category becomes. What is no name (`..`, nothing) vanishes, so no category leads out of the notes.
pub(super) fn category(wish: &str) -> Vec<String> {
    wish.split('/').map(safe).filter(|name| !name.is_empty()).collect()
}

fn safe(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !"*|/\\:\"<>?".contains(*c))
        .collect();
    let joined = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    // Names that begin with a dot are hidden, and `.` and `..` are no names at all.
    let mut name: String = joined
        .trim_start_matches(['.', ' '])
        .chars()
        .take(MAX_TITLE_CHARS)
        .collect();
    while name.len() > MAX_NAME_BYTES {
        name.pop();
    }
    name.trim_end_matches([' ', '.']).to_owned()
}

/// The next title to try when `title` is taken: `Plan`, `Plan (2)`, `Plan (3)`.
pub(super) fn next_title(title: &str) -> String {
    let numbered = title.strip_suffix(')').and_then(|rest| rest.rsplit_once(" ("));
    let numbered = numbered.and_then(|(base, number)| Some((base, number.parse::<u32>().ok()?)));
    match numbered {
        Some((base, number)) if (2..u32::MAX).contains(&number) => format!("{base} ({})", number + 1),
        _ => format!("{title} (2)"),
    }
}

/// Takes a file name apart, if it is one of a note: title and ending with its dot.
pub(super) fn split<'a>(name: &'a str, own_suffix: &str) -> Option<(&'a str, &'a str)> {
    if name.starts_with('.') {
        return None;
    }
    if let Some(title) = name.strip_suffix(own_suffix).filter(|title| !title.is_empty()) {
        return Some((title, &name[title.len()..]));
    }
    let (title, ending) = name.rsplit_once('.')?;
    let known = SUFFIXES.iter().any(|suffix| ending.eq_ignore_ascii_case(suffix));
    (known && !title.is_empty()).then(|| (title, &name[title.len()..]))
}

/// The ending for new notes that a wish becomes: a dot and some letters or digits.
pub(super) fn suffix(wish: &str) -> Option<String> {
    let rest: String = wish.trim().trim_start_matches('.').to_owned();
    let usable =
        (1..=20).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    // The cloud stores no such file.
    let storable = !matches!(rest.as_str(), "part" | "filepart");
    (usable && storable).then(|| format!(".{rest}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::content::check_storable;

    #[test]
    fn titles_are_made_storable_as_recorded() {
        assert_eq!(title(""), "New note");
        assert_eq!(title("  a/b: c\n*d* ?  "), "ab c d");
        assert_eq!(title("..hidden"), "hidden");
        assert_eq!(title("🎉 Party"), "🎉 Party");
        assert_eq!(title(&"L".repeat(300)), "L".repeat(100));
        assert_eq!(category("../outside"), ["outside"]);
        assert_eq!(category("/Work//Projects/Ümlaut/"), ["Work", "Projects", "Ümlaut"]);
        assert_eq!(category(""), [""; 0]);
    }

    #[test]
    fn taken_titles_are_counted_on() {
        assert_eq!(next_title("Plan"), "Plan (2)");
        assert_eq!(next_title("Plan (2)"), "Plan (3)");
        assert_eq!(next_title("Plan (9)"), "Plan (10)");
        assert_eq!(next_title("Year (x)"), "Year (x) (2)");
    }

    #[test]
    fn notes_are_told_from_other_files() {
        assert_eq!(split("a.b.md", ".md"), Some(("a.b", ".md")));
        assert_eq!(split("a.TXT", ".md"), Some(("a", ".TXT")));
        assert_eq!(split("a.org", ".journal"), Some(("a", ".org")));
        assert_eq!(split("a.journal", ".journal"), Some(("a", ".journal")));
        for name in ["a.png", "md", ".md", ".hidden.md", "a"] {
            assert_eq!(split(name, ".md"), None, "{name}");
        }
        assert_eq!(suffix("txt"), Some(".txt".to_owned()));
        for wish in ["", ".", "a/b", ".part", "ä"] {
            assert_eq!(suffix(wish), None, "{wish}");
        }
    }

    proptest! {
        #[test]
        fn every_title_can_be_stored_and_read_back(wish in any::<String>()) {
            let title = title(&wish);
            let name = format!("{}.md", next_title(&next_title(&title)));
            prop_assert!(check_storable(&name).is_ok(), "{:?}", name);
            let file = format!("{title}.md");
            prop_assert_eq!(split(&file, ".md"), Some((title.as_str(), ".md")));
            for folder in category(&wish) {
                prop_assert!(check_storable(&folder).is_ok() || folder.ends_with("part"), "{:?}", folder);
            }
        }
    }
}
