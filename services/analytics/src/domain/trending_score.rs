//! The trending score: points of a prompt's days, halved with time.

use chrono::NaiveDate;

use super::quarter::day_number;

/// The periods that have a half-life of their own, a quarter of them; others take the next longer one's.
pub const PERIODS: [u16; 4] = [1, 7, 30, 90];

/// The points of a day: two for each viewer, and one for each view, as far as there are two for each viewer.
/// One viewer moves a day by four at most, however often they come back.
pub fn points(views: i64, viewers: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let points = (2 * viewers + views.min(2 * viewers.max(1))) as f64;
    points
}

/// Returns the index of the half-life for a period of so many days.
pub fn class_of(days: u16) -> usize {
    PERIODS.iter().position(|period| days <= *period).unwrap_or(PERIODS.len() - 1)
}

/// Returns the number of half-lives from 1970 to a day.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn half_lives(class: usize, day: NaiveDate) -> f64 {
    day_number(day) as f64 * 4.0 / f64::from(PERIODS[class])
}

/// Where adding two powers of two changes nothing any more.
const NEGLIGIBLE: f64 = 64.0;

/// The logarithms of a prompt's weighted points, one for each half-life.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreKeys(pub [f64; PERIODS.len()]);

impl ScoreKeys {
    /// The keys of a prompt without points.
    pub const NONE: Self = Self([f64::NEG_INFINITY; PERIODS.len()]);

    /// Adds points of a day; they may be negative when an estimate of viewers is corrected.
    pub fn add(&mut self, day: NaiveDate, points: f64) {
        for (class, key) in self.0.iter_mut().enumerate() {
            let weight = half_lives(class, day);
            let above = *key - weight;
            if above > NEGLIGIBLE {
                continue;
            }
            *key = weight + (above.exp2() + points).max(f64::MIN_POSITIVE).log2();
        }
    }

    /// Returns the rank of a key: the key to 20 binary places. Sums in another order differ in their last
    /// bits, and are equal there. `score_rank` of the database returns the same.
    #[expect(clippy::cast_possible_truncation, reason = "saturates; keys are far below 2^43")]
    pub fn rank(&self, class: usize) -> i64 {
        (self.0[class] * RANKS + 0.5).floor() as i64
    }

    /// Returns the score of a rank on a day: four significant digits.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub fn score(rank: i64, class: usize, today: NaiveDate) -> f64 {
        rounded((rank as f64 / RANKS - half_lives(class, today)).exp2())
    }
}

/// The number of ranks from a score to twice that score.
const RANKS: f64 = 1_048_576.0;

/// Rounds to four significant digits.
fn rounded(score: f64) -> f64 {
    format!("{score:.3e}").parse().unwrap_or(score)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, n).unwrap()
    }

    #[test]
    fn one_viewer_moves_a_day_by_four_points_at_most() {
        assert_eq!(points(1, 1), 3.0);
        assert_eq!(points(2, 1), 4.0);
        assert_eq!(points(1_000_000, 1), 4.0);
        assert_eq!(points(1_000_000, 0), 2.0);
        assert_eq!(points(1_000_000, 100) - points(999_999, 99), 4.0);
    }

    #[test]
    fn points_halve_with_time_and_add_up_in_any_order() {
        let mut keys = ScoreKeys::NONE;
        keys.add(day(10), 8.0);
        assert_eq!(ScoreKeys::score(keys.rank(1), 1, day(10)), 8.0);
        assert_eq!(ScoreKeys::score(keys.rank(1), 1, day(17)), 0.5);
        let mut other = ScoreKeys::NONE;
        for (of, points) in [(3, 2.0), (10, 5.0), (9, 1.0), (3, 5.0)] {
            other.add(day(of), points);
        }
        let mut same = ScoreKeys::NONE;
        for (of, points) in [(9, 1.0), (3, 7.0), (10, 5.0)] {
            same.add(day(of), points);
        }
        for (a, b) in other.0.iter().zip(same.0) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
    }

    #[test]
    fn a_period_takes_the_half_life_of_the_next_longer_one() {
        assert_eq!([1, 2, 7, 8, 30, 31, 90].map(class_of), [0, 1, 1, 2, 2, 3, 3]);
    }
}
