//! Whole drills on the shared cluster: passed, mended by hand, interrupted, refused.

mod aborted;
mod documented;
mod drills;
mod frozen;
mod interrupted;
mod manual;
mod passed;
mod running;
