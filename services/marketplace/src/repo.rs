//! SQL, and nothing else.

pub mod catalogue;
pub mod keys;
pub mod licenses;
pub mod listings;
pub mod prompt_copies;
pub mod refunds;
pub mod revenue;
pub mod steps;
pub mod transactions;

/// Which rows of a list: those after a place in its order, or from an offset on.
#[derive(Clone, Copy, Debug)]
pub struct Slice<K> {
    pub after: Option<K>,
    /// One more than asked for, which tells whether there is more.
    pub limit: i64,
    pub offset: i64,
}

/// Rows of a list, and how many there are in all when that was asked for.
pub struct Rows<T> {
    pub rows: Vec<T>,
    pub total: Option<i64>,
}
