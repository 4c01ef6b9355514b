//! A file that messages point into, and the points.

use std::sync::Arc;

use miette::{LabeledSpan, NamedSource, SourceCode, SourceSpan};

use crate::plain::{misleads, plain};

/// Where a line as long as this is near, no source is printed beneath a message: it would bury it.
const LONGEST_SHOWN_LINE: usize = 600;
/// The lines before and after that may be printed as well.
const CONTEXT: usize = 2;

/// A file that mistakes point into.
#[derive(Debug, Clone)]
pub struct Source {
    named: Arc<NamedSource<Arc<str>>>,
}

impl Source {
    /// A file's name, as the person wrote it, and its text.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        let name = plain(name).into_owned();
        let text: String = text.chars().map(printable).collect();
        let named = NamedSource::new(name, Arc::from(text)).with_language("yaml");
        Self { named: Arc::new(named) }
    }

    /// The file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.named.name()
    }

    /// The file's text, with control characters replaced by others of the same length.
    #[must_use]
    pub fn text(&self) -> &str {
        self.named.inner()
    }

    /// The place of `len` bytes from `offset` on.
    #[must_use]
    pub fn place(&self, offset: usize, len: usize) -> Place {
        let text = self.text();
        let offset = floor_char(text, offset);
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        // A span over several lines is cut to its first: the message needs a point, not a page.
        let rest = text[offset..].lines().next().unwrap_or_default();
        let end = floor_char(text, offset + len.min(rest.trim_end().len()));
        Place {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            span: SourceSpan::from(offset..end.max(offset)),
            source: self.clone(),
        }
    }

    /// The place of a line (from 1) and column (from 1, in characters).
    #[must_use]
    pub fn line_place(&self, line: usize, column: usize) -> Place {
        let text = self.text();
        let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let within = text[start..].char_indices().nth(column.saturating_sub(1)).map_or(0, |(i, _)| i);
        self.place(start + within, 1)
    }
}

/// A file may hold what would play with the terminal, or with the reader's eye. What stands in
/// for it has as many bytes, so that places stay where they are.
pub(super) fn printable(c: char) -> char {
    match c {
        '\n' | '\t' | '\r' => c,
        c if !misleads(c) => c,
        c => match c.len_utf8() {
            1 => '?',
            2 => '\u{b7}',
            3 => '\u{fffd}',
            _ => '\u{1f532}',
        },
    }
}

fn floor_char(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A point of a file.
#[derive(Debug, Clone)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    span: SourceSpan,
    source: Source,
}

impl Place {
    /// The file's name.
    #[must_use]
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// Bytes from the beginning of the file.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.span.offset()
    }

    /// The text to print it from; none where its lines are too long.
    pub(super) fn code(&self) -> Option<&dyn SourceCode> {
        self.is_showable().then(|| self.source.named.as_ref() as &dyn SourceCode)
    }

    /// A few words beneath it; none where its lines are too long.
    pub(super) fn label(&self, text: &str) -> Option<LabeledSpan> {
        self.is_showable().then(|| LabeledSpan::new_with_span(Some(text.to_owned()), self.span))
    }

    fn is_showable(&self) -> bool {
        let text = self.source.text();
        let mut start = self.span.offset();
        for _ in 0..=CONTEXT {
            start = text[..start].rfind('\n').unwrap_or(0);
        }
        let near = text[start..].trim_start_matches('\n').split('\n').take(2 * CONTEXT + 2);
        near.map(str::len).all(|len| len <= LONGEST_SHOWN_LINE)
    }
}
