//! The control plane's binaries and helm, with a loopback mirror, fake binaries and a fake `go`.

#![expect(clippy::unwrap_used, reason = "what the tests share may end a test like a test does")]

mod build;
mod cache;
mod download;
mod fakes;
mod find;
mod helm;
mod mirror;
