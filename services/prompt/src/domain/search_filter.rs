//! What is searched for, and what is found.

use ids::PromptId;
use search::HitKey;
use serde::{Deserialize, Serialize};

use super::Prompt;

/// The conditions that narrow a search.
#[derive(Clone, Debug, Default)]
pub struct SearchFilter {
    pub category: Option<String>,
    pub tag: Option<String>,
    pub min_rating: Option<f64>,
    pub author: Option<String>,
    pub language: Option<String>,
}

/// The sort key of a hit, best first.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SearchKey {
    pub score: i64,
    pub id: PromptId,
}

impl From<HitKey> for SearchKey {
    fn from(hit: HitKey) -> Self {
        Self { score: hit.score, id: PromptId(hit.id) }
    }
}

impl From<SearchKey> for HitKey {
    fn from(key: SearchKey) -> Self {
        Self { score: key.score, id: key.id.0 }
    }
}

/// A prompt that matches, and the passage that does, as HTML.
#[derive(Clone, Debug)]
pub struct Hit {
    pub prompt: Prompt,
    pub highlight: String,
}
