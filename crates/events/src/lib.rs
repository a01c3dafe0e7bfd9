//! Kafka events: what they say, and how they get there.
//!
//! - [`Envelope`] around one payload a file: [`UserRegistered`], [`PromptCreated`], [`PromptViewed`].
//! - [`outbox`]: events that must happen, written with their cause and relayed after.
//! - [`producer`]: one bounded producer a process.
//! - [`consumer`]: batches, with offsets committed after the work.
//! - [`jobs`]: the background jobs of a service that sends events.
//! - [`topics`]: which there are, and creating them.

pub mod consumer;
mod envelope;
mod error_log;
pub mod jobs;
pub mod outbox;
pub mod producer;
mod prompt_created;
mod prompt_viewed;
pub mod topics;
mod user_registered;

pub use envelope::{Envelope, Event, EventHeaders};
pub use producer::{Producer, RawMessage, SendError};
pub use prompt_created::PromptCreated;
pub use prompt_viewed::PromptViewed;
pub use user_registered::UserRegistered;
