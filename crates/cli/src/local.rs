//! The notes that a local stack keeps of itself in its state directory: what runs, as which
//! processes, and its secrets.

pub mod process;
pub mod record;
pub mod secrets;
pub mod state_dir;

pub use state_dir::StateDir;
