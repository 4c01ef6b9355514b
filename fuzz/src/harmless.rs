//! What is shown may not play with a terminal, nor flood it.

use firedrill::plain::{LONGEST_LINE, misleads};
use firedrill::ui::terminal;
use miette::Diagnostic;

/// A line that is cut ends with a word about the rest.
const WORD: usize = 60;

/// Text for people.
pub fn assert_harmless(text: &str) {
    let bad = text.chars().find(|c| *c != '\n' && misleads(*c));
    assert_eq!(bad, None, "in {text:?}");
    let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(longest <= LONGEST_LINE + WORD, "a line of {longest} characters");
}

/// An error, as a person sees it without colours.
pub fn assert_shown(error: &dyn Diagnostic) {
    let text = terminal::rendered(error);
    let bad = text.chars().find(|c| *c != '\n' && misleads(*c));
    assert_eq!(bad, None, "in {text:?}");
    assert!(text.len() < 256 * 1024, "an error of {} bytes", text.len());
}
