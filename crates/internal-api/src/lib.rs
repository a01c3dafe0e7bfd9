//! The calls between services, under `/internal`: one file per callee.
//!
//! A [`Call`] names a call's method, path, request, response and refusals once. The callee registers
//! its handler with [`Serve::route`], and the caller sends the call with [`ServiceClient::call`]: a
//! change that one side forgets does not compile.
//!
//! Services are updated one after the other, so a caller may be older or newer than its callee: a new
//! field of a request or a response has `#[serde(default)]`.

mod call;
mod client;
mod instances;
pub mod marketplace;
mod pause;
pub mod prompt;
mod refusal;
mod server;
#[cfg(test)]
mod tests;
pub mod user;

pub use call::{Call, Method, PathParams};
pub use client::{CallError, ServiceClient};
pub use pause::FailurePause;
pub use refusal::Refusal;
pub use server::{Failure, Request, Serve};
