//! The drill file: its model, the parser that keeps source spans, the check of what it
//! refers to, and the drills that are built into the binary.

pub mod catalogue;
pub mod check;
pub mod course;
pub mod duration;
pub mod error;
pub mod files;
mod folder;
pub mod helm;
pub mod impact;
pub mod kinds;
pub mod manifest;
pub mod model;
pub mod nearest;
pub mod parse;
pub mod path;
pub mod provider;
pub mod round;
pub mod scenario;
pub mod schema;
mod shape;
pub mod signal;
pub mod source;
pub mod step;
mod tree;
mod variant;
pub mod via;
pub mod when;
pub mod workload;
mod yaml;

pub use catalogue::{Loaded, load};
pub use duration::Length;
pub use error::{DrillError, Mistake};
pub use files::Files;
pub use helm::*;
pub use model::*;
pub use path::RunbookEntry;
pub use provider::Provider;
pub use round::*;
pub use scenario::{ChoiceBrief, ScenarioTimes};
pub use signal::*;
pub use step::*;
pub use variant::{NO_VARIANT, is_variant};
pub use via::{Site, Via};
pub use when::When;
pub use workload::{Deployed, Manifest, Ready, Workload};
