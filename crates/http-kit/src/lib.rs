//! What every HTTP process of the fleet shares, so that all six answer alike.
//!
//! - [`request_body`]: request bodies, bounded in time and read to their end.
//! - [`problem`]: the one error type that becomes a response.
//! - [`mod@errors`]: a service's errors as one table.
//! - [`extract`]: JSON, path and query extractors that report every bad field at once.
//! - [`page`]: offset pages and keyset cursors.
//! - [`app`]: the ordered layer list and the endpoints that each process has.
//! - [`blocking`]: work that would hold up an async thread.
//! - [`serve`]: listener, timeouts, graceful drain.
//! - [`health`]: live, ready and what they ask.
//! - [`telemetry`]: logs, request context, metrics.
//! - [`config`]: environment settings, all errors at once.
//! - [`origins`]: whose pages may call.
//! - [`openapi`]: the parts of the API description that are the same everywhere.
//! - [`text`]: rules for texts that people write.

pub mod app;
pub mod blocking;
pub mod config;
pub mod context;
pub mod decimal;
pub mod errors;
pub mod extract;
pub mod health;
pub mod openapi;
pub mod origins;
pub mod page;
pub mod problem;
pub mod request_body;
pub mod serve;
pub mod telemetry;
pub mod text;

pub use app::App;
pub use extract::{Json, Paged, Path, Query};
pub use page::{Cursor, Page, PageQuery};
pub use problem::{ApiError, ApiResult};
