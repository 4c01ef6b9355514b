//! The end of a component's log, for messages.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// How many lines a message quotes.
pub(super) const LINES: usize = 8;
/// As much as is read from the end of a log, bytes.
const TAIL: u64 = 16 * 1024;
/// A quoted line's length at most, characters.
const WIDTH: usize = 240;

/// The last lines of a log; none where it cannot be read.
pub(super) fn tail(path: &Path) -> Vec<String> {
    read_end(path).map(|text| last_lines(&text)).unwrap_or_default()
}

fn read_end(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The last lines of a text, none of them long.
pub(in crate::cluster) fn last_lines(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let skipped = lines.len().saturating_sub(LINES);
    lines.into_iter().skip(skipped).map(shorten).collect()
}

fn shorten(line: &str) -> String {
    let mut short: String = line.chars().take(WIDTH).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_and_nothing_long() {
        let text = (0..20).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n\n");
        let lines = last_lines(&text);
        assert_eq!(lines.len(), LINES);
        assert_eq!(lines.last().unwrap(), "line 19");
        let long = last_lines(&"é".repeat(1000));
        assert_eq!(long[0].chars().count(), WIDTH + 1);
        assert_eq!(tail(Path::new("/nowhere/at/all")), [""; 0]);
    }
}
