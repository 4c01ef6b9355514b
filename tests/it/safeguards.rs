//! Runs on a cluster that is not firedrill's own: what it refuses, and what it leaves alone.

mod contexts;
mod dry_run;
mod existing;
pub mod foreign;
mod targets;
mod whole;
