//! Where the control plane comes from.
