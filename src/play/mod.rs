//! A drill as something that a person plays. What is shown is a fold over the run's events, the
//! drill and what was read of the cluster; what is pressed becomes a decision. No terminal here.
//!
//! - [`game`]: events in, where the player is and what the outage has cost so far
//! - [`answer`]: what the cluster answered to a choice
//! - [`facts`]: what was read of the cluster, in lines; [`reader`] reads it
//! - [`table`]: a game with what the player sees of it: keys in, decisions out
//! - [`page`]: what there is to see now, in rows, for every form of it

pub mod answer;
pub mod clock;
pub mod facts;
pub mod game;
pub mod keys;
pub mod page;
pub mod reader;
#[cfg(test)]
pub(crate) mod story;
pub mod table;

pub use game::Game;
pub use page::{Row, Tone};
pub use table::{Act, Key, Table};
