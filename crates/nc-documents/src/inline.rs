//! Text within a paragraph, with what is bold and italic.

use crate::markdown;

/// Pieces of a paragraph's text.
#[derive(Default)]
pub(crate) struct Inline {
    spans: Vec<(String, bool, bool)>,
    /// Where a link began, and its address.
    link: Option<(usize, String)>,
}

impl Inline {
    pub(crate) fn push(&mut self, text: &str, bold: bool, italic: bool) {
        let at_link = self.at_link();
        match self.spans.last_mut() {
            Some((last, was_bold, was_italic)) if (*was_bold, *was_italic) == (bold, italic) && !at_link => {
                last.push_str(text);
            }
            _ => self.spans.push((text.to_owned(), bold, italic)),
        }
    }

    fn at_link(&self) -> bool {
        self.link.as_ref().is_some_and(|(start, _)| *start == self.spans.len())
    }

    pub(crate) fn begin_link(&mut self, address: String) {
        self.spans.push((String::new(), false, false));
        self.link = Some((self.spans.len(), address));
    }

    pub(crate) fn end_link(&mut self) {
        let Some((start, address)) = self.link.take() else {
            return;
        };
        let text: String = self
            .spans
            .drain(start.min(self.spans.len())..)
            .map(|(text, ..)| text)
            .collect();
        let text = markdown::link(&text, &address);
        self.spans.push((text, false, false));
        self.spans.push((String::new(), false, false));
    }

    /// The text without marks, as headings have it.
    pub(crate) fn plain(&self) -> String {
        self.spans.iter().map(|(text, ..)| text.as_str()).collect()
    }

    /// The text with marks.
    pub(crate) fn marked(&self) -> String {
        let mut marked = String::new();
        for (text, bold, italic) in &self.spans {
            let words = text.trim();
            let mark = match (bold, italic) {
                (true, true) => "***",
                (true, false) => "**",
                (false, true) => "*",
                (false, false) => "",
            };
            // Marks must touch the words that they mark, and cannot go over lines.
            if mark.is_empty() || words.is_empty() || words.contains('\n') || words.contains('*') {
                marked.push_str(text);
                continue;
            }
            let start = &text[..text.len() - text.trim_start().len()];
            let end = &text[text.trim_end().len()..];
            marked.extend([start, mark, words, mark, end]);
        }
        marked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_touch_words_and_links_have_text() {
        let mut inline = Inline::default();
        inline.push("to the ", false, false);
        inline.push("sou", true, false);
        inline.push("th ", true, false);
        inline.push("wall, ", false, true);
        inline.begin_link("https://example.org/".to_owned());
        inline.push("a page", false, false);
        inline.end_link();
        inline.push("!", false, false);
        assert_eq!(
            inline.marked(),
            "to the **south** *wall,* [a page](https://example.org/)!"
        );
        assert_eq!(inline.plain(), "to the south wall, [a page](https://example.org/)!");
    }
}
