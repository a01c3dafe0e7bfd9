use ids::{PromptId, UserId};
use timestamp::Timestamp;

/// One person's rating.
#[derive(Clone, Debug)]
pub struct Rating {
    pub user_id: UserId,
    pub username: String,
    pub rating: i16,
    pub review: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A prompt's current rating and words, which a listing of it shows. Title, description and category are
/// `None` while it is a draft or archived: then they are not for others.
#[derive(Debug)]
pub struct RatedPrompt {
    pub id: PromptId,
    pub title: Option<String>,
    pub description: Option<String>,
    pub category: Option<String>,
    pub average_rating: f64,
}

/// The ratings of one prompt, summed up.
#[derive(Clone, Debug)]
pub struct RatingSummary {
    pub average_rating: f64,
    pub ratings_count: i64,
    /// The numbers of ratings of 1, 2, 3, 4 and 5.
    pub distribution: [i64; 5],
    /// The caller's own rating.
    pub user_rating: Option<i16>,
}
