use ids::{PromptId, UserId};
use rust_decimal::Decimal;

/// A prompt as it is now; a listing keeps a copy of it.
#[derive(Debug)]
pub struct Prompt {
    pub id: PromptId,
    pub title: String,
    pub description: Option<String>,
    pub content_preview: String,
    /// `None` when the caller may not read it.
    pub content: Option<String>,
    pub category: String,
    /// The author.
    pub user_id: UserId,
    pub username: String,
    pub version: i32,
    /// From 1 to 5; `None` when nobody has rated it.
    pub rating: Option<Decimal>,
    /// Whether it is neither a draft nor archived. Private and unlisted prompts may be sold: buying is
    /// a way in.
    pub is_published: bool,
}
