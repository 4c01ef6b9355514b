//! The signals against an API server that misbehaves on purpose, on loopback.

mod apiserver;
mod blast;
mod endpoints;
mod http;
