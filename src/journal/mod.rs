//! The journal: everything that happened in a run, one JSON line each, durable where it must be.
//!
//! The report is a fold over these events and nothing else.

#[cfg(test)]
pub(crate) mod arbitrary;
pub mod event;
pub mod intervals;
pub mod place;
pub mod read;
pub mod record;
pub mod write;

pub use event::*;
pub use record::*;
