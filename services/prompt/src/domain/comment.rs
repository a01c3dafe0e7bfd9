use ids::{CommentId, PromptId, UserId};
use pg::Timestamp;

/// A comment, as one caller sees it.
#[derive(Clone, Debug)]
pub struct Comment {
    pub id: CommentId,
    pub prompt_id: PromptId,
    pub user_id: UserId,
    pub username: String,
    pub parent_id: Option<CommentId>,
    pub content: String,
    pub replies_count: i64,
    pub likes_count: i64,
    pub user_has_liked: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

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

/// What a prompt is rated and called now; a listing of it shows that. Title, description and category
/// are `None` while it is a draft or archived: then they are not for others.
#[derive(Debug)]
pub struct Rated {
    pub id: PromptId,
    pub title: Option<String>,
    pub description: Option<String>,
    pub category: Option<String>,
    pub average_rating: f64,
}

/// All ratings of one prompt together.
#[derive(Clone, Debug)]
pub struct RatingSummary {
    pub average_rating: f64,
    pub ratings_count: i64,
    /// How many rated 1, 2, 3, 4 and 5.
    pub distribution: [i64; 5],
    /// The caller's own.
    pub user_rating: Option<i16>,
}

/// What people did with one prompt.
#[derive(Clone, Debug)]
pub struct PromptStats {
    pub likes_count: i64,
    pub comments_count: i64,
    pub ratings_count: i64,
    pub average_rating: f64,
    pub views_count: i64,
    pub forks_count: i64,
}

/// What there is of one author, over the prompts that are in public lists.
#[derive(Clone, Debug)]
pub struct AuthorStats {
    pub prompts_count: i64,
    pub likes_received: i64,
}
