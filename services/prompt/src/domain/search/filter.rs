use ids::PromptId;
use serde::{Deserialize, Serialize};

/// The conditions that narrow a search.
#[derive(Debug, Default)]
pub struct Filter {
    pub category: Option<String>,
    pub tag: Option<String>,
    pub min_rating: Option<f64>,
}

/// The sort key of a hit, best first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SearchKey {
    pub score: i64,
    pub id: PromptId,
}
