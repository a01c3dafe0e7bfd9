//! The prompts as they are indexed for search.

use ids::{PromptId, UserId};
use search::{Change, Document};

/// Characters of a content that are indexed.
pub const INDEXED_CHARS: usize = 20_000;

/// The numbers of likes from which on a prompt is ranked as better liked; the trigger that notes them has
/// the same.
const LIKES_STEPS: [i64; 8] = [1, 4, 16, 64, 256, 1024, 4096, 16384];

/// A listed prompt with what it can be found by.
#[derive(Debug)]
pub struct IndexedPrompt {
    pub id: PromptId,
    pub title: String,
    pub tags: Vec<String>,
    pub category: String,
    pub description: Option<String>,
    /// The first characters of what everyone may read.
    pub content: String,
    pub username: String,
    pub user_id: UserId,
    pub weighted_rating: f64,
    pub likes_count: i64,
    pub average_rating: f64,
}

impl From<IndexedPrompt> for Change {
    fn from(prompt: IndexedPrompt) -> Self {
        let popularity = search::Popularity {
            weighted_rating: prompt.weighted_rating,
            likes: likes_step(prompt.likes_count),
            average_rating: prompt.average_rating,
        };
        Self::Put(Box::new(Document {
            id: prompt.id.0,
            title: prompt.title,
            tags: prompt.tags,
            category: prompt.category,
            description: prompt.description.unwrap_or_default(),
            content: prompt.content,
            author: prompt.username,
            author_id: prompt.user_id.0,
            popularity,
        }))
    }
}

/// Returns the step that a number of likes has reached. Between two steps nothing is noted, and instances
/// that index a prompt at different moments must rank it alike.
fn likes_step(likes: i64) -> i64 {
    LIKES_STEPS.into_iter().rev().find(|step| *step <= likes).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likes_count_by_powers_of_four() {
        let steps = [0, 1, 3, 4, 15, 16, 1_000_000].map(likes_step);
        assert_eq!(steps, [0, 1, 1, 4, 4, 16, 16384]);
    }
}
