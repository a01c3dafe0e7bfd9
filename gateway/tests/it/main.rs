//! The gateway, tested from outside over real sockets, with stand-ins for the services behind it.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]

mod attacks;
mod certificates;
mod client_address;
mod compressed_streams;
mod compression;
mod cors;
mod docs;
mod draining;
mod failures;
mod fake;
mod frames;
mod framings;
mod http2;
mod http2_attacks;
mod http2_messages;
mod identity;
mod instances;
mod last_requests;
mod leaving;
mod load_shedding;
mod names;
mod paths;
mod rate_limits;
mod recorder;
mod refusals;
mod reload;
mod retries;
mod revocations;
mod shared_limits;
mod signing_keys;
mod streaming;
mod support;
mod tls;
mod web;
mod web_builds;
