//! What the service asks of others: one file per callee.

pub mod payments;
