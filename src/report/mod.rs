//! The damage report: a fold over a journal and nothing else, so that the same journal gives
//! the same bytes a week later, on another machine. No clock, no environment is asked.
//!
//! - [`fold`](fold::fold): events in, a [`DamageReport`] out
//! - [`mod@text`]: for people, to paste into a chat
//! - [`mod@json`]: for machines
//! - [`evaluation`]: many runs, one row an option

pub mod amounts;
pub mod damage;
pub mod debrief;
#[cfg(test)]
pub(crate) mod endings;
pub mod evaluation;
pub mod fold;
pub mod json;
mod leftovers;
mod measured;
mod moments;
pub mod radius;
#[cfg(test)]
pub(crate) mod samples;
mod skew;
pub mod text;
pub mod times;
pub mod verdict;

pub use crate::plain;
pub use damage::DamageReport;
pub use fold::{SIMULATED_PODS, fold};
pub use json::json;
pub use text::text;
pub use verdict::{ReportExit, Verdict};
