//! How a run ends.

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// To its last event.
    Complete,
    /// A second interrupt: at once, with this left changed.
    LeftAtOnce(Vec<String>),
}
