//! What runs a drill: the pure phase function, the loop around it, the responders and the undo.

mod aftermath;
mod blast;
pub mod claims;
mod closing;
pub mod ending;
mod event_loop;
pub mod guard;
pub mod news;
mod node_port;
pub mod phase;
pub mod plan;
pub mod playing;
pub mod preflight;
mod preparing;
mod presence;
pub mod recorder;
pub mod rights;
pub mod root_cause;
pub mod run;
pub mod tasks;
pub mod undo;
pub mod view;
mod wall;
pub mod watch;
pub mod wishes;
