//! Use cases.

mod cancel;

pub use cancel::cancel;

use std::time::Duration;

use auth::{CallError, Identity};
use http_kit::{Page, PageQuery};
use ids::{PromptId, TestId, UserId};
use serde::Deserialize;
use tokio::{
    sync::broadcast,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    domain::{
        MAX_PROMPT_BYTES, NewTest, Position, PromptSource, Test, TestFilter, TestRequest,
        VersionPick,
    },
    error::ServiceError,
    repo::{limits, tests},
    state::AppState,
};

/// How often a waiting caller looks for itself: another instance may end the test.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Queues a test: when this returns it is in the database, and will be run. With a `wait`, returns
/// the finished test, or how far it has come when the time is up.
pub async fn create(
    state: &AppState,
    caller: &Identity,
    request: TestRequest,
    wait: Option<Duration>,
) -> Result<Test, ServiceError> {
    let provider = state
        .providers
        .get(request.model_provider)
        .ok_or(ServiceError::ProviderUnavailable(request.model_provider))?;
    if !provider.serves(&request.model_name) {
        return Err(ServiceError::UnknownModel(request.model_provider));
    }
    let (prompt, template) = match request.source {
        PromptSource::Content(content) => (None, content),
        PromptSource::Prompt { id, pick } => {
            let prompt = fetch_prompt(state, caller, id, &pick).await?;
            let content = prompt.content.ok_or(ServiceError::ContentWithheld)?;
            (Some((id, prompt.version)), content)
        }
    };
    if template::rendered_len(&template, &request.variables) > MAX_PROMPT_BYTES {
        return Err(ServiceError::PromptTooLong);
    }
    let new = NewTest {
        user_id: caller.id,
        prompt,
        prompt_content: template::render(&template, &request.variables)?,
        system_prompt: request.system_prompt,
        model_provider: request.model_provider,
        model_name: request.model_name,
        temperature: request.temperature,
        max_tokens: request.max_tokens,
    };
    // Before the test exists, so that its end cannot be missed.
    let ended = state.ended.subscribe();
    let mut tx = state.pool.begin().await?;
    limits::take(&mut tx, caller.id, 1, state.limits.daily).await?;
    let test = tests::insert(&mut *tx, TestId::new(), &new).await?;
    tx.commit().await?;
    state.queued.notify_one();
    Ok(match wait {
        Some(patience) => until_over(state, ended, test, patience).await,
        None => test,
    })
}

/// The test once it is over, or as it stands when the patience is. The test exists by now: that the
/// database goes away while we wait is no reason to tell the caller that it failed.
async fn until_over(
    state: &AppState,
    mut ended: broadcast::Receiver<TestId>,
    mut test: Test,
    patience: Duration,
) -> Test {
    let deadline = Instant::now() + patience;
    loop {
        let last_look = tokio::select! {
            () = heard_of(&mut ended, test.id) => false,
            () = sleep(LOOK_AGAIN) => false,
            () = sleep_until(deadline) => true,
            () = state.shutdown.cancelled() => true,
        };
        match tests::find_visible(&state.pool, test.id, test.user_id, false).await {
            Ok(Some(now)) => test = now,
            Ok(None) => return test,
            Err(error) => tracing::warn!(test = %test.id, "cannot look at it: {error}"),
        }
        if last_look || test.status.is_over() {
            return test;
        }
    }
}

async fn heard_of(ended: &mut broadcast::Receiver<TestId>, id: TestId) {
    // Having missed some is reason enough to look.
    while matches!(ended.recv().await, Ok(other) if other != id) {}
}

/// What is read of the prompt service's answer.
#[derive(Deserialize)]
struct Prompt {
    /// `None` when the caller holds no licence to it.
    content: Option<String>,
    version: i32,
}

async fn fetch_prompt(
    state: &AppState,
    caller: &Identity,
    id: PromptId,
    pick: &VersionPick,
) -> Result<Prompt, ServiceError> {
    let query = match pick {
        VersionPick::Latest => String::new(),
        VersionPick::Number(version) => format!("?version={version}"),
        VersionPick::Label(label) => format!("?label={label}"),
    };
    let path = format!("/internal/prompts/{id}{query}");
    state.prompts.get(&path, Some(caller)).await.map_err(|error| match &error {
        CallError::Refused { code, .. } if code == "PROMPT_NOT_FOUND" => {
            ServiceError::PromptNotFound
        }
        CallError::Refused { code, .. } if code == "VERSION_NOT_FOUND" => {
            ServiceError::VersionNotFound
        }
        CallError::Refused { code, .. } if code == "LABEL_NOT_FOUND" => ServiceError::LabelNotFound,
        _ => error.into(),
    })
}

/// One test: the caller's own, or any for an administrator.
pub async fn find(state: &AppState, caller: &Identity, id: TestId) -> Result<Test, ServiceError> {
    tests::find_visible(&state.pool, id, caller.id, caller.is_admin())
        .await?
        .ok_or(ServiceError::TestNotFound)
}

/// The caller's own tests of a prompt; everyone's for an administrator.
pub async fn of_prompt(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
    page: &PageQuery,
    before: Option<Position>,
) -> Result<Page<Test>, ServiceError> {
    let filter = match caller.is_admin() {
        true => TestFilter::Prompt(prompt),
        false => TestFilter::UserOnPrompt(caller.id, prompt),
    };
    list(state, filter, page, before).await
}

/// A person's tests, for that person and for administrators.
pub async fn of_user(
    state: &AppState,
    caller: &Identity,
    user: UserId,
    page: &PageQuery,
    before: Option<Position>,
) -> Result<Page<Test>, ServiceError> {
    if caller.id != user && !caller.is_admin() {
        return Err(ServiceError::NotYourTests);
    }
    list(state, TestFilter::User(user), page, before).await
}

async fn list(
    state: &AppState,
    filter: TestFilter,
    page: &PageQuery,
    before: Option<Position>,
) -> Result<Page<Test>, ServiceError> {
    let rows = tests::list(&state.pool, filter, before, page.limit() + 1, page.offset()).await?;
    let total = match before {
        Some(_) => None,
        None => Some(tests::count(&state.pool, filter).await?),
    };
    Ok(Page::new(page, rows, total, |test| (test.created_at, test.id)))
}
