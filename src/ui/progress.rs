//! Stand-in.
use crate::drill::Impact;
use crate::journal::Event;
/// Stand-in.
#[derive(Debug)]
pub struct Progress;
impl Progress {
    /// Stand-in.
    #[must_use]
    pub fn start(_: Impact) -> Self { Self }
    /// Stand-in.
    pub fn event(&self, event: &Event) {
        if !matches!(event.kind, crate::journal::Kind::Request { .. }) {
            eprintln!("{:>10.3} {:?}", event.stamp.elapsed as f64 / 1e6, event.kind);
        }
    }
    /// Stand-in.
    pub fn note(&self, line: &str) { eprintln!("{line}"); }
    /// Stand-in.
    pub fn instructions(&self, text: &str) { eprintln!("{text}"); }
    /// Stand-in.
    pub fn finish(self) {}
}
