//! Random numbers that are the same on every machine and in every release.
//!
//! The generator of a crate may change its numbers with a release; those of a `--seed` must not change.

use uuid::Uuid;

/// A stream of random numbers. Each item draws from a stream of its own, so that items can be made in
/// any order and in parallel.
#[derive(Clone, Copy)]
pub enum Stream {
    Person = 1,
    Follows,
    Popularity,
    Prompt,
    Reactions,
    Drill,
    /// A prompt, an account and an event of the analytics data, and one of `bench events`.
    ViewedPrompt,
    Account,
    Event,
    Bench,
}

/// A SplitMix64 generator: small, fast, and good enough for data that only has to look real.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64, stream: Stream, index: u64) -> Self {
        Self(mix(mix(seed).wrapping_add(stream as u64)).wrapping_add(mix(index ^ INCREMENT)))
    }

    /// Draws 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(INCREMENT);
        mix(self.0)
    }

    /// Draws a number from 0 up to 1, exclusive.
    pub fn unit(&mut self) -> f64 {
        // The 53 bits that fit a double.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Draws true with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Draws a number below `n`, all with the same probability.
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    /// Draws a number from `low` to `high`, inclusive.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// Draws an item, all with the same probability.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// Draws a number below `n` as words, tags and categories are used: the first twice as often as the
    /// second, three times as often as the third (Zipf's law).
    pub fn zipf(&mut self, n: usize) -> usize {
        let rank = (n as f64 + 1.0).powf(self.unit()) as usize;
        (rank - 1).min(n - 1)
    }

    /// Draws a number below `n` as people are active: the first hundredth of them does a tenth of
    /// everything.
    pub fn active(&mut self, n: usize) -> usize {
        (self.unit().powi(2) * n as f64) as usize
    }

    /// Draws from the normal distribution around 0 with deviation 1.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Makes a UUIDv7 of a time in milliseconds since 1970.
    pub fn id(&mut self, millis: i64) -> Uuid {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.bits().to_le_bytes());
        random[8..].copy_from_slice(&self.bits().to_le_bytes()[..2]);
        uuid::Builder::from_unix_timestamp_millis(millis.unsigned_abs(), &random).into_uuid()
    }
}

const INCREMENT: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_every_time_and_unlike_its_neighbours() {
        let first = |seed, stream, index| Rng::new(seed, stream, index).bits();
        assert_eq!(first(42, Stream::Prompt, 7), first(42, Stream::Prompt, 7));
        let others = [
            first(43, Stream::Prompt, 7),
            first(42, Stream::Person, 7),
            first(42, Stream::Prompt, 8),
        ];
        assert!(!others.contains(&first(42, Stream::Prompt, 7)));
        // The first number of the published generator from the state 0.
        assert_eq!(Rng(0).bits(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn the_first_word_comes_twice_as_often_as_the_second() {
        let mut rng = Rng::new(1, Stream::Prompt, 0);
        let mut counts = [0_u32; 1000];
        for _ in 0..1_000_000 {
            counts[rng.zipf(1000)] += 1;
        }
        // The first has a share of ln 2 / ln 1001.
        assert!((99_000..102_000).contains(&counts[0]), "{}", counts[0]);
        assert!((57_000..60_500).contains(&counts[1]), "{}", counts[1]);
        assert!(counts.iter().all(|count| *count > 0));
    }

    #[test]
    fn ids_are_of_version_7_and_of_their_time() {
        let id = Rng::new(1, Stream::Person, 0).id(1_700_000_000_123);
        assert_eq!(id.get_version_num(), 7);
        let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
        assert_eq!((seconds, nanos), (1_700_000_000, 123_000_000));
    }
}
