//! What every HTTP process of the fleet shares, so that all six answer alike.
//!
//! - [`request_body`]: request bodies as they arrive, bounded in time.
//! - [`problem`]: the one error type that becomes a response, and problem codes.
//! - [`mod@errors`]: a service's errors as one table.
//! - [`extract`]: JSON, path and query extractors that report every bad field at once.
//! - [`page`]: lists by offset and by keyset cursor.
//! - [`app`]: the ordered layer list and the endpoints that each process has.
//! - [`deadline`]: the time that a request has for its answer.
//! - [`held_body`]: a body that holds something until its end.
//! - [`watched_io`]: a connection whose bytes are watched as they pass.
//! - [`blocking`]: CPU-bound work, off the async threads.
//! - [`resolve`]: the addresses of names.
//! - [`serve`]: listener, timeouts, graceful drain.
//! - [`health`]: liveness and readiness.
//! - [`telemetry`]: logs, request context, metrics.
//! - [`config`]: settings from the environment, all errors at once.
//! - [`origins`]: the origins that CORS allows.
//! - [`openapi`]: the parts of the API description that are the same everywhere.
//! - [`text`]: rules for texts that people write.

pub mod app;
pub mod blocking;
pub mod config;
pub mod context;
pub mod deadline;
pub mod decimal;
pub mod errors;
pub mod extract;
pub mod health;
pub mod held_body;
pub mod openapi;
pub mod origins;
pub mod page;
pub mod problem;
pub mod request_body;
pub mod resolve;
pub mod serve;
pub mod telemetry;
pub mod text;
pub mod watched_io;

pub use app::App;
pub use extract::{Json, Paged, Path, Query};
pub use page::{Page, PageQuery};
pub use problem::{ApiError, ApiResult};
