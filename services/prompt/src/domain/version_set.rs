//! Sets of version numbers, which grow with every edit and so are stored as ranges.

use sqlx::{Encode, Postgres, encode::IsNull, error::BoxDynError, postgres::PgArgumentBuffer};

/// A set of version numbers, as ascending ranges with gaps between them; both ends belong to a range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// The flags of a range with its lower bound, without its upper one, and without others: as Postgres keeps ranges of
/// integers.
const LOWER_INCLUSIVE: u8 = 2;

/// The length of the flags of a range and of its two bounds with their lengths.
const RANGE_BYTES: i32 = 1 + 2 * (4 + 4);

/// As an `int4multirange`.
impl Encode<'_, Postgres> for VersionSet {
    fn encode_by_ref(&self, out: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        out.extend(i32::try_from(self.0.len())?.to_be_bytes());
        for (from, to) in &self.0 {
            out.extend(RANGE_BYTES.to_be_bytes());
            out.push(LOWER_INCLUSIVE);
            out.extend([4, *from, 4, to + 1].map(i32::to_be_bytes).as_flattened());
        }
        Ok(IsNull::No)
    }
}

/// From what `multirange_send` makes of an `int4multirange`: sqlx has no such type to be read.
impl TryFrom<Vec<u8>> for VersionSet {
    type Error = &'static str;

    fn try_from(sent: Vec<u8>) -> Result<Self, Self::Error> {
        // The count says no more than the length does.
        let (_, ranges) = sent.split_first_chunk::<4>().ok_or("a multirange is cut")?;
        let (ranges, []) = ranges.as_chunks::<{ 4 + RANGE_BYTES as usize }>() else {
            return Err("a multirange has a range without bounds");
        };
        let bounds = |range: &[u8; _]| match *range {
            [_, _, _, _, LOWER_INCLUSIVE, _, _, _, _, a, b, c, d, _, _, _, _, e, f, g, h] => {
                Ok((i32::from_be_bytes([a, b, c, d]), i32::from_be_bytes([e, f, g, h]) - 1))
            }
            _ => Err("a range has other bounds than Postgres keeps"),
        };
        Ok(Self(ranges.iter().map(bounds).collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{PgPool, query_scalar};

    use super::*;

    #[sqlx::test(migrations = false)]
    async fn ranges_are_written_and_read_as_postgres_sends_them(pool: PgPool) {
        let sets = [
            ("{}", vec![]),
            ("{[1,2)}", vec![(1, 1)]),
            ("{[1,5),[7,8),[300,2147483647)}", vec![(1, 4), (7, 7), (300, i32::MAX - 1)]),
        ];
        for (text, ranges) in sets {
            let sent = query_scalar("select multirange_send($1::text::int4multirange)");
            let sent: Vec<u8> = sent.bind(text).fetch_one(&pool).await.unwrap();
            let set = VersionSet(ranges);
            let mut written = PgArgumentBuffer::default();
            let _ = set.encode_by_ref(&mut written).unwrap();
            assert_eq!(**written, *sent, "{text}");
            assert_eq!(VersionSet::try_from(sent), Ok(set));
        }
        assert!(VersionSet::try_from(vec![0, 0]).is_err());
        assert!(VersionSet::try_from(vec![0; 4 + 20]).is_err());
        assert!(VersionSet::try_from(vec![0; 4 + 21]).is_err());
    }

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
