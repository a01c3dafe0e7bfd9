//! The number of accounts in a period: of few all are read, of many the ones with the lowest hashes.

use sqlx::PgConnection;

use crate::{
    domain::{
        DayViews, Viewer,
        closed_days::{ACCOUNT_LEN, decode_accounts},
        period_views::{count_distinct, is_below, lower, scaled, share_below},
    },
    repo::closed_days::{AccountRange, ClosedKey, accounts_in_ranges},
};

/// The accounts of a sample of many more: its estimate is then within 2 % (three standard errors). Where the
/// sample is a large share of all, fewer have the same error ([`is_enough`]).
const SAMPLE: f64 = 22_500.0;

/// Up to this many are read at once.
const AT_ONCE: f64 = 2.0 * SAMPLE;

/// The part by which a read is larger than a sample. The first is one then unless more than a tenth of the accounts
/// came back within the period; from what it finds, the second is large enough for any estimate's error.
const MARGIN: f64 = 1.1;

/// The least part by which a further read is larger, so that few follow each other.
const GROWTH: f64 = 1.25;

/// Accounts of a day or a month that are closed.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    pub key: ClosedKey,
    /// The number of accounts.
    pub count: i32,
    pub sample: i16,
}

/// The accounts of a period.
#[derive(Default)]
pub struct Accounts {
    /// Those that are read already.
    pub read: Vec<Viewer>,
    /// The bound below which those are complete.
    pub read_below: Option<Viewer>,
    /// The others.
    pub sources: Vec<Source>,
}

/// The share of an account's sources that is read, or the result.
#[derive(Clone, Copy)]
enum Progress {
    Read(f64),
    Done(i64),
}

/// The part of a period that was read so far.
struct Reading {
    progress: Progress,
    /// The accounts of each source, encoded.
    sources: Vec<Vec<u8>>,
    /// The number of distinct accounts below `counted_below`: each read is complete up to a higher bound, so only
    /// those beyond the last are counted again.
    counted: i64,
    counted_below: Viewer,
}

/// Returns the number of distinct accounts in each period.
pub async fn count_accounts(
    connection: &mut PgConnection,
    periods: &[Accounts],
) -> sqlx::Result<Vec<i64>> {
    let mut readings: Vec<Reading> = periods.iter().map(Reading::new).collect();
    loop {
        let mut ranges = Vec::new();
        for (period, reading) in periods.iter().zip(&readings) {
            let Progress::Read(share) = reading.progress else { continue };
            let sources = period.sources.iter().zip(&reading.sources);
            ranges.extend(sources.map(|(source, read)| rest_of(source, share, read)));
        }
        let mut more = match ranges.is_empty() {
            true => Vec::new(),
            false => accounts_in_ranges(connection, &ranges).await?,
        }
        .into_iter();
        for (period, reading) in periods.iter().zip(&mut readings) {
            if let Progress::Read(share) = reading.progress {
                for (read, more) in reading.sources.iter_mut().zip(&mut more) {
                    read.extend_from_slice(&more);
                }
                reading.evaluate(period, share);
            }
        }
        let done = readings.iter().map(|reading| match reading.progress {
            Progress::Done(count) => Some(count),
            Progress::Read(_) => None,
        });
        if let Some(counts) = done.collect() {
            return Ok(counts);
        }
    }
}

fn first_share(period: &Accounts) -> f64 {
    let total: f64 = period.sources.iter().map(|source| f64::from(source.count)).sum();
    if total <= AT_ONCE { 1.0 } else { share_for(total) }
}

/// Returns the share of so many accounts that is a sample of them.
fn share_for(accounts: f64) -> f64 {
    MARGIN * SAMPLE / (SAMPLE + accounts)
}

/// Returns the share of a source that is enough where the period has at least this many accounts: that of a
/// sample, and more than chance may miss.
pub fn share_of_at_least(accounts: f64) -> f64 {
    if accounts <= AT_ONCE { 1.0 } else { GROWTH * share_for(accounts) }
}

/// Returns what is to be read of a source beyond what was, for this share of all hashes.
fn rest_of(source: &Source, share: f64, read: &[u8]) -> AccountRange {
    let first = i32::try_from(read.len() / ACCOUNT_LEN).unwrap_or(source.count);
    let count = (count_of(source, share) - first).max(0);
    AccountRange { key: source.key, first, count }
}

/// Returns how many accounts of a source have to be read to have this share of all hashes.
#[expect(clippy::cast_possible_truncation, reason = "at most the count")]
fn count_of(source: &Source, share: f64) -> i32 {
    if share >= 1.0 {
        return source.count;
    }
    let expected = f64::from(source.count) * share;
    // A few more, since by chance a day has fewer low hashes than its share, and bounds all others then.
    let wanted = expected + 4.0 * expected.sqrt() + 8.0;
    source.count.min(wanted.ceil() as i32)
}

impl Reading {
    fn new(period: &Accounts) -> Self {
        Self {
            progress: Progress::Read(first_share(period)),
            sources: vec![Vec::new(); period.sources.len()],
            counted: 0,
            counted_below: Viewer(0),
        }
    }

    /// Counts what was read of a period, or says how much has to be read.
    fn evaluate(&mut self, period: &Accounts, share: f64) {
        let mut bound = period.read_below;
        for (source, bytes) in period.sources.iter().zip(&self.sources) {
            let count = usize::try_from(source.count).unwrap_or_default();
            let is_whole = bytes.len() / ACCOUNT_LEN >= count;
            let last = decode_accounts(bytes).next_back().filter(|_| !is_whole);
            let sampled = DayViews::bound_of(u8::try_from(source.sample).unwrap_or_default());
            bound = lower(bound, lower(last, sampled));
        }
        let counted_below = self.counted_below;
        let is_new = |viewer: &Viewer| *viewer >= counted_below && is_below(*viewer, bound);
        let of_sources = self.sources.iter().flat_map(|bytes| decode_accounts(bytes));
        let accounts = of_sources.chain(period.read.iter().copied()).filter(is_new);
        self.counted += count_distinct(accounts);
        self.counted_below = bound.unwrap_or(Viewer(u64::MAX));
        self.progress = next_step(self.counted, bound, share);
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn next_step(kept: i64, bound: Option<Viewer>, share: f64) -> Progress {
    let found = kept as f64;
    if share >= 1.0 || is_enough(found, share_below(bound)) {
        return Progress::Done(scaled(kept, bound));
    }
    let wanted = share_for(found / share_below(bound)).max(GROWTH * share);
    // With little to gain, all.
    Progress::Read(if wanted > 0.6 { 1.0 } else { wanted })
}

/// Tells whether a sample, which is a share of all accounts, has an error of at most 2 %: what is not read is
/// all that is estimated.
fn is_enough(accounts: f64, share: f64) -> bool {
    accounts >= SAMPLE * (1.0 - share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_enlarged_until_it_is_enough_or_everything_is_read() {
        let bound = Some(Viewer(u64::MAX / 100));
        // 400,000 accounts in all.
        let Progress::Read(share) = next_step(4_000, bound, 0.01) else { panic!("too few") };
        assert!((0.0585..0.0586).contains(&share), "{share}");
        // Too few for a sample.
        assert!(matches!(next_step(100, bound, 0.01), Progress::Read(1.0)));
        assert!(matches!(next_step(100, None, 1.0), Progress::Done(100)));
        let bound = Some(Viewer(u64::MAX / 16));
        assert!(matches!(next_step(25_000, bound, 0.0625), Progress::Done(400_000)));
        // Of 72,000 in all, 18,000 are within 2 % like 22,500 of a million.
        let bound = Some(Viewer(u64::MAX / 4));
        assert!(matches!(next_step(18_000, bound, 0.25), Progress::Done(72_000)));
        let Progress::Read(share) = next_step(16_000, bound, 0.25) else { panic!("too few") };
        assert!(share > 0.3, "{share}");
        assert!(matches!(next_step(16_000, bound, 0.5), Progress::Read(1.0)));
    }
}
