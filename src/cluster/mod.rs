//! Where the control plane comes from.
//!
//! - [`binaries`]: the control plane's binaries
//! - [`local`]: firedrill's own cluster: real etcd, API server, controllers and scheduler,
//!   simulated nodes
//! - [`kind`]: a kind cluster: nodes in containers of this machine's engine
//! - [`responder`]: the process beside a local cluster that answers for its pods and removes the
//!   cluster when its owner is gone
//! - [`state`]: the folders of firedrill's clusters
//! - [`context`]: a context of a kubeconfig; [`protected`]: those that are not to be touched
//! - [`credentials`]: who firedrill is there, where that changes while it runs; `proxy`: the way there
//! - [`reach`]: why an API server cannot be used; [`distribution`]: whose Kubernetes it is
//! - [`access`]: how a run talks to its cluster, wherever it came from; [`held`]: what becomes of it

pub mod access;
pub mod binaries;
mod connection;
pub mod context;
pub mod credentials;
pub mod distribution;
pub mod error;
pub(crate) use crate::group;
pub mod held;
pub mod kind;
pub mod local;
mod nodes;
mod pair;
pub mod protected;
mod proxy;
pub mod reach;
pub mod responder;
pub mod state;
mod wait;

pub use access::{Access, NodePorts};
pub use connection::Connection;
pub use error::Error;
pub use held::Held;
