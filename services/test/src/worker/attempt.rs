//! One attempt at one test.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use grader::{self, Grade};
use model_client::{self, Completion, Cost, ProviderError};
use tokio::{sync::mpsc::UnboundedSender, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    MAX_TRIES,
    recorder::{self, Ended},
    slots::Slot,
};
use crate::{
    hub::Run,
    repo::queue::{
        Job,
        record::{self, Answer, Failure, Outcome, Part},
    },
    state::AppState,
};

/// No answer is waited for longer than this. Providers keep deadlines of their own, which the
/// settings say and which are not longer; this is the net beneath them.
const ANSWER_DEADLINE: Duration = Duration::from_secs(930);

const OUR_FAULT: &str = "The test could not be run: something went wrong on our side.";

pub struct Attempt {
    pub state: AppState,
    pub job: Job,
    pub run: Arc<Run>,
    pub slot: Slot,
    pub outcomes: UnboundedSender<Ended>,
}

impl Attempt {
    /// Runs until there is an outcome for the recorder, or the attempt is stopped: its test cancelled, or
    /// taken over by someone else. Then the provider's request is dropped, and what came of the answer is
    /// kept with a test that was cancelled.
    pub async fn run(self, abandon: CancellationToken) {
        let outcome = tokio::select! {
            biased;
            () = self.run.stopped() => None,
            outcome = AssertUnwindSafe(self.ask(&abandon)).catch_unwind() => Some(outcome.unwrap_or_else(|_| {
                // Logged by the panic itself. Begun again it would most likely do the same.
                tracing::error!(test = %self.job.claim.id, "panicked");
                Outcome::failed(OUR_FAULT)
            })),
        };
        if outcome.is_none() {
            self.keep_part().await;
        }
        let Self { state, job, run, slot, outcomes } = self;
        match outcome {
            Some(outcome) => {
                let ended = Ended { provider: job.provider, run, slot, outcome };
                if let Err(unsent) = outcomes.send(ended) {
                    // The recorder is gone. Let the lease run out, for another process to begin anew.
                    tracing::error!(test = %job.claim.id, "its outcome cannot be written");
                    state.hub.end(&unsent.0.run);
                }
            }
            None => {
                tracing::info!(test = %job.claim.id, attempt = job.claim.attempt, "stopped");
                metrics::counter!("test_attempts_total", "provider" => job.provider.to_string(),
                    "outcome" => "stopped")
                .increment(1);
                state.hub.end(&run);
                drop(slot);
                state.queued.notify_one();
                if run.is_stored() {
                    recorder::forget_text(&state, &[run.claim]).await;
                }
            }
        }
    }

    /// Given back only while the provider has not answered: what it has answered is paid for.
    async fn ask(&self, abandon: &CancellationToken) -> Outcome {
        let Job { tries, provider: name, ref request, .. } = self.job;
        let Some(provider) = self.state.providers.get(name) else {
            return Outcome::failed(format!("The provider {name} is not available."));
        };
        let started = Instant::now();
        let heard = |piece: &str| self.run.hear(piece);
        let answer = tokio::select! {
            biased;
            answer = timeout(ANSWER_DEADLINE, provider.complete(request, &heard)) => answer,
            () = abandon.cancelled() => return Outcome::GivenBack,
        };
        let took = started.elapsed();
        metrics::histogram!("test_provider_duration_seconds", "provider" => name.to_string())
            .record(took.as_secs_f64());
        match answer.unwrap_or(Err(ProviderError::TimedOut)) {
            Ok(mut completion) => {
                completion.text = storable(completion.text);
                let cost = self.state.price_table.cost(name, &request.model, completion.usage);
                let grade = self.grade(&completion.text, took, cost.as_ref()).await;
                Outcome::Completed(Answer { completion, took, cost, grade })
            }
            Err(ProviderError::RateLimited { retry_after }) if tries < MAX_TRIES => {
                Outcome::TryAgain(retry_after, None)
            }
            // Nothing is charged, so another answer costs nothing either.
            Err(error) if error.is_broken_off() && tries < MAX_TRIES && self.is_free() => {
                tracing::info!(test = %self.job.claim.id, "asked for again: {error}");
                // An answer of which nothing came says nothing about how many are given at once.
                if matches!(error, ProviderError::Interrupted { .. }) {
                    self.slot.be_gentle();
                }
                let delay = model_client::delay_after_interruption(tries.unsigned_abs());
                Outcome::TryAgain(delay, self.part().await)
            }
            Err(error) => {
                let part = match error {
                    ProviderError::TooLarge => None,
                    _ => self.part().await,
                };
                Outcome::Failed(Failure { reason: storable(error.to_string()), part })
            }
        }
    }

    /// Tells whether the provider is known to charge nothing for this model.
    fn is_free(&self) -> bool {
        self.state.providers.is_free(self.job.provider, &self.job.request.model)
    }

    /// Returns what has come of the answer; `None` when nothing has.
    async fn part(&self) -> Option<Part> {
        let text = self.run.text_after(0);
        if text.is_empty() {
            return None;
        }
        let Job { provider, ref request, .. } = self.job;
        let usage = model_client::estimate(request, &text).await;
        let cost = self.state.price_table.cost(provider, &request.model, usage);
        Some(Part { completion: Completion { text, usage }, cost })
    }

    /// Keeps what has come of the answer, if the test was cancelled.
    async fn keep_part(&self) {
        let Some(part) = self.part().await else { return };
        let claim = self.job.claim;
        if let Err(error) = record::keep_part(&self.state.pool, claim, &part).await {
            tracing::warn!(test = %claim.id, "half an answer is lost: {error}");
        }
    }

    /// `None` when nothing was asserted.
    async fn grade(&self, text: &str, took: Duration, cost: Option<&Cost>) -> Option<Grade> {
        let assertions = self.job.assertions.clone()?;
        let cost = cost.map(|cost| cost.amount);
        let answer = grader::GradedText { text: text.to_owned(), took, cost };
        let kept = assertions.clone();
        let graders = &self.state.graders;
        let graded = graders.run(self.job.user, move || grader::grade(&assertions, &answer)).await;
        Some(graded.unwrap_or_else(|error| {
            tracing::error!(test = %self.job.claim.id, "a grader broke down: {error}");
            grader::ungraded(&kept)
        }))
    }
}

/// Postgres text cannot hold U+0000; a model may well say it.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}
