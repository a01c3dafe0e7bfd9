//! Titles and categories of the prompts that everyone may read now, asked of the prompt service and
//! cached for seconds. The analytics database holds ids only.

use std::{collections::HashMap, time::Duration};

use ids::PromptId;
use internal_api::{
    FailurePause, ServiceClient,
    prompt::{ListSummaries, ListSummariesRequest, SummaryResponse},
};
use moka::sync::Cache;

/// The time after which a prompt that was hidden, renamed or deleted shows up as such, at most.
const CACHED_FOR: Duration = Duration::from_secs(2);
const CAPACITY: u64 = 20_000;

/// The longest that an answer waits for titles.
const DEADLINE: Duration = Duration::from_secs(1);

/// The pause after a failure of the prompt service.
const PAUSE: Duration = Duration::from_secs(1);

/// The known part of some prompts.
pub struct KnownPrompts {
    /// `None` for a prompt that not everyone may read now. A prompt that nobody could be asked about is
    /// missing.
    pub summaries: HashMap<PromptId, Option<SummaryResponse>>,
    /// Whether none is missing.
    pub complete: bool,
}

/// A cache in front of the prompt service.
pub struct PromptDirectory {
    client: ServiceClient,
    cache: Cache<PromptId, Option<SummaryResponse>>,
    pause: FailurePause,
}

impl PromptDirectory {
    pub fn new(client: ServiceClient) -> Self {
        Self {
            client: client.with_deadline(DEADLINE),
            cache: Cache::builder().max_capacity(CAPACITY).time_to_live(CACHED_FOR).build(),
            pause: FailurePause::new(PAUSE),
        }
    }

    /// Returns what is known of these prompts, [`MAX_SUMMARIES`](internal_api::prompt::MAX_SUMMARIES)
    /// at most.
    pub async fn summaries_of(&self, prompts: &[PromptId]) -> KnownPrompts {
        let mut summaries = HashMap::with_capacity(prompts.len());
        let mut unknown = Vec::new();
        for id in prompts {
            match self.cache.get(id) {
                Some(summary) => drop(summaries.insert(*id, summary)),
                None => unknown.push(*id),
            }
        }
        if unknown.is_empty() {
            return KnownPrompts { summaries, complete: true };
        }
        let Some(found) = self.look_up(&unknown).await else {
            return KnownPrompts { summaries, complete: false };
        };
        let mut found: HashMap<PromptId, SummaryResponse> =
            found.into_iter().map(|summary| (summary.id, summary)).collect();
        for id in unknown {
            let summary = found.remove(&id);
            self.cache.insert(id, summary.clone());
            summaries.insert(id, summary);
        }
        KnownPrompts { summaries, complete: true }
    }

    /// Returns `None` when the prompt service cannot be asked.
    async fn look_up(&self, ids: &[PromptId]) -> Option<Vec<SummaryResponse>> {
        if self.pause.is_on() {
            return None;
        }
        let request = ListSummariesRequest { ids: ids.to_vec() };
        match self.client.call::<ListSummaries>((), &request, None).await {
            Ok(found) => Some(found.prompts),
            Err(error) => {
                tracing::warn!("titles are missing: {error:#}");
                self.pause.begin();
                None
            }
        }
    }
}
