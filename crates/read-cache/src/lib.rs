//! Answers that many callers share, made once and kept for a moment.
//!
//! - [`ReadCache`]: answers, or other values, by key, each read by one caller for all.
//! - [`JsonAnswer`]: an answer as it is sent, with its `ETag`.
//! - [`SharedRead`] and [`View`]: a value from which an answer is made for all, or another for one caller.
//! - [`Generation`]: a part of keys, with which all copies of a kind are dropped at once.
//! - [`Reader`]: who asks, and which answers they have.
//! - [`follow_changes`]: drops what another instance has changed.
//!
//! Only what everyone may see is kept here. An answer to one caller alone is made for that caller, and goes
//! through [`Reader::answer`] only.

mod answer;
mod cache;
mod changes;
mod error;
mod generation;
mod reader;
mod shared_read;

pub use answer::JsonAnswer;
pub use cache::{Outcome, ReadCache};
pub use changes::{Copies, follow_changes};
pub use error::{ReadError, SharedReadError};
pub use generation::Generation;
pub use reader::{Reader, is_first_page};
pub use shared_read::{SharedRead, View};
