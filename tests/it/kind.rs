//! `--cluster kind` with a `kind` and a `docker` that only pretend: what is called, and when; what
//! is kept, and what is removed. `tests/kind` has the real ones.

#![expect(clippy::unwrap_used, reason = "what the tests share may end a test like a test does")]

mod creation;
mod fakes;
mod killed;
mod missing;
mod reuse;
