//! The local cluster: up, seen, used, down; and nothing left behind, however it ends.

mod leftovers;
mod lifecycle;
mod loopback;
mod pods;
