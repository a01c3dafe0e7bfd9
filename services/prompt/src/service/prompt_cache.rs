//! The cache of what everyone may read of a prompt.
//!
//! Only the answer to an anonymous caller is kept: of a premium prompt without its content, of a hidden one
//! nothing. No mistake in deciding who may read can show what is not there.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::body::Bytes;
use http::HeaderValue;
use ids::PromptId;
use sqlx::PgPool;

use super::read_cache::{Outcome, ReadCache};
use crate::{domain::Prompt, repo::prompts};

/// The life of a copy. Its counters are behind by this at most, after the second that views wait to be
/// written; and so is a change of which no notification came.
const LIFETIME: Duration = Duration::from_secs(1);

/// The bytes of all copies.
const CAPACITY: u64 = 64 << 20;

/// A prompt as everyone sees it.
pub struct SharedPrompt {
    pub prompt: Prompt,
    /// The answer, once somebody has made it.
    pub answer: OnceLock<SerializedPrompt>,
}

/// An answer as it is sent.
#[derive(Clone)]
pub struct SerializedPrompt {
    pub json: Bytes,
    pub etag: HeaderValue,
}

#[derive(Clone)]
pub struct PromptCache(Arc<ReadCache<PromptId, SharedPrompt>>);

impl Default for PromptCache {
    fn default() -> Self {
        Self::living(LIFETIME)
    }
}

impl PromptCache {
    /// Makes a cache whose copies live for this time.
    pub fn living(lifetime: Duration) -> Self {
        Self(Arc::new(ReadCache::new(lifetime, CAPACITY, weigh)))
    }

    /// Returns a prompt as everyone sees it; `None` when it is hidden from most, or there is none.
    pub async fn get(&self, pool: &PgPool, id: PromptId) -> Outcome<SharedPrompt> {
        let pool = pool.clone();
        let read = || async move {
            let prompt = prompts::find(&pool, id, None).await?;
            Ok(prompt.map(|prompt| SharedPrompt { prompt, answer: OnceLock::new() }))
        };
        self.0.get(id, read).await
    }

    /// Drops a prompt after a change of it was committed.
    pub fn forget(&self, id: PromptId) {
        self.0.forget(&id);
    }

    /// Drops all prompts.
    pub fn clear(&self) {
        self.0.clear();
    }
}

/// Counts the bytes of a copy with its answer, which repeats the content, and the variables in it.
fn weigh(shared: &SharedPrompt) -> u32 {
    const OTHERS: usize = 8 * 1024;
    let content = shared.prompt.content.as_ref().map_or(0, String::len);
    u32::try_from(OTHERS + 5 * content).unwrap_or(u32::MAX)
}
