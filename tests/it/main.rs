//! Tests against a real control plane, in one binary: the local cluster starts once for all.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its stage too")]

mod binaries;
mod cluster;
mod contention;
mod diagnose;
mod drill_commands;
mod drill_files;
mod drill_hostile;
mod platform;
mod recover;
mod report;
mod run;
mod signals;
mod stage;
mod steps;
mod support;
mod undo;
