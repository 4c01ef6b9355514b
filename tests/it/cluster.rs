//! The local cluster: up, seen, used, down; and nothing left behind, however it ends.

#![expect(clippy::unwrap_used, reason = "what the tests share may end a test like a test does")]

mod leftovers;
mod lifecycle;
mod loopback;
mod pods;
