// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tables, laid out for a monospace block.

use pulldown_cmark::Alignment;
use unicode_width::UnicodeWidthStr;

/// Tables up to so many characters get equal columns in any case.
const ALWAYS_LAID_OUT: usize = 65_536;
/// Between two cells of a row.
const SEPARATOR: &str = " │ ";

/// A table in the making.
#[derive(Debug, Default)]
pub(crate) struct Table {
    alignments: Vec<Alignment>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(alignments: Vec<Alignment>) -> Self {
        Self { alignments, rows: Vec::new() }
    }

    pub(crate) fn begin_row(&mut self) {
        self.rows.push(Vec::new());
    }

    pub(crate) fn begin_cell(&mut self) {
        if let Some(row) = self.rows.last_mut() {
            row.push(String::new());
        }
    }

    /// Adds words to the cell that was begun last.
    pub(crate) fn write(&mut self, words: &str) {
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            cell.push_str(words);
        }
    }

    /// The words of the cell so far.
    pub(crate) fn cell(&self) -> &str {
        self.rows.last().and_then(|row| row.last()).map_or("", String::as_str)
    }

    /// Lines of equal columns, the first one underlined. A table that would consist of room mostly, because of one long
    /// cell or thousands of empty ones, gets no equal columns.
    pub(crate) fn layout(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        let mut filled = 0_usize;
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                let own = cell.trim().width();
                *width = own.max(*width);
                filled = filled.saturating_add(own);
            }
        }
        let line = widths.iter().map(|width| width + SEPARATOR.width()).sum::<usize>();
        let whole = line.saturating_mul(self.rows.len());
        if whole > filled.saturating_mul(4).saturating_add(ALWAYS_LAID_OUT) {
            return self.ragged();
        }
        let mut lines = Vec::with_capacity(self.rows.len() + 1);
        for (index, row) in self.rows.iter().enumerate() {
            let cells: Vec<String> = widths
                .iter()
                .enumerate()
                .map(|(column, width)| {
                    let cell = row.get(column).map_or("", |cell| cell.trim());
                    let alignment = self.alignments.get(column).copied().unwrap_or(Alignment::None);
                    padded(cell, *width, alignment)
                })
                .collect();
            lines.push(cells.join(SEPARATOR).trim_end().to_owned());
            if index == 0 {
                let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
                lines.push(rules.join("─┼─"));
            }
        }
        lines.join("\n")
    }

    fn ragged(&self) -> String {
        let mut lines = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let last = row.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
            lines.push(row.iter().take(last).map(|cell| cell.trim()).collect::<Vec<_>>().join(SEPARATOR));
        }
        lines.join("\n")
    }
}

fn padded(cell: &str, width: usize, alignment: Alignment) -> String {
    let room = width.saturating_sub(cell.width());
    let before = match alignment {
        Alignment::Right => room,
        Alignment::Center => room / 2,
        Alignment::Left | Alignment::None => 0,
    };
    format!("{}{cell}{}", " ".repeat(before), " ".repeat(room - before))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(alignments: Vec<Alignment>, rows: &[&[&str]]) -> Table {
        let mut table = Table::new(alignments);
        for row in rows {
            table.begin_row();
            for cell in *row {
                table.begin_cell();
                table.write(cell);
            }
        }
        table
    }

    #[test]
    fn columns_are_aligned_as_asked() {
        let table = table(vec![Alignment::Left, Alignment::Right], &[&["Name", "Age"], &["Bo", "7"]]);
        assert_eq!(table.layout(), "Name │ Age\n─────┼────\nBo   │   7");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let table = table(vec![], &[&["a", "b"], &["日本", "c"]]);
        assert_eq!(table.layout(), "a    │ b\n─────┼──\n日本 │ c");
    }

    #[test]
    fn one_long_cell_among_thousands_of_short_ones_costs_the_columns_and_no_words() {
        let long = "x".repeat(1_000);
        let mut rows: Vec<&[&str]> = vec![&["a", "b"]; 2_000];
        let with_long = [long.as_str(), "c"];
        rows.push(&with_long);
        rows.push(&["d", ""]);
        let laid_out = table(vec![Alignment::Right], &rows).layout();
        assert!(laid_out.starts_with("a │ b\na │ b\n"));
        assert!(laid_out.ends_with(&format!("\n{long} │ c\nd")));
    }

    #[test]
    fn short_rows_are_filled_up() {
        let table = table(vec![], &[&["a", "b"], &["c"]]);
        assert_eq!(table.layout(), "a │ b\n──┼──\nc │");
    }
}
