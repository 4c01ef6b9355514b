//! Tests against a real control plane, in one binary: the local cluster starts once for all.

mod cluster;
mod support;
