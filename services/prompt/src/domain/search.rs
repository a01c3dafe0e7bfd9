//! Searches: the syntax of web search engines, parsed into terms. Postgres turns words into lexemes, by
//! the same configuration as the indexed texts.
//!
//! `rust tutor` finds what has both; `"code review"` has them side by side; `-java` must not be there;
//! `rust or go` finds either, and binds weaker than all the rest.

mod filter;
mod keyword;
mod query;
mod scripts;
mod spelling;

pub use filter::{Filter, SearchKey};
pub use keyword::Keyword;
pub use query::{LexedPhrase, SearchQuery, Word, WordMatch};
pub use scripts::script_runs;
pub use spelling::{is_long_enough_to_correct, typo_distance};
