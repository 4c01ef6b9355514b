//! The platform fails while a drill runs: processes of the control plane are frozen, killed and
//! restarted, the API server misbehaves, the clock is stepped, the disk is full, nobody reads.
//!
//! Whatever it is, the run ends in time, says what it could not see, and leaves nothing.

mod cell;
mod clock;
mod controllers;
mod disk;
mod frozen;
mod misbehaving;
pub mod own;
pub mod proxy;
pub mod rehearsal;
mod restarted;
mod streams;
