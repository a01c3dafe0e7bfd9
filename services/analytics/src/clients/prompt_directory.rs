//! What callers may read now of the prompts that are counted, asked of the prompt service and cached for
//! seconds. The analytics database holds ids only.

use std::{collections::HashMap, time::Duration};

use auth::Identity;
use ids::{PromptId, UserId};
use internal_api::{
    CallError, FailurePause, ServiceClient,
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
    /// `None` for a prompt that the caller may not find now. A prompt that nobody could be asked about is
    /// missing.
    pub summaries: HashMap<PromptId, Option<SummaryResponse>>,
    /// Whether none is missing.
    pub complete: bool,
}

/// The prompts that an answer of the prompt service is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Scope {
    /// Those in public lists.
    Listed,
    /// Those, and the ones that a caller may read as author, administrator or licence holder.
    FoundBy { caller: UserId, is_admin: bool },
    /// Those that a caller may read if they know the id; nobody is `None`.
    ReadBy(Option<(UserId, bool)>),
}

/// A cache in front of the prompt service.
pub struct PromptDirectory {
    client: ServiceClient,
    cache: Cache<(Scope, PromptId), Option<SummaryResponse>>,
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

    /// Returns what is known of these prompts,
    /// [`MAX_SUMMARIES`](internal_api::prompt::MAX_SUMMARIES) at most: of those that are listed, and of
    /// those that `caller` may read as author, administrator or licence holder.
    pub async fn summaries_for(
        &self,
        caller: Option<&Identity>,
        prompts: &[PromptId],
    ) -> KnownPrompts {
        let mut known = self.known(Scope::Listed, None, prompts).await;
        let Some(caller) = caller else { return known };
        let hidden: Vec<PromptId> = prompts
            .iter()
            .filter(|id| matches!(known.summaries.get(id), Some(None)))
            .copied()
            .collect();
        let scope = Scope::FoundBy { caller: caller.id, is_admin: caller.is_admin() };
        let own = self.known(scope, Some(caller), &hidden).await;
        if !own.complete {
            // Which of them are the caller's own is not known.
            for id in &hidden {
                known.summaries.remove(id);
            }
        }
        known.summaries.extend(own.summaries);
        known.complete &= own.complete;
        known
    }

    /// Returns whether `caller` may read a prompt now, whose id they know.
    ///
    /// # Errors
    /// When the prompt service cannot be asked.
    pub async fn may_read(
        &self,
        caller: Option<&Identity>,
        prompt: PromptId,
    ) -> Result<bool, CallError> {
        let scope = Scope::ReadBy(caller.map(|caller| (caller.id, caller.is_admin())));
        if let Some(summary) = self.cache.get(&(scope, prompt)) {
            return Ok(summary.is_some());
        }
        let found = self.look_up(scope, caller, &[prompt]).await?;
        Ok(found.get(&prompt).is_some_and(Option::is_some))
    }

    /// Returns what is known of these prompts from the cache, and of the others from the prompt service.
    async fn known(
        &self,
        scope: Scope,
        caller: Option<&Identity>,
        prompts: &[PromptId],
    ) -> KnownPrompts {
        let mut summaries = HashMap::with_capacity(prompts.len());
        let mut unknown = Vec::new();
        for id in prompts {
            match self.cache.get(&(scope, *id)) {
                Some(summary) => drop(summaries.insert(*id, summary)),
                None => unknown.push(*id),
            }
        }
        if unknown.is_empty() {
            return KnownPrompts { summaries, complete: true };
        }
        match self.look_up(scope, caller, &unknown).await {
            Ok(found) => {
                summaries.extend(found);
                KnownPrompts { summaries, complete: true }
            }
            Err(_) => KnownPrompts { summaries, complete: false },
        }
    }

    /// Asks the prompt service, unless it failed a moment ago, and caches the answer.
    async fn look_up(
        &self,
        scope: Scope,
        caller: Option<&Identity>,
        ids: &[PromptId],
    ) -> Result<HashMap<PromptId, Option<SummaryResponse>>, CallError> {
        if self.pause.is_on() {
            let cause = anyhow::anyhow!("it did not answer a moment ago");
            return Err(CallError::Unavailable { service: "prompt service", cause });
        }
        let unlisted = matches!(scope, Scope::ReadBy(_));
        let request = ListSummariesRequest { ids: ids.to_vec(), unlisted };
        let answer = self.client.call::<ListSummaries>((), &request, caller).await;
        let found = answer.inspect_err(|error| {
            tracing::warn!("titles are missing: {error:#}");
            self.pause.begin();
        })?;
        let mut found: HashMap<PromptId, SummaryResponse> =
            found.prompts.into_iter().map(|summary| (summary.id, summary)).collect();
        let answers = ids.iter().map(|id| {
            let summary = found.remove(id);
            self.cache.insert((scope, *id), summary.clone());
            (*id, summary)
        });
        Ok(answers.collect())
    }
}
