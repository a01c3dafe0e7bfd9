use ids::{CommentId, PromptId, UserId};
use sqlx::FromRow;
use timestamp::Timestamp;

/// A comment as one caller sees it.
#[derive(Clone, Debug, FromRow)]
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

impl Comment {
    /// Returns the sort key of lists of comments.
    pub fn sort_key(&self) -> (Timestamp, CommentId) {
        (self.created_at, self.id)
    }
}

/// A comment that somebody received.
#[derive(Debug, FromRow)]
pub struct ReceivedComment {
    #[sqlx(flatten)]
    pub comment: Comment,
    pub prompt_title: String,
}

/// A comment with its first replies, oldest first.
#[derive(Clone, Debug)]
pub struct CommentThread {
    pub comment: Comment,
    pub replies: Vec<Comment>,
}

impl CommentThread {
    /// Returns the comment and its replies.
    pub fn comments_mut(&mut self) -> impl Iterator<Item = &mut Comment> {
        self.replies.iter_mut().chain([&mut self.comment])
    }

    /// Returns the ids of the comment and its replies.
    pub fn ids(&self) -> impl Iterator<Item = CommentId> {
        self.replies.iter().chain([&self.comment]).map(|comment| comment.id)
    }
}
