use super::Prompt;

/// The numbers of one prompt.
#[derive(Clone, Debug)]
pub struct PromptStats {
    pub likes_count: i64,
    pub comments_count: i64,
    pub ratings_count: i64,
    pub average_rating: f64,
    pub views_count: i64,
    pub forks_count: i64,
}

impl From<&Prompt> for PromptStats {
    fn from(prompt: &Prompt) -> Self {
        Self {
            likes_count: prompt.likes_count,
            comments_count: prompt.comments_count,
            ratings_count: prompt.ratings_count,
            average_rating: prompt.average_rating,
            views_count: prompt.views_count,
            forks_count: prompt.forks_count,
        }
    }
}

/// The numbers of one author, over the prompts that are in public lists.
#[derive(Clone, Debug)]
pub struct AuthorStats {
    pub prompts_count: i64,
    pub likes_received: i64,
}
