//! Clusters of a kubeconfig's: every way to prove who one is, to trust the API server and to get
//! there, on a real one; and what is said where that fails.

mod connect;
mod exec;
mod facts;
mod proxies;
mod someone;
mod tokens;
mod trust;
mod words;
