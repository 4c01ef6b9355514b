//! How the records of a run lie in the cluster: large ones in parts, those of Secrets in Secrets.

mod large;
pub mod secrets;
