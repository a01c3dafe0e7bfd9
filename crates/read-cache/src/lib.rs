//! Answers that many callers share, made once and kept for a moment.
//!
//! - [`ReadCache`]: answers by key, each read by one caller for all.
//! - [`JsonAnswer`]: an answer as it is sent, with its `ETag`.
//! - [`Reader`]: who asks, and which answers they have.
//! - [`follow_changes`]: drops what another instance has changed.
//!
//! Only what everyone may see is kept here. An answer to one caller alone is made for that caller, and goes
//! through [`Reader::answer`] only.

mod answer;
mod cache;
mod changes;
mod error;
mod reader;

pub use answer::JsonAnswer;
pub use cache::ReadCache;
pub use changes::{Copies, follow_changes};
pub use error::{ReadError, SharedReadError};
pub use reader::{Reader, is_first_page};
