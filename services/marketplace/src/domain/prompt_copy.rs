use ids::PromptId;
use rust_decimal::Decimal;

/// The part of a prompt that its listings copy and keep up to date.
#[derive(Debug)]
pub struct PromptCopy {
    pub id: PromptId,
    /// `None` for a prompt without a rating.
    pub rating: Option<Decimal>,
    /// `None` when the prompt service withholds the words: then only the rating is refreshed.
    pub title: Option<String>,
    pub description: Option<String>,
    pub category: Option<String>,
}
