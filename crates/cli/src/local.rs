//! This machine: its processes, ports, stores, and the files of a local stack.

pub mod mongo;
pub mod part;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod program;
pub mod record;
pub mod secrets;
pub mod signals;
pub mod state_dir;

pub use state_dir::StateDir;
