//! What prompts are called, and which of them everyone may open: asked of the prompt service when an
//! answer is made, and remembered for seconds. This service keeps ids only.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use auth::ServiceClient;
use http::Method;
use ids::PromptId;
use moka::sync::Cache;
use serde::{Deserialize, Serialize};

/// What was hidden, renamed or deleted shows up within this long.
const REMEMBER: Duration = Duration::from_secs(2);
const CAPACITY: u64 = 20_000;

/// The prompt service takes this many in one question.
pub const MAX_IDS: usize = 200;

/// No answer is held up longer than this for a title.
const DEADLINE: Duration = Duration::from_secs(1);

/// After a failure nobody is asked for this long, so that a hanging prompt service does not slow
/// every answer down.
const PAUSE: Duration = Duration::from_secs(1);

/// A prompt that is public and published.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    id: PromptId,
    pub title: String,
    pub category: String,
    /// The author's.
    pub username: Option<String>,
}

#[derive(Serialize)]
struct Lookup<'a> {
    ids: &'a [PromptId],
}

#[derive(Deserialize)]
struct Found {
    prompts: Vec<Summary>,
}

/// What is known of prompts that were asked about.
pub struct Known {
    /// `None` for one that not everyone may open now; one that nobody could be asked about is not in
    /// it.
    pub summaries: HashMap<PromptId, Option<Summary>>,
    /// Whether all of them are in it.
    pub complete: bool,
}

/// Looks prompts up.
pub struct PromptDirectory {
    client: ServiceClient,
    cache: Cache<PromptId, Option<Summary>>,
    paused_until: Mutex<Option<Instant>>,
}

impl PromptDirectory {
    pub fn new(client: ServiceClient) -> Self {
        Self {
            client: client.with_deadline(DEADLINE),
            cache: Cache::builder().max_capacity(CAPACITY).time_to_live(REMEMBER).build(),
            paused_until: Mutex::default(),
        }
    }

    /// What these prompts, [`MAX_IDS`] at most, are now.
    pub async fn summaries(&self, prompts: &[PromptId]) -> Known {
        let mut summaries = HashMap::with_capacity(prompts.len());
        let mut unknown = Vec::new();
        for id in prompts {
            match self.cache.get(id) {
                Some(summary) => drop(summaries.insert(*id, summary)),
                None => unknown.push(*id),
            }
        }
        if unknown.is_empty() {
            return Known { summaries, complete: true };
        }
        let Some(found) = self.ask(&unknown).await else {
            return Known { summaries, complete: false };
        };
        let mut found: HashMap<PromptId, Summary> =
            found.into_iter().map(|summary| (summary.id, summary)).collect();
        for id in unknown {
            let summary = found.remove(&id);
            self.cache.insert(id, summary.clone());
            summaries.insert(id, summary);
        }
        Known { summaries, complete: true }
    }

    /// `None` when the prompt service cannot be asked.
    async fn ask(&self, ids: &[PromptId]) -> Option<Vec<Summary>> {
        if self.paused() {
            return None;
        }
        let lookup = Lookup { ids };
        let call = self.client.send::<_, Found>(
            Method::POST,
            "/internal/prompts/summaries",
            None,
            &lookup,
        );
        match call.await {
            Ok(found) => Some(found.prompts),
            Err(error) => {
                tracing::warn!("titles are missing: {error:#}");
                self.pause();
                None
            }
        }
    }

    fn paused(&self) -> bool {
        let until = *self.paused_until.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        until.is_some_and(|until| Instant::now() < until)
    }

    fn pause(&self) {
        let until = Instant::now() + PAUSE;
        *self.paused_until.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(until);
    }
}
