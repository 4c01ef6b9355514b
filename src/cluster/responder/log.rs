//! The responder's log: its stderr, which its starter has turned into a file.

use std::io::Write as _;

use crate::plain::plain;

/// Writes a line, with the time before it; harmless for whoever reads the file on a terminal.
#[expect(clippy::disallowed_methods, reason = "stderr is a file here, which no view may lie between")]
pub(super) fn note(what: &str) {
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    // A full disk is no reason to stop serving.
    let _ = writeln!(std::io::stderr(), "{now} {}", plain(what));
}
