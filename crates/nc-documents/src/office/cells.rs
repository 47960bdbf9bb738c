//! Sheets as tables: the used part of them, row by row.

use crate::{
    blocks::MOST_COLUMNS,
    markdown::{cell, table_row},
};

/// Rows that tell how wide a sheet is.
const TELLING_ROWS: usize = 200;

/// Takes the rows of one sheet. Rows without content are left out.
pub(super) struct Grid {
    held: Vec<Vec<String>>,
    columns: usize,
    text: String,
    most_bytes: usize,
    /// First and last row with content, from 1.
    rows: Option<(u64, u64)>,
    widest: usize,
    empty_between: bool,
}

impl Grid {
    /// A sheet of which no more than this is of use.
    pub(super) const fn new(most_bytes: usize) -> Self {
        Self {
            held: Vec::new(),
            columns: 0,
            text: String::new(),
            most_bytes,
            rows: None,
            widest: 0,
            empty_between: false,
        }
    }

    /// Whether nothing more is of use.
    pub(super) const fn is_full(&self) -> bool {
        self.text.len() > self.most_bytes
    }

    /// A row by its number.
    pub(super) fn push(&mut self, number: u64, mut row: Vec<String>) {
        let used = row.iter().rposition(|text| !text.is_empty()).map_or(0, |last| last + 1);
        if used == 0 {
            return;
        }
        row.truncate(used.min(MOST_COLUMNS));
        self.widest = self.widest.max(used);
        match &mut self.rows {
            Some((_, last)) => {
                self.empty_between |= number > *last + 1;
                *last = (*last).max(number);
            }
            None => self.rows = Some((number, number)),
        }
        if self.columns > 0 {
            self.write(&row);
        } else {
            self.held.push(row);
            if self.held.len() >= TELLING_ROWS {
                self.release();
            }
        }
    }

    fn release(&mut self) {
        self.columns = self.held.iter().map(Vec::len).max().unwrap_or(0);
        for (index, row) in std::mem::take(&mut self.held).iter().enumerate() {
            self.write(row);
            if index == 0 {
                self.text.push('|');
                self.text.push_str(&" --- |".repeat(self.columns));
                self.text.push('\n');
            }
        }
    }

    fn write(&mut self, row: &[String]) {
        let row: Vec<String> = row.iter().map(|text| cell(text)).collect();
        table_row(&mut self.text, &row, self.columns.max(row.len()));
    }

    /// The sheet under its name, and what is to be said about it.
    pub(super) fn finish(mut self, name: &str, state: Option<&str>) -> (String, Vec<String>) {
        let is_cut = self.is_full();
        if self.columns == 0 {
            self.release();
        }
        let mut notes = Vec::new();
        if self.widest > MOST_COLUMNS {
            notes.push(format!(
                "sheets are wider than what is shown: {MOST_COLUMNS} columns of {}",
                self.widest
            ));
        }
        if self.empty_between {
            notes.push("rows without content are left out".to_owned());
        }
        let range = match self.rows {
            Some((first, last)) if !is_cut => Some(format!(
                "A{first} to {}{last}",
                column_name(self.widest.saturating_sub(1))
            )),
            Some((first, _)) => Some(format!("from A{first}")),
            None => Some("empty".to_owned()),
        };
        let about: Vec<&str> = state.into_iter().chain(range.as_deref()).collect();
        let mut text = crate::markdown::heading(2, &format!("{name} ({})", about.join(", ")));
        if !self.text.is_empty() {
            text.push_str("\n\n");
            text.push_str(self.text.trim_end());
        }
        (text, notes)
    }
}

/// The letters of a column, from 0.
fn column_name(mut column: usize) -> String {
    let mut name = Vec::new();
    loop {
        name.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or(0)));
        if column < 26 {
            return name.iter().rev().collect();
        }
        column = column / 26 - 1;
    }
}

/// The column of a cell's name such as `AB12`, from 0.
pub(super) fn column_of(name: &str) -> Option<usize> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic);
    let mut column = 0_usize;
    for letter in letters {
        column = column * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1;
        if column > 20_000 {
            return None;
        }
    }
    column.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_is_used_is_shown() {
        let mut grid = Grid::new(10_000);
        grid.push(2, vec!["a".into(), String::new(), "b|c".into(), String::new()]);
        grid.push(3, vec![String::new(); 9]);
        grid.push(1_000_000, vec!["end".into()]);
        let (text, notes) = grid.finish("Plan", Some("hidden"));
        assert_eq!(
            text,
            "## Plan (hidden, A2 to C1000000)\n\n| a |  | b\\|c |\n| --- | --- | --- |\n| end |  |  |"
        );
        assert_eq!(notes, ["rows without content are left out"]);
    }

    proptest! {
        #[test]
        fn names_of_columns_read_back(column in 0_usize..16_384) {
            prop_assert_eq!(column_of(&format!("{}7", column_name(column))), Some(column));
        }
    }
}
