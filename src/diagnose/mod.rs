//! The diagnose room.
