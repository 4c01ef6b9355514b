//! The drill file: its model, the parser that keeps source spans, the check of what it
//! refers to, and the drills that are built into the binary.

pub mod catalogue;
pub mod check;
pub mod duration;
pub mod impact;
pub mod model;
pub mod parse;
pub mod scenario;
pub mod schema;
pub mod step;

pub use duration::Length;
pub use model::*;
pub use step::*;
