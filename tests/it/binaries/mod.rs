//! The control plane's binaries, with a loopback mirror, fake binaries and a fake `go`.

mod build;
mod cache;
mod download;
mod fakes;
mod find;
mod mirror;
