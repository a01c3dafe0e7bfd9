//! This machine: its ports, its stores, and the programs of a local stack.

pub mod account;
pub mod kafka;
pub mod mongo;
pub mod part;
pub mod ports;
pub mod postgres;
pub mod program;
pub mod signals;
