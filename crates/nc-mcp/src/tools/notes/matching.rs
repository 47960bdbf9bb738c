//! Which notes match a search, how well, and where.

use nc_client::NoteEntry;

/// Characters of a note shown around a hit.
const EXCERPT_LENGTH: usize = 160;

/// How well `note` matches when it holds every word: a word in the title counts most, then category, then text.
pub(super) fn matches(note: &NoteEntry, words: &[String]) -> Option<(f64, Option<String>)> {
    let title = note.title.to_lowercase();
    let category = note.category.to_lowercase();
    let text = note.content.as_deref().unwrap_or_default().to_lowercase();
    let mut score = 0.0;
    for word in words {
        let in_text = text.matches(word.as_str()).take(10).count();
        let mut points = f64::from(u8::try_from(in_text).unwrap_or(10)) / 10.0;
        if title.contains(word.as_str()) {
            points += 3.0;
        }
        if category.contains(word.as_str()) {
            points += 1.0;
        }
        if points == 0.0 {
            return None;
        }
        score += points;
    }
    let words_count = u32::try_from(words.len()).unwrap_or(u32::MAX);
    let score = score / (5.0 * f64::from(words_count));
    let excerpt = note.content.as_deref().and_then(|content| excerpt(content, &words[0]));
    Some(((score * 1000.0).round() / 1000.0, excerpt))
}

/// The text around the first match, on one line.
fn excerpt(content: &str, word: &str) -> Option<String> {
    let lower = content.to_lowercase();
    let place = lower.find(word)?;
    // Lower case can change lengths, so the place is counted in characters and may be a little off.
    let skip = lower[..place].chars().count().saturating_sub(EXCERPT_LENGTH / 4);
    let cut: String = content.chars().skip(skip).take(EXCERPT_LENGTH).collect();
    let line = cut.split_whitespace().collect::<Vec<_>>().join(" ");
    let before = if skip > 0 { "…" } else { "" };
    let after = if content.chars().count() > skip + EXCERPT_LENGTH {
        "…"
    } else {
        ""
    };
    Some(format!("{before}{line}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(title: &str, content: &str) -> NoteEntry {
        serde_json::from_value(serde_json::json!({ "id": 1, "title": title, "content": content })).expect("note")
    }

    #[test]
    fn every_word_must_be_there_and_titles_count_most() {
        let words = ["milk".to_owned(), "bread".to_owned()];
        assert_eq!(matches(&note("Milk", "eggs"), &words), None);
        let in_title = matches(&note("Milk and bread", ""), &words).expect("match").0;
        let in_text = matches(&note("Shopping", "Bread, MILK"), &words).expect("match").0;
        assert!(in_title > in_text, "{in_title} {in_text}");
    }

    #[test]
    fn an_excerpt_shows_the_place_on_one_line() {
        let content = format!("{}\nfind the Needle\nhere {}", "x ".repeat(200), "y ".repeat(200));
        let excerpt = excerpt(&content, "needle").expect("excerpt");
        assert!(
            excerpt.contains("find the Needle here") && !excerpt.contains('\n'),
            "{excerpt}"
        );
        assert!(excerpt.starts_with('…') && excerpt.ends_with('…'));
        assert!(excerpt.chars().count() <= EXCERPT_LENGTH + 2);
    }
}
