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
    let options = miette::MietteHandlerOpts::new().context_lines(2).wrap_lines(stderr_is_terminal());
    let shown = Shown::new(diagnostic);
    plain::coloured(&Drawn(&options.build(), &shown).to_string())
}

/// stderr for a view that makes each of its lines harmless by itself.
pub(super) fn lines() -> Box<dyn Write + Send> {
    Box::new(stderr())
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
