//! The plan of the data: times, popularity and access of each prompt. All of it follows from the seed,
//! so that any batch can be made without the others.

use anyhow::ensure;
use prompt_service::rows::{Status, Visibility};

use super::rng::{Rng, Stream};

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// The time from the first prompt to the end, in milliseconds.
const SPAN: i64 = 2 * 365 * DAY;

/// The numbers of rows to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    pub prompts: usize,
    pub users: usize,
    pub follows: u64,
    pub likes: u64,
    pub ratings: u64,
    pub comments: u64,
}

/// The numbers of rows to make, and their distribution.
pub struct Plan {
    pub seed: u64,
    pub numbers: Numbers,
    /// The latest time, in milliseconds since 1970.
    pub until: i64,
    /// The numbers of likes, ratings and comments of each prompt.
    pub likes: Vec<u32>,
    pub ratings: Vec<u32>,
    pub comments: Vec<u32>,
    /// The number of others that each person follows.
    pub follows: Vec<u32>,
}

impl Plan {
    /// Makes a plan.
    ///
    /// # Errors
    /// When there are too few prompts or people for what they are to do.
    pub fn new(seed: u64, numbers: Numbers, until: i64) -> anyhow::Result<Self> {
        let Numbers { prompts, users, follows, likes, ratings, comments } = numbers;
        ensure!(prompts == 0 || users > 0, "prompts need users to write them");
        let mut popularity = Vec::with_capacity(prompts);
        let mut talk = Vec::with_capacity(prompts);
        for i in 0..prompts {
            let mut rng = Rng::new(seed, Stream::Popularity, i as u64);
            let seen = Access::draw(&mut rng).is_readable();
            // Zipf's law with a flatter head: otherwise the most popular of a million prompts would have
            // all people, and not a twentieth of them.
            let rank = rng.unit() * prompts as f64;
            let weight = if seen { (rank + 20.0).powf(-0.9) } else { 0.0 };
            popularity.push(weight);
            talk.push(weight * (0.5 + rng.unit()));
        }
        // Nobody likes or rates a prompt twice, or their own. At most half of the others do: to draw
        // the last of them by chance would take long.
        let half = u32::try_from(users.saturating_sub(1).div_ceil(2))?;
        let activity: Vec<f64> = (0..users).map(|rank| (rank as f64 + 10.0).powf(-0.5)).collect();
        Ok(Self {
            seed,
            numbers,
            until,
            likes: share_out(likes, &popularity, half, "likes")?,
            ratings: share_out(ratings, &popularity, half, "ratings")?,
            comments: share_out(comments, &talk, u32::MAX, "comments")?,
            follows: share_out(follows, &activity, half, "follows")?,
        })
    }

    /// Returns the time at which a prompt is written. A higher number is later, and later days have more
    /// prompts.
    pub fn prompt_time(&self, prompt: usize, rng: &mut Rng) -> i64 {
        self.time((prompt as f64 + rng.unit()) / self.numbers.prompts as f64)
    }

    /// Returns the time at which a person registers: a day before their first possible prompt.
    pub fn person_time(&self, person: usize, rng: &mut Rng) -> i64 {
        self.time((person as f64 + rng.unit()) / self.numbers.users as f64) - DAY
    }

    /// Returns the number of people who have registered before a prompt is written.
    pub fn people_before(&self, prompt: usize) -> usize {
        (prompt * self.numbers.users / self.numbers.prompts).max(1)
    }

    fn time(&self, part: f64) -> i64 {
        self.until - SPAN + (SPAN as f64 * part.powf(0.7)) as i64
    }

    /// Returns a time after `start`, rather soon.
    pub fn after(&self, start: i64, rng: &mut Rng) -> i64 {
        let left = (self.until - start).max(0);
        start + (left as f64 * rng.unit().powi(3)) as i64
    }
}

/// The visibility and the status of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    pub visibility: Visibility,
    pub status: Status,
}

impl Access {
    /// Draws the access of a prompt, as the first of its [`Stream::Popularity`].
    pub fn draw(rng: &mut Rng) -> Self {
        let visibility = match rng.below(100) {
            0..92 => Visibility::Public,
            92..96 => Visibility::Unlisted,
            _ => Visibility::Private,
        };
        let status = match rng.below(100) {
            0..97 => Status::Published,
            97 => Status::Archived,
            _ => Status::Draft,
        };
        Self { visibility, status }
    }

    /// Tells whether others than the author can read the prompt.
    pub fn is_readable(self) -> bool {
        self.visibility != Visibility::Private && self.status != Status::Draft
    }

    /// Tells whether the prompt is in public lists.
    pub fn is_listed(self) -> bool {
        self.visibility == Visibility::Public && self.status == Status::Published
    }
}

/// Divides `total` by weight into shares of at most `cap`.
fn share_out(total: u64, weights: &[f64], cap: u32, what: &str) -> anyhow::Result<Vec<u32>> {
    let takers = weights.iter().filter(|weight| **weight > 0.0).count() as u64;
    let room = takers * u64::from(cap);
    ensure!(total <= room, "with so few prompts and users there can be {room} {what} at most");
    let cap_share = f64::from(cap);
    let together =
        |scale: f64| -> f64 { weights.iter().map(|weight| (weight * scale).min(cap_share)).sum() };
    // Looks for the scale at which the capped shares sum up to the total.
    let (mut low, mut high) = (0.0, 1.0);
    while together(high) < total as f64 {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if together(middle) < total as f64 { low = middle } else { high = middle }
    }
    let (mut due, mut given) = (0.0, 0);
    let mut shares: Vec<u32> = weights
        .iter()
        .map(|weight| {
            due += (weight * high).min(cap_share);
            let share = (due as u64).min(total).saturating_sub(given).min(u64::from(cap));
            given += share;
            share as u32
        })
        .collect();
    // Rounding can leave a few.
    for (share, weight) in shares.iter_mut().zip(weights) {
        if given < total && *weight > 0.0 && *share < cap {
            *share += 1;
            given += 1;
        }
    }
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: Numbers = Numbers {
        prompts: 10_000,
        users: 1_000,
        follows: 8_000,
        likes: 60_000,
        ratings: 20_000,
        comments: 20_000,
    };

    fn sum(shares: &[u32]) -> u64 {
        shares.iter().map(|share| u64::from(*share)).sum()
    }

    #[test]
    fn everything_asked_for_is_given_out_and_most_of_it_to_few() {
        let plan = Plan::new(42, NUMBERS, 0).unwrap();
        assert_eq!(sum(&plan.likes), 60_000);
        assert_eq!(sum(&plan.ratings), 20_000);
        assert_eq!(sum(&plan.comments), 20_000);
        assert_eq!(sum(&plan.follows), 8_000);
        let mut likes = plan.likes;
        likes.sort_unstable_by(|a, b| b.cmp(a));
        assert!(likes[0] <= 500, "{}", likes[0]);
        assert!(sum(&likes[..1_000]) > 30_000, "a tenth has more than half");
        assert!(likes[5_000] < 5);
    }

    #[test]
    fn nobody_gets_more_than_the_cap_even_when_that_leaves_just_enough() {
        assert_eq!(share_out(30, &[9.0, 1.0, 0.0, 1.0], 10, "x").unwrap(), [10, 10, 0, 10]);
        assert_eq!(share_out(12, &[100.0, 1.0, 1.0], 10, "x").unwrap(), [10, 1, 1]);
        assert_eq!(share_out(0, &[], 10, "x").unwrap(), [0; 0]);
        assert!(share_out(1, &[1.0], 0, "x").is_err());
        let error = share_out(31, &[9.0, 1.0, 0.0, 1.0], 10, "likes").unwrap_err().to_string();
        assert!(error.contains("30 likes at most"), "{error}");
    }

    #[test]
    fn nobody_writes_before_they_have_registered_and_nothing_is_in_the_future() {
        let plan = Plan::new(42, NUMBERS, 2_000_000_000_000).unwrap();
        let mut last = 0;
        for prompt in 0..NUMBERS.prompts {
            let mut rng = Rng::new(42, Stream::Prompt, prompt as u64);
            let written = plan.prompt_time(prompt, &mut rng);
            let author = plan.people_before(prompt) - 1;
            assert!(plan.person_time(author, &mut rng) < written);
            assert!(last <= written && written <= plan.until);
            assert!(plan.after(written, &mut rng) <= plan.until);
            last = written;
        }
    }
}
