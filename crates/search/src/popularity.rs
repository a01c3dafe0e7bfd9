//! How much the ratings and likes of a document change its score.

use crate::Popularity;

/// How many steps of the factor are one.
pub const ONE: u64 = 16;

/// Returns the factor in steps of a sixteenth, from a half to two: coarse, so that few ratings change
/// the index.
pub fn step(popularity: &Popularity) -> u64 {
    let rated = if popularity.weighted_rating > 0.0 {
        (popularity.weighted_rating - 3.0) / 4.0
    } else {
        0.0
    };
    let liked = ((popularity.likes.max(0) as f64).ln_1p() / 20.0).min(0.5);
    let factor = (1.0 + rated + liked).clamp(0.5, 2.0);
    (factor * ONE as f64).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_and_likes_halve_or_double_a_score_at_most() {
        let step = |weighted_rating, likes| {
            step(&Popularity { weighted_rating, likes, average_rating: 0.0 })
        };
        assert_eq!(step(0.0, 0), 16);
        assert_eq!(step(3.0, 0), 16);
        assert_eq!(step(5.0, 0), 24);
        assert_eq!(step(5.0, i64::MAX), 32);
        assert_eq!(step(1.0, 0), 8);
        assert_eq!(step(f64::NAN, -5), 16);
    }
}
