//! Text from a cluster, made harmless for a terminal: what an object, a log line or an error
//! message says must never move a cursor, change a colour or reverse the reading order.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a terminal, or a reader's eye, could be led astray by this character: controls
/// (escape sequences begin with one) and the invisible ones that change the reading order.
#[must_use]
pub fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{061c}')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_become_text() {
        assert_eq!(plain("\u{1b}[2Jgone\u{9b}31m"), "\\u{1b}[2Jgone\\u{9b}31m");
        assert_eq!(plain("a\r\nb\tc\u{7}"), "a b c\\u{7}");
        assert_eq!(plain("user\u{202e}nimda"), "user\\u{202e}nimda");
    }

    #[test]
    fn other_text_is_left_alone() {
        assert!(matches!(plain("größer ± 日本 🙂"), Cow::Borrowed(_)));
    }
}
