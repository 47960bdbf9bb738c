//! Comma-separated values and their kin (RFC 4180) as a table.

use crate::{
    ExtractError, Extracted, Format, Limits,
    markdown::{cell, table_row},
    pages::Pages,
    text,
};

/// Columns that are shown.
const MOST_COLUMNS: usize = 200;
/// Lines that tell which character separates.
const TELLING_LINES: usize = 20;
/// Bytes in which these lines are looked for.
const TELLING_BYTES: usize = 64 << 10;

pub(crate) fn read(bytes: &[u8], format: Format, mut pages: Pages, limits: &Limits) -> Result<Extracted, ExtractError> {
    let decoded = text::decode(bytes, None);
    pages.encoding = Some(decoded.encoding.to_owned());
    if let Some(note) = decoded.note {
        pages.note(note);
    }
    let separator = if format == Format::Tsv {
        '\t'
    } else {
        separator(&decoded.text)
    };
    let name = if separator == '\t' {
        "tab".to_owned()
    } else {
        separator.to_string()
    };
    pages.about("separator", &name);
    let mut rows = Rows::new(&decoded.text, separator);
    let mut table = String::new();
    let Some(head) = rows.next() else {
        return pages.finish_whole("", limits);
    };
    // Rows may be longer than the first one; how much so is known after some of them.
    let some: Vec<Vec<String>> = rows.by_ref().take(100).collect();
    let widest = some.iter().map(Vec::len).max().unwrap_or(0).max(head.len());
    let columns = widest.min(MOST_COLUMNS);
    if widest > MOST_COLUMNS {
        pages.note(format!("of {widest} columns the first {MOST_COLUMNS} are shown"));
    }
    table_row(&mut table, &cells(&head), columns);
    table.push('|');
    table.push_str(&" --- |".repeat(columns));
    table.push('\n');
    let mut longer = false;
    for row in some.into_iter().chain(rows) {
        longer |= row.len() > columns;
        table_row(&mut table, &cells(&row), columns);
        if table.len() > limits.markdown_bytes {
            break;
        }
    }
    if longer && widest <= MOST_COLUMNS {
        pages.note("some rows have more cells than the table has columns; those cells are left out");
    }
    pages.finish_whole(&table, limits)
}

fn cells(row: &[String]) -> Vec<String> {
    row.iter().take(MOST_COLUMNS).map(|text| cell(text)).collect()
}

/// The character that stands most evenly in the first lines.
fn separator(text: &str) -> char {
    let text = &text[..text.floor_char_boundary(TELLING_BYTES)];
    let mut best = (',', 0);
    for candidate in [',', ';', '\t', '|'] {
        let widths: Vec<usize> = Rows::new(text, candidate)
            .take(TELLING_LINES)
            .map(|row| row.len())
            .collect();
        let first = widths.first().copied().unwrap_or(0);
        let even = widths.iter().filter(|width| **width == first).count();
        let score = if first > 1 { even * 1000 + first.min(999) } else { 0 };
        if score > best.1 {
            best = (candidate, score);
        }
    }
    best.0
}

/// The rows of a text, one after the other. Nothing is refused: what is not closed ends with the text.
struct Rows<'a> {
    rest: &'a str,
    separator: char,
}

impl<'a> Rows<'a> {
    const fn new(text: &'a str, separator: char) -> Self {
        Self { rest: text, separator }
    }

    /// One value, and whether the row ends behind it.
    fn value(&mut self) -> (String, bool) {
        let mut value = String::new();
        let mut characters = self.rest.char_indices().peekable();
        let mut quoted = false;
        if let Some((_, '"')) = characters.peek() {
            quoted = true;
            characters.next();
        }
        while let Some((at, character)) = characters.next() {
            if quoted {
                match (character, characters.peek()) {
                    ('"', Some((_, '"'))) => {
                        value.push('"');
                        characters.next();
                    }
                    ('"', _) => quoted = false,
                    _ => value.push(character),
                }
            } else if character == self.separator {
                self.rest = &self.rest[at + character.len_utf8()..];
                return (value, false);
            } else if matches!(character, '\n' | '\r') {
                let end = at + 1;
                self.rest = &self.rest[end..];
                if character == '\r' {
                    self.rest = self.rest.strip_prefix('\n').unwrap_or(self.rest);
                }
                return (value, true);
            } else {
                value.push(character);
            }
        }
        self.rest = "";
        (value, true)
    }
}

impl Iterator for Rows<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut row = Vec::new();
        loop {
            let (value, ends) = self.value();
            // What is not shown is counted, and not kept.
            row.push(if row.len() < MOST_COLUMNS { value } else { String::new() });
            if ends {
                return Some(row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Wanted;

    fn read_text(bytes: &[u8], format: Format) -> Extracted {
        let limits = Limits::default();
        let pages = Pages::new(format, Wanted::default(), &limits);
        read(bytes, format, pages, &limits).expect("text")
    }

    #[test]
    fn quotes_line_ends_and_separators_in_values_are_kept_apart() {
        let text = "name;note\r\n\"Ada; Countess\";\"first\nsecond \"\"quoted\"\"\"\r\nBob;|\r\n";
        let read = read_text(text.as_bytes(), Format::Csv);
        assert_eq!(
            read.text,
            "| name | note |\n| --- | --- |\n| Ada; Countess | first second \"quoted\" |\n| Bob | \\| |"
        );
        assert_eq!(read.metadata["separator"], ";");
    }

    #[test]
    fn an_empty_table_is_empty_text() {
        assert_eq!(read_text(b"", Format::Csv).text, "");
    }

    #[test]
    fn tabs_separate_where_the_name_says_so() {
        assert_eq!(read_text(b"a,b\tc\n", Format::Tsv).text, "| a,b | c |\n| --- | --- |");
    }

    #[test]
    fn one_very_wide_row_does_not_widen_the_others() {
        let mut text = "a,b\n".to_owned();
        text.push_str(&",".repeat(100_000));
        text.push_str(&"\n1,2".repeat(1000));
        let read = read_text(text.as_bytes(), Format::Csv);
        assert!(
            read.notes.iter().any(|note| note.contains("columns")),
            "{:?}",
            read.notes
        );
    }

    fn quote(value: &str) -> String {
        format!("\"{}\"", value.replace('"', "\"\""))
    }

    proptest! {
        #[test]
        fn values_read_back_as_they_were_written(
            rows in proptest::collection::vec(proptest::collection::vec("[a-z\",;\n\r ß]{0,8}", 1..5), 1..6),
            separator in prop_oneof![Just(','), Just(';'), Just('\t')],
        ) {
            let lines: Vec<String> = rows
                .iter()
                .map(|row| row.iter().map(|value| quote(value)).collect::<Vec<_>>().join(&separator.to_string()))
                .collect();
            let read: Vec<Vec<String>> = Rows::new(&lines.join("\r\n"), separator).collect();
            prop_assert_eq!(read, rows);
        }

        #[test]
        fn nothing_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            read_text(&bytes, Format::Csv);
        }
    }
}
