//! One attempt at one test: asks the provider, grades the answer.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use grader::{Grade, GradedText};
use model_client::{Completion, Cost, ProviderError, delay_after_interruption, estimate};
use tokio::{sync::mpsc::UnboundedSender, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    recorder::{self, FinishedAttempt},
    slots::Slot,
};
use crate::{
    domain::MAX_ATTEMPTS,
    repo::queue::{
        claimed_test::ClaimedTest,
        record::{self, AttemptResult, Failure, Outcome, PartialAnswer},
    },
    service::live_attempts::LiveAttempt,
    state::AppState,
};

/// The longest wait for an answer. Providers keep deadlines of their own, which are not longer; this is the
/// net beneath them.
const ANSWER_DEADLINE: Duration = Duration::from_secs(930);

const OUR_FAULT: &str = "The test could not be run: something went wrong on our side.";

/// An attempt, ready to run.
pub struct Attempt {
    pub state: AppState,
    pub test: ClaimedTest,
    pub live: Arc<LiveAttempt>,
    pub slot: Slot,
    pub outcomes: UnboundedSender<FinishedAttempt>,
}

impl Attempt {
    /// Runs until there is an outcome for the recorder, or the attempt is stopped: its test cancelled, or
    /// claimed by another process. Then the provider's request is dropped, and the part of the answer is stored
    /// with a test that was cancelled.
    pub async fn run(self, abandon: CancellationToken) {
        let outcome = tokio::select! {
            biased;
            () = self.live.stopped() => None,
            outcome = AssertUnwindSafe(self.ask(&abandon)).catch_unwind() => Some(outcome.unwrap_or_else(|_| {
                // Logged by the panic itself. Another attempt would most likely do the same.
                tracing::error!(test = %self.test.claim.id, "panicked");
                Outcome::failed(OUR_FAULT)
            })),
        };
        if outcome.is_none() {
            self.store_partial_answer().await;
        }
        let Self { state, test, live, slot, outcomes } = self;
        match outcome {
            Some(outcome) => {
                let finished = FinishedAttempt { provider: test.provider, live, slot, outcome };
                if let Err(unsent) = outcomes.send(finished) {
                    // The recorder is gone. The lease expires, and another process claims the test.
                    tracing::error!(test = %test.claim.id, "its outcome cannot be written");
                    state.live_attempts.finish(&unsent.0.live);
                }
            }
            None => {
                tracing::info!(test = %test.claim.id, attempt = test.claim.attempt, "stopped");
                metrics::counter!("test_attempts_total", "provider" => test.provider.to_string(),
                    "outcome" => "stopped")
                .increment(1);
                state.live_attempts.finish(&live);
                drop(slot);
                state.queued.notify_one();
                if live.is_stored() {
                    recorder::delete_streams(&state, &[live.claim]).await;
                }
            }
        }
    }

    /// Asks the provider. The test is released only while there is no answer: an answer is paid for.
    async fn ask(&self, abandon: &CancellationToken) -> Outcome {
        let ClaimedTest { counted_attempts, provider: name, ref request, .. } = self.test;
        let Some(provider) = self.state.providers.get(name) else {
            return Outcome::failed(format!("The provider {name} is not available."));
        };
        let can_retry = counted_attempts < MAX_ATTEMPTS;
        let started = Instant::now();
        let on_chunk = |chunk: &str| self.live.push_chunk(chunk);
        let answer = tokio::select! {
            biased;
            answer = timeout(ANSWER_DEADLINE, provider.complete(request, &on_chunk)) => answer,
            () = abandon.cancelled() => return Outcome::Released,
        };
        let took = started.elapsed();
        metrics::histogram!("test_provider_duration_seconds", "provider" => name.to_string())
            .record(took.as_secs_f64());
        match answer.unwrap_or(Err(ProviderError::TimedOut)) {
            Ok(mut completion) => {
                completion.text = storable(completion.text);
                let cost = self.state.price_table.cost(name, &request.model, completion.usage);
                let grade = self.grade(&completion.text, took, cost.as_ref()).await;
                Outcome::Completed(AttemptResult { completion, took, cost, grade })
            }
            Err(ProviderError::RateLimited { retry_after }) if can_retry => {
                Outcome::Retry(retry_after, None)
            }
            // Nothing is charged, so another answer costs nothing either.
            Err(error) if error.is_broken_off() && can_retry && self.is_free() => {
                tracing::info!(test = %self.test.claim.id, "asked for again: {error}");
                // An answer without any text says nothing about how many are given at once.
                if matches!(error, ProviderError::Interrupted { .. }) {
                    self.slot.throttle_lane();
                }
                let delay = delay_after_interruption(counted_attempts.unsigned_abs());
                Outcome::Retry(delay, self.partial_answer().await)
            }
            Err(error) => {
                let part = match error {
                    ProviderError::TooLarge => None,
                    _ => self.partial_answer().await,
                };
                Outcome::Failed(Failure { reason: storable(error.to_string()), part })
            }
        }
    }

    /// Tells whether the provider is known to charge nothing for this model.
    fn is_free(&self) -> bool {
        self.state.providers.is_free(self.test.provider, &self.test.request.model)
    }

    /// Returns the part of the answer that has arrived; `None` when nothing has.
    async fn partial_answer(&self) -> Option<PartialAnswer> {
        let text = self.live.text_after(0);
        if text.is_empty() {
            return None;
        }
        let ClaimedTest { provider, ref request, .. } = self.test;
        let usage = estimate(request, &text).await;
        let cost = self.state.price_table.cost(provider, &request.model, usage);
        Some(PartialAnswer { completion: Completion { text, usage }, cost })
    }

    /// Stores the part of the answer that has arrived, if the test was cancelled.
    async fn store_partial_answer(&self) {
        let Some(part) = self.partial_answer().await else { return };
        let claim = self.test.claim;
        if let Err(error) = record::store_partial_answer(&self.state.pool, claim, &part).await {
            tracing::warn!(test = %claim.id, "part of an answer is lost: {error}");
        }
    }

    /// Grades an answer; `None` for a test without assertions.
    async fn grade(&self, text: &str, took: Duration, cost: Option<&Cost>) -> Option<Grade> {
        let assertions = self.test.assertions.clone()?;
        let cost = cost.map(|cost| cost.amount);
        let answer = GradedText { text: text.to_owned(), took, cost };
        let copy = assertions.clone();
        let graders = &self.state.graders;
        let graded = graders.run(self.test.user, move || grader::grade(&assertions, &answer)).await;
        Some(graded.unwrap_or_else(|error| {
            tracing::error!(test = %self.test.claim.id, "the grader panicked: {error}");
            grader::ungraded(&copy)
        }))
    }
}

/// Replaces U+0000, which Postgres text cannot hold and a model may well say.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}
