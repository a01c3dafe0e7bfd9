//! What a search is for: the syntax of web search engines, read into terms. Words become lexemes in
//! Postgres, by the same configuration as what is searched.
//!
//! `rust tutor` finds what has both; `"code review"` has them side by side; `-java` must not be there;
//! `rust or go` finds either, and binds weaker than all the rest.

mod keyword;
mod query;
mod slips;

pub use keyword::{Keyword, stretches};
pub use query::{Lexed, Part, Query};
pub use slips::{may_be_misspelt, may_mean};
