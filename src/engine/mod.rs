//! What runs a drill: the pure phase function, the loop around it, the responders and the undo.

pub mod claims;
mod closing;
pub mod ending;
mod event_loop;
pub mod news;
pub mod phase;
pub mod plan;
mod presence;
pub mod recorder;
pub mod root_cause;
pub mod run;
pub mod tasks;
pub mod undo;
pub mod view;
mod wall;
pub mod watch;
