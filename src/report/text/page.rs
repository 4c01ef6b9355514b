//! A page of plain text: sections, lines and hanging indents, wrapped at a width.

use crate::plain::{plain, short};

const WIDTH: usize = 80;
const INDENT: &str = "  ";

/// Text that is being written.
#[derive(Debug)]
pub(in crate::report) struct Page {
    text: String,
    width: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self::wide(WIDTH)
    }
}

impl Page {
    /// A page of this many columns.
    pub const fn wide(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    /// A line at the left edge.
    pub fn top(&mut self, line: &str) {
        self.wrapped("", "", line);
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.text.push('\n');
    }

    /// An empty line and a heading.
    pub fn section(&mut self, title: &str) {
        self.gap();
        self.top(title);
    }

    /// An indented line.
    pub fn line(&mut self, line: &str) {
        self.wrapped(INDENT, INDENT, line);
    }

    /// An indented line behind a mark or a label; what wraps stays clear of it.
    pub fn item(&mut self, label: &str, line: &str) {
        let label = plain(label);
        let first = format!("{INDENT}{label}");
        let next = " ".repeat(first.chars().count());
        self.wrapped(&first, &next, line);
    }

    /// The heads of columns, at the left edge, after an empty line.
    pub fn heads<const N: usize>(&mut self, widths: [usize; N], cells: [&str; N], last: &str) {
        self.gap();
        let mut row = String::new();
        for (i, (cell, width)) in cells.iter().zip(widths).enumerate() {
            // The first column is as wide as it is with the indent of the rows.
            let width = if i == 0 { width + INDENT.len() } else { width };
            row.push_str(cell);
            row.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
        }
        row.push_str(last);
        self.push(&row);
    }

    /// Cells of a row with the widths of their columns; the last one wraps, if anything does.
    pub fn row<const N: usize>(&mut self, widths: [usize; N], cells: [&str; N], last: &str) {
        let mut label = String::new();
        for (i, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let mut cell = plain(cell);
            // A name that is longer than its column gets a line of its own.
            if i == 0 && N > 1 && cell.chars().count() >= width {
                self.line(&cell);
                cell = "".into();
            }
            label.push_str(&cell);
            // At least one space keeps a cell that is too long apart from the next.
            let missing = width.saturating_sub(cell.chars().count()).max(1);
            label.extend(std::iter::repeat_n(' ', missing));
        }
        self.item(&label, last);
    }

    fn wrapped(&mut self, first: &str, next: &str, line: &str) {
        let line = plain(line);
        let line = short(&line);
        let mut row = first.to_owned();
        let mut empty = true;
        for word in line.split(' ').filter(|w| !w.is_empty()) {
            if !empty && row.chars().count() + 1 + word.chars().count() > self.width {
                self.push(&row);
                next.clone_into(&mut row);
                empty = true;
            }
            if !empty {
                row.push(' ');
            }
            row.push_str(word);
            empty = false;
        }
        self.push(&row);
    }

    fn push(&mut self, row: &str) {
        self.text.push_str(row.trim_end());
        self.text.push('\n');
    }

    pub fn finish(self) -> String {
        self.text
    }
}
