//! The one way to stdout and stderr. Names, labels, messages and files are written by others; a
//! terminal obeys escape sequences whoever wrote them. So what is shown is made harmless here, at
//! the sink, and no command can forget it: every other use of `std::io::stdout`, `std::io::stderr`
//! and the print macros is an error of clippy's (`clippy.toml`), and each exception there says why.
//!
//! Text for people keeps its line ends and nothing else of the controls, and a line that is longer
//! than a person reads is cut. What is for programs keeps every byte, unless a person looks on.

use std::fmt;
use std::io::{self, IsTerminal as _, Write};

use miette::Diagnostic;

use super::shown::Shown;
use crate::plain;

/// A result for people, to stdout.
pub fn result(text: &str) -> io::Result<()> {
    write(&plain::lines(text))
}

/// A result that a program or a shell reads, to stdout: as it is, but harmless on a terminal.
pub fn exact(text: &str) -> io::Result<()> {
    if stdout().is_terminal() {
        return write(&text.split('\n').map(plain::plain).collect::<Vec<_>>().join("\n"));
    }
    write(text)
}

/// JSON to stdout: what misleads is escaped, as JSON can.
pub fn json(text: &str) -> io::Result<()> {
    write(&plain::json(text))
}

/// A line or more for people, to stderr. That stderr may be closed is no failure.
pub fn say(text: &str) {
    let _ = writeln!(stderr(), "{}", plain::lines(text));
}

/// Text whose colours are our own, and whose other parts are harmless already; to stdout for a
/// help that was asked for.
pub fn coloured(text: &str, to_stdout: bool) {
    let text = plain::coloured(text);
    let _ = if to_stdout { write(&text) } else { write!(stderr(), "{text}") };
}

/// What went wrong, or is doubtful, to stderr: in colours where it is a terminal and `NO_COLOR`
/// is not set.
pub fn diagnostic(diagnostic: &dyn Diagnostic) {
    let _ = writeln!(stderr(), "{}", rendered(diagnostic));
}

/// A diagnostic as [`fn@diagnostic`] shows it. Its parts are made harmless before it is
/// drawn, so that the colours in it are those of the drawing.
#[must_use]
pub fn rendered(diagnostic: &dyn Diagnostic) -> String {
    // A log is wrapped by whoever shows it; breaking lines there would break commands.
    drawn(miette::MietteHandlerOpts::new().wrap_lines(stderr_is_terminal()), diagnostic)
}

fn drawn(options: miette::MietteHandlerOpts, diagnostic: &dyn Diagnostic) -> String {
    let shown = Shown::new(diagnostic);
    plain::coloured(&Drawn(&options.context_lines(2).build(), &shown).to_string())
}

/// stderr for a view that makes each of its lines harmless by itself.
pub(super) fn lines() -> Box<dyn Write + Send> {
    Box::new(stderr())
}

/// stderr for a screen, whose cells are made harmless before they are drawn.
pub(super) fn screen() -> io::Stderr {
    stderr()
}

/// Whether a screen can be drawn and keys be read: all three streams are a terminal that obeys.
#[must_use]
pub fn is_interactive() -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    io::stdin().is_terminal() && stdout().is_terminal() && stderr().is_terminal() && !dumb
}

/// Whether text for people may be coloured.
#[must_use]
pub fn has_colours(on_stdout: bool) -> bool {
    let unset = |name| std::env::var_os(name).is_none_or(|value| value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let terminal = if on_stdout { stdout().is_terminal() } else { stderr().is_terminal() };
    terminal && !dumb && unset("NO_COLOR")
}

/// Whether a person looks at stderr.
#[must_use]
pub fn stderr_is_terminal() -> bool {
    stderr().is_terminal()
}

struct Drawn<'a>(&'a dyn miette::ReportHandler, &'a dyn Diagnostic);

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug(self.1, f)
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
}

#[expect(clippy::disallowed_methods, reason = "the sink itself")]
fn stdout() -> io::Stdout {
    io::stdout()
}

#[expect(clippy::disallowed_methods, reason = "the sink itself")]
fn stderr() -> io::Stderr {
    io::stderr()
}

#[cfg(test)]
mod tests {
    use miette::MietteHandlerOpts;

    use super::*;
    use crate::drill::source::Source;
    use crate::drill::{DrillError, Mistake};

    /// A new title, a cleared screen, a colour, an overwritten line, a reversed one.
    const HOSTILE: &str = "\u{1b}]0;t\u{7}\u{1b}[2J\u{9b}2J\u{1b}[31m\rok\u{202e}drow\u{200b}";

    #[derive(Debug, thiserror::Error, Diagnostic)]
    #[error("it says {0}")]
    #[diagnostic(code(firedrill::test), help("ask {0}"))]
    struct Says(String, #[source] io::Error);

    fn says(words: &str) -> Says {
        Says(words.to_owned(), io::Error::other(words.to_owned()))
    }

    fn mistakes() -> DrillError {
        let source = Source::new(HOSTILE, &format!("title: {HOSTILE}\n"));
        let mistake =
            || Mistake::new("firedrill::test", HOSTILE).help(HOSTILE).at(source.place(0, 5), HOSTILE);
        DrillError::many(HOSTILE, vec![mistake(), mistake().warning()])
    }

    fn both() -> [Box<dyn Diagnostic>; 2] {
        [Box::new(says(HOSTILE)), Box::new(mistakes())]
    }

    #[test]
    fn without_colours_nothing_but_the_newline_survives() {
        for diagnostic in both() {
            let text = drawn(MietteHandlerOpts::new().color(false), &*diagnostic);
            assert!(!text.contains(|c| c != '\n' && plain::misleads(c)), "{text:?}");
            assert!(text.contains("\\u{1b}[2J"), "and yet it is shown: {text}");
        }
    }

    #[test]
    fn the_colours_are_those_of_the_drawing() {
        for diagnostic in both() {
            let text = drawn(MietteHandlerOpts::new().color(true), &*diagnostic);
            assert!(text.contains("\u{1b}[") && text.contains("\\u{1b}[31m"), "{text:?}");
            assert_eq!(plain::coloured(&text), text);
            assert!(!text.contains("\u{1b}[31mok"), "{text:?}");
        }
    }

    #[test]
    fn a_megabyte_is_cut() {
        for words in ["no! ".repeat(1 << 18), "no!\n".repeat(1 << 18), "é".repeat(1 << 19)] {
            let text = drawn(MietteHandlerOpts::new(), &says(&words));
            assert!(text.len() < 20_000, "{}", text.len());
            assert!(text.contains(" more "), "and it is said: {text}");
        }
    }

    #[test]
    fn places_stay_where_they_are_in_a_source_that_was_hostile() {
        let text = format!("a: {HOSTILE}\nb: \u{e0041}\u{61c} x\n");
        let source = Source::new("d.yaml", &text);
        assert_eq!(source.text().len(), text.len());
        assert_eq!(source.text().find('x'), text.find('x'));
    }
}
