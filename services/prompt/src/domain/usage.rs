/// Views and uses of one prompt that are to be added to its counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageDelta {
    /// Reads by others than the author.
    pub views: i64,
    /// Renderings.
    pub uses: i64,
}
