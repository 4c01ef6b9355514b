//! The journal: everything that happened in a run, one JSON line each, durable where it must be.
//!
//! The report is a fold over these events and nothing else.

pub mod aftermath;
#[cfg(test)]
pub(crate) mod arbitrary;
pub mod brief;
#[cfg(debug_assertions)]
mod crash;
pub mod event;
pub mod intervals;
pub mod outage;
pub mod outcome;
pub mod place;
pub mod radius;
pub mod read;
pub mod record;
pub mod resume;
pub mod write;

pub use crate::drill::{ChoiceBrief, ScenarioTimes};
pub use aftermath::*;
pub use brief::*;
pub use event::*;
pub use outcome::*;
pub use radius::*;
pub use record::*;
