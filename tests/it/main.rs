//! Tests against a real control plane, in one binary: the local cluster starts once for all.

mod binaries;
mod cluster;
mod diagnose;
mod drill_commands;
mod drill_files;
mod drill_hostile;
mod report;
mod run;
mod stage;
mod steps;
mod support;
mod undo;
