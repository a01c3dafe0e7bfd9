//! The views of a prompt on one day (UTC), in the form that `prompt_days` and its deltas hold.

use super::Viewer;

/// A day keeps every viewer up to this many, and a sample of more: one in two, in four, and so on. At least
/// half as many are kept then, from which the number of all is estimated within 2 %.
const MAX_VIEWERS: usize = 131_072;

/// The length of an encoded quarter: its number, its views.
const QUARTER_LEN: usize = 5;
/// The length of an encoded entry: a viewer, a quarter.
pub const ENTRY_LEN: usize = 9;

/// A viewer in a quarter of the day.
pub type Entry = (Viewer, u8);

/// The views of a prompt on one day (UTC).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayViews {
    /// Views by quarter; sorted, without zeros.
    quarters: Vec<(u8, u32)>,
    /// Who viewed it when; sorted and distinct.
    entries: Vec<Entry>,
    /// Of all viewers, the entries are of one in 2^sample.
    sample: u8,
}

impl DayViews {
    /// Adds up many views: each a quarter and a viewer, if it has one.
    pub fn of_views(views: impl IntoIterator<Item = (u8, Option<Viewer>)>) -> Self {
        let mut all = Self::default();
        let mut counts = [0_u32; super::quarter::QUARTERS as usize];
        for (quarter, viewer) in views {
            counts[usize::from(quarter)] += 1;
            all.entries.extend(viewer.map(|viewer| (viewer, quarter)));
        }
        let counted = (0..).zip(counts).filter(|(_, views)| *views > 0);
        all.quarters = counted.collect();
        all.tidy();
        all
    }

    /// Adds the views of other events.
    pub fn merge(&mut self, other: &Self) {
        self.add(other);
        self.tidy();
    }

    /// Adds up the views of several rows.
    pub fn sum<'a>(rows: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut all = Self::default();
        rows.into_iter().for_each(|row| all.add(row));
        all.tidy();
        all
    }

    /// Adds views; entries are not sorted after it.
    fn add(&mut self, other: &Self) {
        for &(quarter, views) in &other.quarters {
            match self.quarters.binary_search_by_key(&quarter, |(quarter, _)| *quarter) {
                Ok(at) => self.quarters[at].1 = self.quarters[at].1.saturating_add(views),
                Err(at) => self.quarters.insert(at, (quarter, views)),
            }
        }
        self.sample = self.sample.max(other.sample);
        self.entries.extend_from_slice(&other.entries);
    }

    /// Sorts entries, and thins them out while there are too many viewers.
    fn tidy(&mut self) {
        // Stable, since that sort takes the sorted runs as they are.
        self.entries.sort();
        self.entries.dedup();
        self.drop_unsampled();
        while self.kept_viewers() > MAX_VIEWERS {
            self.sample += 1;
            self.drop_unsampled();
        }
    }

    fn drop_unsampled(&mut self) {
        if let Some(bound) = self.sampled_below() {
            let kept = self.entries.partition_point(|(viewer, _)| *viewer < bound);
            self.entries.truncate(kept);
        }
    }

    /// Returns the bound of the sample: viewers from it on are not kept. `None` when all are.
    pub fn sampled_below(&self) -> Option<Viewer> {
        Self::bound_of(self.sample)
    }

    /// Returns the bound of a sample of one in 2^sample viewers; `None` for all.
    pub fn bound_of(sample: u8) -> Option<Viewer> {
        (sample > 0).then(|| Viewer(1 << (64 - sample)))
    }

    fn kept_viewers(&self) -> usize {
        if self.entries.len() <= 1 {
            return self.entries.len();
        }
        1 + self.entries.windows(2).filter(|pair| pair[0].0 != pair[1].0).count()
    }

    /// Returns the number of views.
    pub fn views(&self) -> i64 {
        self.quarters.iter().map(|(_, views)| i64::from(*views)).sum()
    }

    /// Returns the number of distinct viewers; an estimate when they are a sample.
    pub fn viewers(&self) -> i64 {
        i64::try_from(self.kept_viewers()).unwrap_or(i64::MAX) << self.sample
    }

    pub fn quarters(&self) -> &[(u8, u32)] {
        &self.quarters
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn sample(&self) -> u8 {
        self.sample
    }

    pub fn encoded_quarters(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.quarters.len() * QUARTER_LEN);
        for (quarter, views) in &self.quarters {
            bytes.push(*quarter);
            bytes.extend_from_slice(&views.to_be_bytes());
        }
        bytes
    }

    pub fn encoded_entries(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.entries.len() * ENTRY_LEN);
        for (viewer, quarter) in &self.entries {
            bytes.extend_from_slice(&viewer.0.to_be_bytes());
            bytes.push(*quarter);
        }
        bytes
    }

    /// Reads what was encoded. A quarter that no day has is left out.
    pub fn decode(quarters: &[u8], entries: &[u8], sample: i16) -> Self {
        let in_day = |quarter: &u8| *quarter < super::quarter::QUARTERS;
        let encoded = entries.as_chunks::<ENTRY_LEN>().0.iter();
        let mut entries = Vec::with_capacity(encoded.len());
        entries.extend(
            encoded
                .map(|[viewer @ .., quarter]| (Viewer(u64::from_be_bytes(*viewer)), *quarter))
                .filter(|(_, quarter)| in_day(quarter)),
        );
        Self {
            quarters: quarters
                .as_chunks::<QUARTER_LEN>()
                .0
                .iter()
                .map(|[quarter, views @ ..]| (*quarter, u32::from_be_bytes(*views)))
                .filter(|(quarter, _)| in_day(quarter))
                .collect(),
            entries,
            sample: u8::try_from(sample).unwrap_or_default().min(63),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_read_again() {
        let views = DayViews::of_views([(3, Some(Viewer(8))), (95, None), (3, Some(Viewer(8)))]);
        let (quarters, entries) = (views.encoded_quarters(), views.encoded_entries());
        assert_eq!(DayViews::decode(&quarters, &entries, 0), views);
        assert_eq!((views.views(), views.viewers()), (3, 1));
        assert_eq!(views.quarters(), [(3, 2), (95, 1)]);
    }

    #[test]
    fn a_day_with_more_viewers_than_it_keeps_estimates_them_within_two_percent() {
        let user =
            |n: u32| Viewer::anonymous(super::super::AnonymousViewer::from_key(&n.to_string()));
        let mut day = DayViews::default();
        for part in 0..40_u32 {
            let views = (part * 10_000..(part + 1) * 10_000).map(|n| (5, Some(user(n))));
            day.merge(&DayViews::of_views(views));
        }
        assert_eq!(day.views(), 400_000);
        assert!(day.sample() > 0 && day.entries().len() <= MAX_VIEWERS);
        assert!((392_000..408_000).contains(&day.viewers()), "{}", day.viewers());
        // Viewers that were counted change nothing.
        let before = day.viewers();
        day.merge(&DayViews::of_views((0..1000).map(|n| (5, Some(user(n))))));
        assert_eq!(day.viewers(), before);
    }
}
