//! What runs a drill: the pure phase function, the loop around it, the responders and the undo.

pub mod phase;
pub mod watch;
