//! What people see while a run goes on, on stderr. A view only: it can fall behind, fail or be
//! closed, and no measurement and no undo waits for it.

mod live;
pub mod narrate;
pub mod play;
pub mod progress;
mod shown;
pub mod terminal;

pub use progress::Progress;
