//! The index through its public API.

mod broken;
mod filters;
mod order;
mod similar;
mod support;
mod texts;
