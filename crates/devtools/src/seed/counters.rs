//! The counters of a prompt.

/// The counters of a prompt.
#[derive(Default)]
pub struct Counts {
    pub likes: i64,
    pub views: i64,
    pub forks: i64,
    pub comments: i64,
    /// The numbers of ratings of 1, 2, 3, 4 and 5.
    pub ratings: [i64; 5],
    pub trend: Trend,
}

/// The trending score of a prompt, as `trending_with` of the prompt service's database adds it up.
pub struct Trend(f64);

impl Default for Trend {
    fn default() -> Self {
        Self(f64::NEG_INFINITY)
    }
}

impl Trend {
    const HALF_LIFE_MS: f64 = 3.0 * 24.0 * 3600.0 * 1000.0;
    pub const VIEW: f64 = 1.0;
    pub const LIKE: f64 = 5.0;

    /// Adds something that happened at a time, in milliseconds since 1970.
    pub fn add(&mut self, weight: f64, at: i64) {
        let now = at as f64 / Self::HALF_LIFE_MS;
        let most = self.0.max(now);
        self.0 = most + ((self.0 - most).exp2() + weight * (now - most).exp2()).log2();
    }

    /// Returns the value of the column.
    pub fn score(&self) -> f64 {
        self.0
    }
}
