//! Where the control plane comes from.

pub mod binaries;
