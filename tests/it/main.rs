//! Tests in one binary: those against a real control plane share one local cluster.

mod binaries;
mod cluster;
mod support;
