//! Progress on a terminal.

pub mod progress;
