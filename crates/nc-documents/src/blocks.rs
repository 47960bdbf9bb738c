//! Markdown from paragraphs, lists and tables, in the order in which they come.

use crate::markdown;

/// Columns of a table that are shown.
pub(crate) const MOST_COLUMNS: usize = 200;

/// A table that is not ended.
#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
    row: Vec<String>,
    cell: String,
}

/// Takes blocks and puts them where they belong: into the text, or into the cell that is open.
pub(crate) struct Blocks {
    out: String,
    after_item: bool,
    tables: Vec<Table>,
    /// Bytes that may still come.
    room: usize,
}

impl Blocks {
    pub(crate) const fn new(room: usize) -> Self {
        Self {
            out: String::new(),
            after_item: false,
            tables: Vec::new(),
            room,
        }
    }

    /// Whether nothing more is taken.
    pub(crate) const fn is_full(&self) -> bool {
        self.room == 0
    }

    pub(crate) fn heading(&mut self, level: usize, text: &str) {
        let words = markdown::one_line(text);
        if self.tables.is_empty() && !words.is_empty() {
            self.block(&markdown::heading(level, &words), false);
        } else {
            self.paragraph(text);
        }
    }

    /// A paragraph; line ends in it stay.
    pub(crate) fn paragraph(&mut self, text: &str) {
        let lines: Vec<String> = text
            .split('\n')
            .map(markdown::line)
            .filter(|line| !line.is_empty())
            .collect();
        if !lines.is_empty() {
            self.block(&lines.join("\n"), false);
        }
    }

    /// An item of a list, `depth` lists deep from 0; with its number where it has one.
    pub(crate) fn item(&mut self, depth: usize, number: Option<u32>, text: &str) {
        let words = markdown::one_line(text);
        if words.is_empty() {
            return;
        }
        let mark = number.map_or_else(|| "-".to_owned(), |number| format!("{number}."));
        self.block(&format!("{}{mark} {words}", "   ".repeat(depth.min(8))), true);
    }

    fn block(&mut self, text: &str, is_item: bool) {
        self.room = self.room.saturating_sub(text.len() + 2);
        if self.room == 0 {
            return;
        }
        if let Some(table) = self.tables.last_mut() {
            if !table.cell.is_empty() {
                table.cell.push(' ');
            }
            table.cell.push_str(text.trim_start());
            return;
        }
        if !self.out.is_empty() {
            self.out
                .push_str(if is_item && self.after_item { "\n" } else { "\n\n" });
        }
        self.out.push_str(text);
        self.after_item = is_item;
    }

    pub(crate) fn begin_table(&mut self) {
        self.tables.push(Table::default());
    }

    pub(crate) fn begin_row(&mut self) {
        if let Some(table) = self.tables.last_mut() {
            table.row.clear();
        }
    }

    /// Ends a cell that is `columns` wide.
    pub(crate) fn end_cell(&mut self, columns: usize) {
        let Some(table) = self.tables.last_mut() else { return };
        let text = markdown::cell(&std::mem::take(&mut table.cell));
        if table.row.len() < MOST_COLUMNS {
            table.row.push(text);
            let rest = columns.saturating_sub(1).min(MOST_COLUMNS - table.row.len());
            table.row.resize(table.row.len() + rest, String::new());
        }
    }

    pub(crate) fn end_row(&mut self) {
        let Some(table) = self.tables.last_mut() else { return };
        let row = std::mem::take(&mut table.row);
        // A cell costs some bytes even when nothing stands in it.
        self.room = self.room.saturating_sub(row.len() * 3);
        if self.room > 0 && !row.is_empty() {
            table.rows.push(row);
        }
    }

    pub(crate) fn end_table(&mut self) {
        let Some(table) = self.tables.pop() else { return };
        if self.tables.is_empty() {
            let text = markdown::table(&table.rows);
            // Its size has been counted cell by cell.
            if !text.is_empty() {
                if !self.out.is_empty() {
                    self.out.push_str("\n\n");
                }
                self.out.push_str(text.trim_end());
                self.after_item = false;
            }
        } else if let Some(outer) = self.tables.last_mut() {
            // Markdown has no tables in tables.
            for row in table.rows {
                if !outer.cell.is_empty() {
                    outer.cell.push_str("; ");
                }
                outer.cell.push_str(&row.join(", ").replace("\\|", "|"));
            }
        }
    }

    pub(crate) fn finish(mut self) -> String {
        while !self.tables.is_empty() {
            self.end_cell(1);
            self.end_row();
            self.end_table();
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_stand_apart_and_items_together() {
        let mut blocks = Blocks::new(10_000);
        blocks.heading(2, "Plan");
        blocks.paragraph("# no heading\nsecond line");
        blocks.item(0, None, "one");
        blocks.item(1, Some(3), "two");
        blocks.paragraph("end");
        assert_eq!(
            blocks.finish(),
            "## Plan\n\n\\# no heading\nsecond line\n\n- one\n   3. two\n\nend"
        );
    }

    #[test]
    fn a_table_in_a_table_becomes_text_in_its_cell() {
        let mut blocks = Blocks::new(10_000);
        blocks.begin_table();
        blocks.begin_row();
        blocks.paragraph("a|b");
        blocks.end_cell(2);
        blocks.end_row();
        blocks.begin_row();
        blocks.begin_table();
        blocks.begin_row();
        blocks.paragraph("x");
        blocks.end_cell(1);
        blocks.paragraph("y");
        blocks.end_cell(1);
        blocks.end_row();
        blocks.end_table();
        blocks.end_cell(1);
        blocks.end_row();
        blocks.end_table();
        assert_eq!(blocks.finish(), "| a\\|b |  |\n| --- | --- |\n| x, y |  |");
    }

    #[test]
    fn no_more_is_taken_than_there_is_room() {
        let mut blocks = Blocks::new(100);
        blocks.begin_table();
        for _ in 0..1_000_000 {
            blocks.begin_row();
            blocks.end_cell(200);
            blocks.end_row();
        }
        blocks.end_table();
        assert!(blocks.is_full());
        assert!(blocks.finish().len() < 1000);
    }
}
