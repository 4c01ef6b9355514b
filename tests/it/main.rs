//! Tests against a real control plane, in one binary: the local cluster starts once for all.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its stage too")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "shown where a test fails")]

mod binaries;
mod blast;
mod charts;
mod cluster;
mod contention;
mod contexts;
mod diagnose;
mod drill_commands;
mod drill_files;
mod drill_hostile;
mod drill_words;
mod evaluate;
mod guard;
mod hostile;
mod kind;
#[cfg(debug_assertions)]
mod matrix;
mod platform;
mod play;
mod recover;
mod report;
mod rights;
mod run;
mod safeguards;
mod signals;
mod skew;
mod stage;
mod steps;
mod store;
mod support;
mod undo;
