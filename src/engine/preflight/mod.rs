//! What is asked before anything is changed.

pub mod rights;
