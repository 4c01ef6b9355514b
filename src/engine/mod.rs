//! The engine room.
pub mod undo;
