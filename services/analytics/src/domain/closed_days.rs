//! What is computed once of a day that is over: the figures of each 24 hours that begin in it, and the
//! accounts that viewed.

use chrono::{Datelike, NaiveDate};
use ids::PromptId;
use sqlx::types::Uuid;

use super::{DayViews, Viewer, quarter::QUARTERS};

/// The length of an encoded window: views, viewers, and those of them without an account.
pub const WINDOW_LEN: usize = 12;
/// The length of the windows of a month that begin with one quarter of its days; months of fewer than 31 have
/// zeros at the end.
pub const STRIP_LEN: usize = 31 * WINDOW_LEN;
/// The length of an encoded account.
pub const ACCOUNT_LEN: usize = 8;
/// The length of an encoded prompt with its views.
const PROMPT_LEN: usize = 20;

/// The figures of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayFigures {
    pub views: i64,
    pub viewers: i64,
    /// The viewers without an account.
    pub anonymous: i64,
}

/// Returns the figures of the 24 hours that begin with each quarter of `day`, encoded; `next` is the day
/// after.
pub fn encoded_windows(day: &DayViews, next: &DayViews) -> Vec<u8> {
    let windows = windows(day, next);
    let figures = windows.iter().flat_map(|w| [w.views, w.viewers, w.anonymous]);
    figures.flat_map(|n| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes()).collect()
}

/// Returns the windows of a month, encoded, from those of its days with their places from 0 on.
pub fn encoded_month(days: &[(usize, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![0; usize::from(QUARTERS) * STRIP_LEN];
    for (place, windows) in days {
        let strips = bytes.chunks_mut(STRIP_LEN);
        for (strip, window) in strips.zip(windows.chunks(WINDOW_LEN)) {
            if let Some(of_day) = strip.get_mut(place * WINDOW_LEN..(place + 1) * WINDOW_LEN) {
                of_day.copy_from_slice(window);
            }
        }
    }
    bytes
}

/// Reads the window of a day from those of its month that begin with one quarter.
pub fn decode_strip(strip: &[u8], day: NaiveDate) -> DayFigures {
    decode_window(strip.get(day.day0() as usize * WINDOW_LEN..).unwrap_or_default())
}

/// Reads an encoded window.
pub fn decode_window(bytes: &[u8]) -> DayFigures {
    let number = |at| match bytes.get(at..).and_then(<[u8]>::first_chunk) {
        Some(number) => i64::from(u32::from_be_bytes(*number)),
        None => 0,
    };
    DayFigures { views: number(0), viewers: number(4), anonymous: number(8) }
}

fn windows(day: &DayViews, next: &DayViews) -> Vec<DayFigures> {
    let sample = day.sample().max(next.sample());
    // Gains from one window to the next, and of the first from nothing.
    let mut gains = vec![DayFigures::default(); usize::from(QUARTERS) + 1];
    gains[0].views = day.views();
    for (quarter, views) in day.quarters() {
        gains[usize::from(*quarter) + 1].views -= i64::from(*views);
    }
    for (quarter, views) in next.quarters() {
        gains[usize::from(*quarter) + 1].views += i64::from(*views);
    }
    for visit in Visits::new(day, next, sample) {
        // Those that begin up to the last quarter of the day with a visit, or after the first of the next.
        let mut change = |quarter: u8, by: i64| {
            let gain = &mut gains[usize::from(quarter)];
            gain.viewers += by;
            gain.anonymous += if visit.viewer.is_anonymous() { by } else { 0 };
        };
        match (visit.last, visit.first_of_next) {
            (Some(last), Some(first)) if last >= first => change(0, 1),
            (last, first) => {
                if let Some(last) = last {
                    change(0, 1);
                    change(last + 1, -1);
                }
                if let Some(first) = first {
                    change(first + 1, 1);
                }
            }
        }
    }
    gains.pop();
    let sums = gains.into_iter().scan(DayFigures::default(), |sum, gain| {
        sum.views += gain.views;
        sum.viewers += gain.viewers;
        sum.anonymous += gain.anonymous;
        Some(DayFigures {
            views: sum.views,
            viewers: sum.viewers << sample,
            anonymous: sum.anonymous << sample,
        })
    });
    sums.collect()
}

/// When someone viewed on two days that follow each other.
struct Visit {
    viewer: Viewer,
    /// The last quarter of the day with a view.
    last: Option<u8>,
    /// The first quarter of the next day with a view.
    first_of_next: Option<u8>,
}

/// The viewers of two days, in the order of their hashes.
struct Visits<'a> {
    day: &'a [(Viewer, u8)],
    next: &'a [(Viewer, u8)],
}

impl<'a> Visits<'a> {
    /// Takes one in 2^sample viewers.
    fn new(day: &'a DayViews, next: &'a DayViews, sample: u8) -> Self {
        let kept = |views: &'a DayViews| match DayViews::bound_of(sample) {
            None => views.entries(),
            Some(bound) => {
                let count = views.entries().partition_point(|(viewer, _)| *viewer < bound);
                &views.entries()[..count]
            }
        };
        Self { day: kept(day), next: kept(next) }
    }
}

impl Iterator for Visits<'_> {
    type Item = Visit;

    fn next(&mut self) -> Option<Visit> {
        let first = |entries: &[(Viewer, u8)]| entries.first().map(|(viewer, _)| *viewer);
        let viewer = [first(self.day), first(self.next)].into_iter().flatten().min()?;
        let take = |entries: &mut &[(Viewer, u8)]| {
            let count = entries.iter().take_while(|(other, _)| *other == viewer).count();
            let (own, rest) = entries.split_at(count);
            *entries = rest;
            (own.first().map(|(_, quarter)| *quarter), own.last().map(|(_, quarter)| *quarter))
        };
        let (_, last) = take(&mut self.day);
        let (first_of_next, _) = take(&mut self.next);
        Some(Visit { viewer, last, first_of_next })
    }
}

/// Returns the accounts among viewers, sorted and distinct.
pub fn accounts<'a>(days: impl IntoIterator<Item = &'a DayViews>) -> Vec<Viewer> {
    let entries = days.into_iter().flat_map(|day| day.entries());
    let mut accounts: Vec<Viewer> =
        entries.map(|(viewer, _)| *viewer).filter(|viewer| !viewer.is_anonymous()).collect();
    // Stable, since that sort takes the sorted runs as they are.
    accounts.sort();
    accounts.dedup();
    accounts
}

pub fn encoded_accounts(accounts: &[Viewer]) -> Vec<u8> {
    accounts.iter().flat_map(|account| account.0.to_be_bytes()).collect()
}

pub fn decode_accounts(bytes: &[u8]) -> impl DoubleEndedIterator<Item = Viewer> + Clone {
    bytes.as_chunks().0.iter().map(|account| Viewer(u64::from_be_bytes(*account)))
}

pub fn encoded_prompts(prompts: impl IntoIterator<Item = (PromptId, i64)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (prompt, views) in prompts {
        bytes.extend_from_slice(prompt.0.as_bytes());
        bytes.extend_from_slice(&u32::try_from(views).unwrap_or(u32::MAX).to_be_bytes());
    }
    bytes
}

pub fn decode_prompts(bytes: &[u8]) -> impl Iterator<Item = (PromptId, i64)> {
    bytes.as_chunks::<PROMPT_LEN>().0.iter().map(|bytes| {
        let (mut id, mut views) = ([0; 16], [0; 4]);
        id.copy_from_slice(&bytes[..16]);
        views.copy_from_slice(&bytes[16..]);
        (PromptId(Uuid::from_bytes(id)), u32::from_be_bytes(views).into())
    })
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn views() -> impl Strategy<Value = Vec<(u8, Option<Viewer>)>> {
        vec((0..QUARTERS, proptest::option::of((0..9_u64).prop_map(Viewer))), 0..30)
    }

    proptest! {
        #[test]
        fn each_window_holds_what_a_count_of_its_24_hours_finds(day in views(), next in views()) {
            let (of_day, of_next) =
                (DayViews::of_views(day.clone()), DayViews::of_views(next.clone()));
            let encoded = encoded_windows(&of_day, &of_next);
            prop_assert_eq!(encoded.len(), usize::from(QUARTERS) * WINDOW_LEN);
            for (start, window) in (0..QUARTERS).zip(encoded.chunks(WINDOW_LEN)) {
                let late = day.iter().filter(|(quarter, _)| *quarter >= start);
                let early = next.iter().filter(|(quarter, _)| *quarter < start);
                let inside: Vec<Option<Viewer>> = late.chain(early).map(|(_, v)| *v).collect();
                let mut viewers: Vec<Viewer> = inside.iter().copied().flatten().collect();
                viewers.sort();
                viewers.dedup();
                let anonymous = viewers.iter().filter(|viewer| viewer.is_anonymous()).count();
                prop_assert_eq!(decode_window(window), DayFigures {
                    views: inside.len() as i64,
                    viewers: viewers.len() as i64,
                    anonymous: anonymous as i64,
                });
            }
        }
    }

    #[test]
    fn what_is_encoded_is_read_again() {
        let accounts = [Viewer(2), Viewer(u64::MAX - 1)];
        assert!(decode_accounts(&encoded_accounts(&accounts)).eq(accounts));
        let prompts = [(PromptId::new(), 7), (PromptId::new(), 1)];
        assert!(decode_prompts(&encoded_prompts(prompts)).eq(prompts));
    }
}
