//! `/api/tests`: creating, reading and cancelling single prompt tests.

mod cancel;
mod create;
mod prompt_source;
mod read;
