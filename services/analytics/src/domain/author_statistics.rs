use ids::PromptId;

use super::PeriodViews;

/// How what an author wrote does in a period.
#[derive(Debug)]
pub struct AuthorStatistics {
    /// The number of prompts written before the period's end.
    pub prompts: i64,
    pub views: PeriodViews,
    /// The most viewed first.
    pub top_prompts: Vec<ShownPrompt>,
    /// Whether some are missing because the prompt service could not be asked.
    pub incomplete: bool,
}

/// A prompt that the caller may read, and its views in a period.
#[derive(Debug)]
pub struct ShownPrompt {
    pub prompt_id: PromptId,
    pub title: String,
    pub category: String,
    pub views: i64,
    pub unique_viewers: i64,
}
