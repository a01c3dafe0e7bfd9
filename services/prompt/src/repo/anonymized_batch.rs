/// The result of renaming one batch of rows by a deleted user.
pub struct AnonymizedBatch {
    /// Whether rows were left before this batch.
    pub found: bool,
    /// Rows that were renamed.
    pub renamed: i64,
}
