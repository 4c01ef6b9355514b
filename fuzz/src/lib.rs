//! What each fuzz target does with its bytes, and what must hold whatever they are. A property
//! that does not hold is a panic, which the fuzzer keeps as a crash.

pub mod drill_file;
mod harmless;
pub mod http_answer;
pub mod journal;
mod memory;
pub mod record;
