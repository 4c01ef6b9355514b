//! Tests against a real kind cluster. Where `kind` or a container engine is missing, each says that
//! it is skipped, and passes. `FIREDRILL_KIND_IMAGE` names the node's image, as for firedrill itself.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its stage too")]
#![expect(clippy::print_stdout, reason = "shown where a test fails")]

mod context;
mod created;
mod helm;
mod killed;

mod rehearsed;
mod reused;
mod support;
mod views;
