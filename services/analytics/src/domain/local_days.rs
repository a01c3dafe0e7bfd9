use timestamp::Timestamp;

/// A day or an hour of some zone: from `start` to before `end`, both on full quarters of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalDay {
    pub start: Timestamp,
    pub end: Timestamp,
}
