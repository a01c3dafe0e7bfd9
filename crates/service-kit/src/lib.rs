//! The run of a process: it serves requests, does background jobs, and ends in order.
//!
//! - [`Service`]: describes a service; its `run` is the same for all five.
//! - [`Process`]: what any process does. [`run`]: the same, for one that serves in its own way.
//! - [`Job`]: background work with a name, which is logged, counted, survives a panic, and is drained.
//! - [`Tasks`]: work of a request that goes on when its client has gone.
//!
//! At shutdown, in this order:
//!
//! 1. Requests finish, for 10 s at most; jobs begin no round, and those under way finish within their
//!    limit.
//! 2. Tasks finish, for 10 s at most.
//! 3. Jobs that run [`until_drained`](Job::until_drained) do their last round: what requests left behind
//!    is written, and events are flushed.

mod job;
mod panics;
mod process;
mod runner;
mod service;
mod tasks;

pub use job::{Job, Next};
pub use panics::Panicked;
pub use process::{Process, run};
pub use service::{Service, requires_postgres};
pub use tasks::Tasks;
