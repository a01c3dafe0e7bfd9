/// A range of a list: the rows after a cursor, or from an offset on.
#[derive(Clone, Copy, Debug)]
pub struct Slice<K> {
    pub after: Option<K>,
    /// One row more than the page has, which shows whether there is another page.
    pub limit: i64,
    pub offset: i64,
}

/// Rows of a list, with the number of rows in the whole list if it was counted.
pub struct Rows<T> {
    pub rows: Vec<T>,
    pub total: Option<i64>,
}
