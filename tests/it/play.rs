//! Drills that are played on the shared cluster: with lines on stdin, and on real terminals.

mod lines;
mod screen;
mod terminal;
