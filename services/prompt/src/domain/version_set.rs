//! Sets of version numbers, which grow with every edit and so are stored as ranges.

use serde::Deserialize;
use sqlx::{Encode, Postgres, encode::IsNull, error::BoxDynError, postgres::PgArgumentBuffer};

/// A set of version numbers, as ascending ranges with gaps between them; both ends belong to a range.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct VersionSet(Vec<(i32, i32)>);

impl VersionSet {
    /// Makes the set of all numbers up to the newest.
    pub fn up_to(newest: i32) -> Self {
        Self(vec![(1, newest)])
    }

    /// Adds the numbers from `first` to `newest`, which is the highest of all.
    pub fn and_from(mut self, first: i32, newest: i32) -> Self {
        self.0.retain(|(from, _)| *from < first);
        match self.0.last_mut() {
            Some((_, to)) if *to + 1 >= first => *to = newest,
            _ if first <= newest => self.0.push((first, newest)),
            _ => {}
        }
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, version: i32) -> bool {
        self.0.iter().any(|(from, to)| (*from..=*to).contains(&version))
    }

    /// Counts the versions.
    pub fn len(&self) -> i64 {
        self.0.iter().map(|(from, to)| i64::from(to - from + 1)).sum()
    }

    /// Returns the highest number below another.
    pub fn below(&self, version: i32) -> Option<i32> {
        self.0.iter().rev().find(|(from, _)| *from < version).map(|(_, to)| (*to).min(version - 1))
    }

    /// Returns `limit` numbers, highest first, after the highest `offset` of those below `before`.
    pub fn page(&self, before: i32, offset: i64, limit: i64) -> Vec<i32> {
        let (mut skip, mut page) = (offset, Vec::new());
        for (from, to) in self.0.iter().rev() {
            let to = (*to).min(before.saturating_sub(1));
            let count = i64::from(to) - i64::from(*from) + 1;
            if count <= skip {
                skip -= count.max(0);
                continue;
            }
            let left = usize::try_from(limit).unwrap_or(0) - page.len();
            page.extend((*from..=to - i32::try_from(skip).unwrap_or(0)).rev().take(left));
            skip = 0;
        }
        page
    }
}

/// As an `int4multirange`.
impl Encode<'_, Postgres> for VersionSet {
    fn encode_by_ref(&self, out: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        /// The length of the flags of a range and of its two bounds with their lengths.
        const RANGE_BYTES: i32 = 1 + 2 * (4 + 4);
        /// The flag of a range with its lower bound and without its upper one.
        const LOWER_INCLUSIVE: u8 = 2;
        out.extend(i32::try_from(self.0.len())?.to_be_bytes());
        for (from, to) in &self.0 {
            out.extend(RANGE_BYTES.to_be_bytes());
            out.push(LOWER_INCLUSIVE);
            out.extend([4, *from, 4, to + 1].map(i32::to_be_bytes).as_flattened());
        }
        Ok(IsNull::No)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_where_they_meet() {
        let set = VersionSet(vec![(2, 3), (6, 8)]);
        assert_eq!(set.clone().and_from(4, 9), VersionSet(vec![(2, 9)]));
        assert_eq!(set.clone().and_from(5, 8), VersionSet(vec![(2, 3), (5, 8)]));
        assert_eq!(set.clone().and_from(7, 8), set);
        assert_eq!(set.clone().and_from(1, 8), VersionSet::up_to(8));
        assert_eq!(VersionSet::default().and_from(3, 4), VersionSet(vec![(3, 4)]));
        assert!(VersionSet::default().and_from(5, 4).is_empty());
    }

    #[test]
    fn gaps_are_neither_counted_nor_listed() {
        let set = VersionSet(vec![(2, 3), (6, 8)]);
        assert_eq!((set.len(), set.contains(4), set.contains(6)), (5, false, true));
        assert_eq!(set.page(i32::MAX, 0, 10), [8, 7, 6, 3, 2]);
        assert_eq!(set.page(i32::MAX, 2, 2), [6, 3]);
        assert_eq!(set.page(7, 0, 2), [6, 3]);
        assert_eq!(set.page(7, 1, 9), [3, 2]);
        assert_eq!(set.page(5, 1, 9), [2]);
        assert!(set.page(2, 0, 9).is_empty() && set.page(i32::MAX, 100_000_000, 9).is_empty());
        assert_eq!((set.below(9), set.below(7), set.below(6)), (Some(8), Some(6), Some(3)));
        assert_eq!(set.below(2), None);
    }
}
