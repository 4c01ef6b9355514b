//! The signals against an API server that misbehaves on purpose, on loopback.

mod apiserver;
mod blast;
mod direct;
mod endpoints;
mod http;
