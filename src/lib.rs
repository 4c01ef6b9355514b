//! firedrill rehearses Kubernetes incidents against real clusters.
//!
//! The flow is the architecture:
//!
//! ```text
//! drill file ──> plan ──> engine ──> events ──> journal ──fold──> report
//! ```
//!
//! - [`drill`]: the file: model, parser with source spans, check, built-in drills
//! - [`cluster`]: where the control plane comes from: local, kind, a kubeconfig's context
//! - [`steps`]: what changes a cluster; each step knows its undo before it acts
//! - [`signals`]: what is seen of the cluster: endpoints, HTTP requests
//! - [`engine`]: the pure phase function, the loop around it, responders, undo
//! - [`journal`]: what happened, one event a line
//! - [`report`]: the fold over a journal, and its renderers
//! - [`diagnose`]: why a Service has no endpoints, as a pure function
//! - [`play`]: a drill as a game: where the player is, what a choice did; no terminal in it
//! - [`ui`]: progress on a terminal, and the one way to stdout and stderr
//! - [`cli`]: one file per command
//!
//! Arrows point one way: cli → engine → {steps, signals, journal} → drill; the report reads
//! only the journal and the drill; nothing imports cli or ui.

pub mod cli;
pub mod clock;
pub mod cluster;
pub mod diagnose;
pub mod drill;
pub mod engine;
mod group;
pub mod journal;
pub mod plain;
pub mod play;
pub mod report;
pub mod signals;
pub mod steps;
pub mod ui;
