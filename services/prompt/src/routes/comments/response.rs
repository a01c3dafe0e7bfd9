//! A comment as clients see it.

use std::collections::HashMap;

use ids::{CommentId, PromptId, UserId};
use serde::Serialize;
use timestamp::Timestamp;
use utoipa::ToSchema;

use crate::{
    domain::{self, UserNames},
    state::AppState,
};

/// Who wrote a comment; names are null when they gave none, or cannot be had right now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommentAuthor {
    id: UserId,
    username: String,
    first_name: Option<String>,
    last_name: Option<String>,
}

/// A comment on a prompt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommentResponse {
    id: CommentId,
    prompt_id: PromptId,
    parent_id: Option<CommentId>,
    /// `null` where the page would be larger than 1 MiB with it: ask for a smaller one.
    pub(super) content: Option<String>,
    /// Who wrote it.
    user_id: UserId,
    username: String,
    user: CommentAuthor,
    likes_count: i64,
    /// Whether the caller has liked it.
    user_has_liked: bool,
    /// How many replies it has; more than `replies` shows where there are many, or long ones.
    replies_count: i64,
    /// The first 20, oldest first, or fewer where the page would be larger than 1 MiB; a reply has none.
    #[schema(no_recursion)]
    pub(super) replies: Vec<CommentResponse>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl CommentResponse {
    /// Makes a response without replies, with the author's names if `names` has them.
    pub fn new(comment: domain::Comment, names: &HashMap<UserId, UserNames>) -> Self {
        let name = names.get(&comment.user_id);
        Self {
            id: comment.id,
            prompt_id: comment.prompt_id,
            parent_id: comment.parent_id,
            content: Some(comment.content),
            user_id: comment.user_id,
            username: comment.username.clone(),
            user: CommentAuthor {
                id: comment.user_id,
                username: comment.username,
                first_name: name.and_then(|name| name.first_name.clone()),
                last_name: name.and_then(|name| name.last_name.clone()),
            },
            replies_count: comment.replies_count,
            likes_count: comment.likes_count,
            user_has_liked: comment.user_has_liked,
            replies: Vec::new(),
            created_at: comment.created_at,
            updated_at: comment.updated_at,
        }
    }

    /// Makes a response without replies, and looks up the author's names.
    pub async fn load(state: &AppState, comment: domain::Comment) -> Self {
        let names = state.user_directory.names_of([comment.user_id]).await;
        Self::new(comment, &names)
    }
}
