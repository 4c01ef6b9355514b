//! The signals against an API server that misbehaves on purpose, on loopback.

mod apiserver;
mod endpoints;
mod http;
