//! From letters at places to lines, paragraphs and headings.

use pdf_extract::{MediaBox, OutputDev, OutputError, Transform};

use crate::markdown;

/// How much larger than the text around it a line must be to be a heading.
const HEADING: f64 = 1.15;
/// Lines of one heading are nearer than this, in heights of a letter.
const WITHIN_HEADING: f64 = 1.3;
/// Paragraphs are further apart than this, in heights of a letter.
const BETWEEN_PARAGRAPHS: f64 = 1.6;
/// Longest heading, in bytes.
const LONGEST_HEADING: usize = 160;

/// One line of a page.
struct Line {
    text: String,
    /// Size of its letters.
    size: f64,
    /// How far below the line before it is, in heights of its letters.
    drop: f64,
}

/// Takes the letters of one page.
pub(super) struct Layout {
    lines: Vec<Line>,
    /// Bytes that may still be taken.
    room: usize,
    last_end: f64,
    last_y: f64,
    begins_word: bool,
}

impl Layout {
    pub(super) const fn new(room: usize) -> Self {
        Self {
            lines: Vec::new(),
            room,
            last_end: 0.0,
            last_y: 0.0,
            begins_word: true,
        }
    }

    /// The page as Markdown.
    pub(super) fn into_markdown(self) -> String {
        let usual = self.usual_size();
        let mut text = String::new();
        let mut was_heading = None;
        for line in &self.lines {
            let words = markdown::one_line(&line.text);
            if words.is_empty() {
                continue;
            }
            let level = level(line.size / usual, &words);
            match level {
                Some(level) if was_heading == Some(level) && line.drop < WITHIN_HEADING => {
                    // A heading over two lines.
                    text.push(' ');
                    text.push_str(&words);
                }
                Some(level) => {
                    gap(&mut text);
                    text.push_str(&markdown::heading(level, &words));
                }
                None => {
                    if line.drop > BETWEEN_PARAGRAPHS || was_heading.is_some() {
                        gap(&mut text);
                    } else if !text.is_empty() {
                        text.push('\n');
                    }
                    text.push_str(&markdown::line(&words));
                }
            }
            was_heading = level;
        }
        text
    }

    /// The size of most letters.
    fn usual_size(&self) -> f64 {
        let mut sizes: Vec<(f64, usize)> = Vec::new();
        for line in &self.lines {
            match sizes.iter().position(|(size, _)| (size - line.size).abs() < 0.25) {
                Some(known) => sizes[known].1 += line.text.len(),
                None if sizes.len() < 64 => sizes.push((line.size, line.text.len())),
                None => {}
            }
        }
        sizes
            .into_iter()
            .max_by_key(|(_, letters)| *letters)
            .map_or(1.0, |(size, _)| size.max(0.1))
    }

    fn take(&mut self, x: f64, y: f64, size: f64, letters: &str) {
        let drop = (y - self.last_y).abs();
        let begins_line = self.begins_word
            && (self.lines.is_empty() || drop > size * 1.5 || (x < self.last_end && drop > size * 0.5));
        if begins_line || self.lines.is_empty() {
            self.lines.push(Line {
                text: String::new(),
                size,
                drop: drop / size.max(0.1),
            });
        } else if self.begins_word && x > self.last_end + size * 0.1 {
            self.push(" ");
        }
        self.push(letters);
    }

    fn push(&mut self, letters: &str) {
        if letters.len() > self.room {
            self.room = 0;
            return;
        }
        self.room -= letters.len();
        if let Some(line) = self.lines.last_mut() {
            line.text.push_str(letters);
        }
    }
}

fn gap(text: &mut String) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
}

fn level(ratio: f64, words: &str) -> Option<usize> {
    let is_worded = words.len() <= LONGEST_HEADING && words.chars().any(char::is_alphabetic);
    (is_worded && ratio.is_finite() && ratio >= HEADING).then_some(match ratio {
        _ if ratio >= 1.7 => 1,
        _ if ratio >= 1.35 => 2,
        _ => 3,
    })
}

impl OutputDev for Layout {
    fn begin_page(&mut self, _: u32, _: &MediaBox, _: Option<(f64, f64, f64, f64)>) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn output_character(
        &mut self,
        place: &Transform,
        width: f64,
        _: f64,
        font_size: f64,
        letters: &str,
    ) -> Result<(), OutputError> {
        // The side of a square with the area of the letter's box, as the library's own output measures it.
        let (wide, high) = (
            place.m11.mul_add(font_size, place.m21 * font_size),
            place.m12.mul_add(font_size, place.m22 * font_size),
        );
        let size = (wide * high).abs().sqrt();
        let (x, y) = (place.m31, place.m32);
        self.take(x, y, size, letters);
        self.begins_word = false;
        self.last_y = y;
        self.last_end = width.mul_add(size, x);
        Ok(())
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        self.begins_word = true;
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}
