//! Reading versions for lists: without contents, or with no more of them than a page may hold.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use ids::PromptId;
use mongodb::{
    bson::{DateTime, Document, doc},
    error::Result,
};
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;

use super::{Versions, parse_author, with_deadline};
use crate::domain::{PREVIEW_CHARS, VersionSummary};

/// Documents in one batch of the server; each may be hundreds of kilobytes.
const CONTENT_BATCH: u32 = 4;

/// A version without its content.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    version: i32,
    title: String,
    content_preview: String,
    description: Option<String>,
    category: String,
    tags: Vec<String>,
    model: Option<String>,
    user_id: String,
    username: String,
    change_log: Option<String>,
    created_at: DateTime,
}

#[derive(Serialize, Deserialize)]
struct Content {
    version: i32,
    content: String,
}

fn with_numbers(prompt: PromptId, numbers: &[i32]) -> Document {
    doc! { "promptId": prompt.to_string(), "version": { "$in": numbers } }
}

impl Versions {
    /// Returns the versions with these numbers, highest first. Their contents stay in MongoDB.
    pub async fn summaries(
        &self,
        prompt: PromptId,
        numbers: &[i32],
    ) -> Result<Vec<VersionSummary>> {
        let preview = doc! { "$substrCP": ["$content", 0, PREVIEW_CHARS as i32] };
        let pipeline = [
            doc! { "$match": with_numbers(prompt, numbers) },
            doc! { "$sort": { "version": -1 } },
            doc! { "$project": {
                "version": 1, "title": 1, "description": 1, "category": 1, "tags": 1, "model": 1,
                "userId": 1, "username": 1, "changeLog": 1, "createdAt": 1,
                "contentPreview": preview,
            } },
        ];
        let found: Vec<Summary> = with_deadline(async {
            self.collection.aggregate(pipeline).with_type().await?.try_collect().await
        })
        .await?;
        Ok(found.into_iter().map(|summary| summary.into_domain(prompt)).collect())
    }

    /// Returns the contents of the versions with these numbers, from the highest down, up to
    /// `max_bytes` in all.
    pub async fn contents(
        &self,
        prompt: PromptId,
        numbers: &[i32],
        max_bytes: usize,
    ) -> Result<HashMap<i32, String>> {
        let contents = self.collection.clone_with_type::<Content>();
        with_deadline(async {
            let mut found = contents
                .find(with_numbers(prompt, numbers))
                .projection(doc! { "version": 1, "content": 1 })
                .sort(doc! { "version": -1 })
                .batch_size(CONTENT_BATCH)
                .await?;
            let (mut bytes_left, mut fetched) = (max_bytes, HashMap::new());
            while let Some(Content { version, content }) = found.try_next().await? {
                let Some(rest) = bytes_left.checked_sub(content.len()) else { break };
                bytes_left = rest;
                fetched.insert(version, content);
            }
            Ok(fetched)
        })
        .await
    }
}

impl Summary {
    fn into_domain(self, prompt_id: PromptId) -> VersionSummary {
        VersionSummary {
            prompt_id,
            version: self.version,
            title: self.title,
            content: None,
            content_preview: self.content_preview,
            description: self.description,
            category: self.category,
            tags: self.tags,
            model: self.model,
            user_id: parse_author(&self.user_id),
            username: self.username,
            change_log: self.change_log,
            created_at: Timestamp::from_millis(self.created_at.timestamp_millis()),
        }
    }
}
