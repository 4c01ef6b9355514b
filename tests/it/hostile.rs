//! Text that others wrote and that wants to play with the terminal: whatever command shows it,
//! no control character but the line end comes out.

mod answers;
mod cluster;
mod files;

use std::process::{Command, Output};

use firedrill::plain::{coloured, misleads};

/// A new title, a cleared screen, the same in eight bits, an overwritten line, a reversed one.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}2J\u{1b}[31m\rok\u{202e}drowssap\u{200b}";
/// Some of its letters, by which a test sees that it is shown at all.
const SEEN: &str = "drowssap";

/// What a command said on both streams, when both are harmless.
fn harmless(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert_harmless(&text);
    (status.code(), text)
}

fn assert_harmless(text: &str) {
    // Spelled out in the test's own output, too.
    let bad = text.chars().find(|c| *c != '\n' && misleads(*c));
    assert_eq!(bad, None, "{text:?}");
    let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(longest < 4_000, "a line of {longest} characters");
}

/// The same, where colours were asked for and nothing else may come out.
fn only_colours(command: &mut Command) -> String {
    let output = command.env_remove("NO_COLOR").env("FORCE_COLOR", "1").output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert!(text.contains("\u{1b}["), "colours were asked for: {text:?}");
    assert_eq!(coloured(&text), text);
    text
}
