//! Tests against a real control plane, in one binary.

mod diagnose;
mod stage;
mod steps;
mod support;
mod undo;
