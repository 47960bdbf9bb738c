//! Pieces of Markdown: text that means nothing but itself, tables, what is cut.

use std::fmt::Write as _;

/// Text as one line, with what Markdown would read as a mark escaped where it would be one.
pub(crate) fn line(text: &str) -> String {
    let text = one_line(text);
    let starts_like_a_mark = text.starts_with(['#', '>', '+', '-', '=']) && text.len() > 1
        || text.split_once(['.', ')']).is_some_and(|(number, rest)| {
            rest.starts_with(' ') && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        });
    let starts_a_list = starts_like_a_mark
        && (text.starts_with('#') || text.starts_with('>') || text.chars().nth(1).is_some_and(char::is_whitespace));
    if starts_a_list { format!("\\{text}") } else { text }
}

/// White space and control characters become one space.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if !line.is_empty() && !word.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// A heading of `level` 1 to 6.
pub(crate) fn heading(level: usize, text: &str) -> String {
    format!("{} {}", "#".repeat(level.clamp(1, 6)), one_line(text))
}

/// Text in a cell of a table.
pub(crate) fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

/// A link, if the address is one that a person could follow.
pub(crate) fn link(text: &str, address: &str) -> String {
    let known = ["https://", "http://", "mailto:"].iter().any(|scheme| {
        address
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    let plain =
        !address.contains(|character: char| character.is_whitespace() || matches!(character, '(' | ')' | '<' | '>'));
    if known && plain && !text.trim().is_empty() && text != address {
        format!("[{}]({address})", text.trim())
    } else {
        text.to_owned()
    }
}

/// Rows as a table; the first one is its head. Empty for no rows.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    if columns == 0 {
        return String::new();
    }
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        table_row(&mut text, row, columns);
        if index == 0 {
            text.push('|');
            text.push_str(&" --- |".repeat(columns));
            text.push('\n');
        }
    }
    text
}

/// One row of a table, with its line end.
pub(crate) fn table_row(text: &mut String, row: &[String], columns: usize) {
    text.push('|');
    for column in 0..columns {
        // Writing to a string cannot fail.
        let _ = write!(text, " {} |", row.get(column).map_or("", String::as_str));
    }
    text.push('\n');
}

/// At most so many bytes of `text`, cut behind a line if that keeps at least half, else at a character.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = text.floor_char_boundary(most);
    match text[..end].rfind('\n') {
        Some(line) if line * 2 > end => &text[..=line],
        _ => &text[..end],
    }
}

/// No more than one empty line in a row, none at either end.
pub(crate) fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !tidy.is_empty() {
            tidy.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        tidy.push_str(line);
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_looks_like_a_mark_is_escaped() {
        assert_eq!(line("# not a heading"), "\\# not a heading");
        assert_eq!(line("- no list"), "\\- no list");
        assert_eq!(line("-5 degrees"), "-5 degrees");
        assert_eq!(line("plain \u{7} text\n here"), "plain text here");
    }

    #[test]
    fn a_table_has_as_many_cells_in_each_row() {
        let rows = [vec!["a".to_owned(), "b|c".replace('|', "\\|")], vec!["1".to_owned()]];
        assert_eq!(table(&rows), "| a | b\\|c |\n| --- | --- |\n| 1 |  |\n");
    }

    #[test]
    fn only_addresses_for_people_become_links() {
        assert_eq!(link("site", "https://example.org/a"), "[site](https://example.org/a)");
        for address in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://example.org/a b",
            "#mark",
        ] {
            assert_eq!(link("site", address), "site");
        }
    }

    #[test]
    fn a_cut_keeps_characters_and_prefers_lines() {
        assert_eq!(cut("grün", 3), "gr");
        assert_eq!(cut("one line\nanother", 12), "one line\n");
        assert_eq!(cut("short", 10), "short");
    }
}
