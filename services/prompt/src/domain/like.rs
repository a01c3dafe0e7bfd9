use ids::{PromptId, UserId};

/// A person's request to like a prompt, or to like it no longer.
#[derive(Clone, Copy, Debug)]
pub struct LikeChange {
    pub prompt: PromptId,
    pub user: UserId,
    /// Whether that is an administrator.
    pub admin: bool,
    pub liked: bool,
}

impl LikeChange {
    /// Returns the key of the row that this changes.
    pub fn key(&self) -> (PromptId, UserId) {
        (self.prompt, self.user)
    }
}
