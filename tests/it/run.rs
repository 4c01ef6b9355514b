//! Whole drills on the shared cluster: passed, mended by hand, interrupted, refused.

mod aborted;
mod documented;
pub mod drills;
mod frozen;
mod helm;
mod interrupted;
mod manual;
mod passed;
pub mod running;
mod ways;
