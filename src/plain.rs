//! Text from a cluster or a file, made harmless for a terminal: what an object, a log line or an
//! error message says must never move a cursor, change a colour or reverse the reading order, nor
//! bury everything else beneath a megabyte of it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What is shown of one line, characters. Far more than anything honest has.
pub const LONGEST_LINE: usize = 2_000;
/// What is shown of one message, lines.
const MOST_LINES: usize = 200;

/// Whether a terminal, or a reader's eye, could be led astray by this character: controls
/// (escape sequences begin with one) and the invisible ones that change the reading order.
#[must_use]
pub fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{061c}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text on one line: white space becomes a space, what misleads is spelled out (`\u{1b}`).
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(misleads) {
        return Cow::Borrowed(text);
    }
    let mut harmless = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => harmless.push(' '),
            '\r' => {}
            c if misleads(c) => {
                // Writing to a string does not fail.
                let _ = write!(harmless, "\\u{{{:x}}}", u32::from(c));
            }
            c => harmless.push(c),
        }
    }
    Cow::Owned(harmless)
}

/// The beginning of a line that is too long to be read, with a word about the rest.
#[must_use]
pub fn short(line: &str) -> Cow<'_, str> {
    match line.char_indices().nth(LONGEST_LINE) {
        None => Cow::Borrowed(line),
        Some((end, _)) => {
            let more = line[end..].chars().count();
            Cow::Owned(format!("{}… ({more} more characters)", &line[..end]))
        }
    }
}

/// Several lines, each of them plain and short.
#[must_use]
pub fn lines(text: &str) -> String {
    text.split('\n').map(|line| short(&plain(line)).into_owned()).collect::<Vec<_>>().join("\n")
}

/// Lines like these, and not too many of them.
#[must_use]
pub fn brief(text: &str) -> String {
    match text.match_indices('\n').nth(MOST_LINES - 1) {
        None => lines(text),
        Some((end, _)) => {
            let more = text[end..].matches('\n').count();
            format!("{}\n… ({more} more lines)", lines(&text[..end]))
        }
    }
}

/// Plain lines of any length, in which colours (`ESC [ digits ; m`) stay. Only for text whose
/// parts are plain already: in other text a colour can be a lie.
#[must_use]
pub fn coloured(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next().map(char::len_utf8) {
        let end = match colour(rest) {
            0 if rest.starts_with('\n') => 1,
            0 => rest[first..].find(['\u{1b}', '\n']).map_or(rest.len(), |at| first + at),
            colour => colour,
        };
        match &rest[..end] {
            kept if kept == "\n" || colour(kept) == end => harmless.push_str(kept),
            other => harmless.push_str(&plain(other)),
        }
        rest = &rest[end..];
    }
    harmless
}

/// The length of the colour that the text begins with; 0 where it begins with something else.
fn colour(text: &str) -> usize {
    let Some(inside) = text.strip_prefix("\u{1b}[") else { return 0 };
    let digits = inside.bytes().take_while(|b| b.is_ascii_digit() || *b == b';').count();
    if inside[digits..].starts_with('m') { "\u{1b}[".len() + digits + 1 } else { 0 }
}

/// JSON in which what misleads is written as an escape, which every parser reads back.
#[must_use]
pub fn json(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && misleads(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(harmless, "\\u{unit:04x}");
            }
        } else {
            harmless.push(c);
        }
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_become_text() {
        assert_eq!(plain("\u{1b}[2Jgone\u{9b}31m"), "\\u{1b}[2Jgone\\u{9b}31m");
        assert_eq!(plain("a\r\nb\tc\u{7}"), "a b c\\u{7}");
        assert_eq!(plain("user\u{202e}nimda"), "user\\u{202e}nimda");
        assert_eq!(plain("tag\u{e0041}"), "tag\\u{e0041}");
    }

    #[test]
    fn other_text_is_left_alone() {
        assert!(matches!(plain("größer ± 日本 🙂"), Cow::Borrowed(_)));
        assert_eq!(lines("a\n\n  b\n"), "a\n\n  b\n");
    }

    #[test]
    fn a_flood_is_cut() {
        let shown = lines(&format!("a\n{}", "é".repeat(1_000_000)));
        assert!(shown.ends_with("é… (998000 more characters)") && shown.len() < 5_000, "{}", shown.len());
        let shown = brief(&"line\n".repeat(10_000));
        assert!(shown.ends_with("line\n… (9801 more lines)") && shown.len() < 1_100, "{shown}");
        assert_eq!(brief("a\nb\n"), "a\nb\n");
    }

    #[test]
    fn only_colours_survive_among_colours() {
        for colour in ["\u{1b}[31mred\u{1b}[0m", "\u{1b}[m", "\u{1b}[38;5;1m\u{1b}[1m\nx\n", "\n\n", ""] {
            assert_eq!(coloured(colour), colour);
        }
        assert_eq!(coloured("\u{1b}[31m\u{1b}[2Jx"), "\u{1b}[31m\\u{1b}[2Jx");
        assert_eq!(coloured("\u{1b}\u{1b}[1mx\u{1b}"), "\\u{1b}\u{1b}[1mx\\u{1b}");
        assert_eq!(coloured("\u{1b}]0;t\u{7}\r\n\u{9b}1m"), "\\u{1b}]0;t\\u{7}\n\\u{9b}1m");
    }

    #[test]
    fn json_reads_back_as_it_was() {
        let text = "\u{1b}[2J\u{9b}\u{202e}\u{e0041}\u{7f}\u{feff}é";
        let written = json(&serde_json::to_string_pretty(&[text]).unwrap());
        assert!(!written.contains(|c| c != '\n' && misleads(c)), "{written}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&written).unwrap(), [text]);
    }
}
