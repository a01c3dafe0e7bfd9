use std::collections::BTreeMap;

use auth::Identity;
use ids::PromptId;
use timestamp::Timestamp;

use super::{Prompt, PromptText, Status, VersionSet, Visibility, prompt_text::preview};

/// A prompt that is to be created; every field is valid.
#[derive(Debug)]
pub struct NewPrompt {
    pub text: PromptText,
    pub visibility: Visibility,
    pub status: Status,
    pub change_log: Option<String>,
    pub forked_from: Option<ForkOrigin>,
}

impl NewPrompt {
    /// Returns the prompt that is stored of it, as its author sees it.
    pub fn created(
        &self,
        id: PromptId,
        author: &Identity,
        created_at: Timestamp,
        row_version: i64,
    ) -> Prompt {
        let text = self.text.clone();
        let is_hidden = self.visibility == Visibility::Private || self.status == Status::Draft;
        Prompt {
            id,
            user_id: author.id,
            username: author.username.clone(),
            title: text.title,
            description: text.description,
            content_preview: preview(&text.content),
            content: Some(text.content),
            is_theirs: true,
            // As the trigger `prompt_published` has it.
            published: if is_hidden { VersionSet::default() } else { VersionSet::up_to(1) },
            licensed_from: None,
            category: text.category,
            tags: text.tags,
            visibility: self.visibility,
            status: self.status,
            model: text.model,
            version: 1,
            newest_version: 1,
            revision: 1,
            row_version,
            labels: BTreeMap::new(),
            forked_from_prompt_id: self.forked_from.map(|origin| origin.prompt_id),
            forked_from_version: self.forked_from.map(|origin| origin.version),
            is_featured: false,
            is_premium: false,
            price: None,
            created_at,
            updated_at: created_at,
            likes_count: 0,
            views_count: 0,
            usage_count: 0,
            forks_count: 0,
            comments_count: 0,
            ratings_count: 0,
            average_rating: 0.0,
            user_has_liked: false,
        }
    }
}

/// The prompt and version that a fork was copied from.
#[derive(Clone, Copy, Debug)]
pub struct ForkOrigin {
    pub prompt_id: PromptId,
    pub version: i32,
}
