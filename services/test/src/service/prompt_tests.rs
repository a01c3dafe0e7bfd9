//! Use cases of single prompt tests.

use std::time::Duration;

use auth::Identity;
use http_kit::{Page, PageQuery, page::Include};
use idempotency::Creation;
use ids::{PromptId, TestId, UserId};

use super::{daily_limit, prompt_source, targets, waiting};
use crate::{
    domain::{
        NewPromptTest, Position, PromptTest, PromptTestFilter, PromptTestRequest, TestStatus,
    },
    error::ServiceError,
    repo::prompt_tests,
    state::AppState,
};

/// Queues a test: when this returns it is in the database, and will be run. With a `wait`, returns the
/// finished test, or its state when the time is up.
pub async fn create(
    state: &AppState,
    caller: &Identity,
    request: PromptTestRequest,
    wait: Option<Duration>,
    creation: &Creation<'_, PromptTest>,
) -> Result<PromptTest, ServiceError> {
    targets::check(state, &request.target)?;
    let template =
        prompt_source::fetch(state, caller, request.source, request.system_prompt).await?;
    let prompt = template.prompt;
    let filled = prompt_source::fill(state, caller, vec![template], request.variables).await?;
    let (prompt_content, system_prompt) = filled
        .into_iter()
        .map(|(_, filled)| (filled.prompt, filled.system_prompt))
        .next()
        .unwrap_or_default();
    let new = NewPromptTest {
        user_id: caller.id,
        prompt,
        prompt_content,
        system_prompt,
        target: request.target,
        assertions: request.assertions,
        comparison: None,
    };
    // Before the test exists, so that its end cannot be missed.
    let ended = state.ended.subscribe();
    let mut transaction = state.pool.begin().await?;
    creation.claim(&mut transaction).await?;
    daily_limit::take(&mut transaction, caller.id, 1, state.limits.daily).await?;
    let test = prompt_tests::insert(&mut *transaction, TestId::new(), &new).await?;
    creation.record(&mut transaction, &test).await?;
    transaction.commit().await?;
    state.queued.notify_one();
    let Some(timeout) = wait else { return Ok(test) };
    let (id, owner) = (test.id, test.user_id);
    let is_over = |test: &PromptTest| test.status.is_over();
    let look = || prompt_tests::find_visible(&state.pool, id, owner, false);
    let test = waiting::until_over(state, ended, &[id], timeout, test, is_over, look).await;
    creation.record_later(&state.pool, &test).await;
    Ok(test)
}

/// Finds a test: the caller's own, or any for an administrator.
pub async fn find(
    state: &AppState,
    caller: &Identity,
    id: TestId,
) -> Result<PromptTest, ServiceError> {
    prompt_tests::find_visible(&state.pool, id, caller.id, caller.is_admin())
        .await?
        .ok_or(ServiceError::TestNotFound)
}

/// Lists the caller's own tests of a prompt; everyone's for an administrator.
pub async fn list_of_prompt(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
    include: Option<Include>,
    query: &PageQuery,
) -> Result<Page<PromptTest>, ServiceError> {
    let filter = match caller.is_admin() {
        true => PromptTestFilter::Prompt(prompt),
        false => PromptTestFilter::UserOnPrompt(caller.id, prompt),
    };
    list(state, filter, include, query).await
}

/// Lists a user's tests, for that user and for administrators.
pub async fn list_of_user(
    state: &AppState,
    caller: &Identity,
    user: UserId,
    include: Option<Include>,
    query: &PageQuery,
) -> Result<Page<PromptTest>, ServiceError> {
    query.cursor::<Position>()?;
    if caller.id != user && !caller.is_admin() {
        return Err(ServiceError::NotYourTests);
    }
    list(state, PromptTestFilter::User(user), include, query).await
}

async fn list(
    state: &AppState,
    filter: PromptTestFilter,
    include: Option<Include>,
    query: &PageQuery,
) -> Result<Page<PromptTest>, ServiceError> {
    let rows = async |slice| -> Result<_, ServiceError> {
        Ok(prompt_tests::list(&state.pool, filter, include, slice).await?)
    };
    let total = prompt_tests::count(&state.pool, filter);
    let mut page = query
        .page(total, rows, |test| (test.created_at, test.id))
        .await?
        .bound_texts(|test| vec![&mut test.prompt_content, &mut test.response])?
        .bound_texts(|test| vec![&mut test.assertion_results])?;
    if include.is_some() {
        // Also texts that stayed in the database.
        page.content_truncated |= page.content.iter().any(|test| test.prompt_content.is_none());
    }
    Ok(page)
}

/// Cancels a test of the caller's; a cancelled one stays so. The part of its answer that has arrived is kept,
/// and nothing that arrives later. In this process the provider's request is dropped at once; another instance
/// finds out when it extends its leases.
pub async fn cancel(
    state: &AppState,
    caller: &Identity,
    id: TestId,
) -> Result<PromptTest, ServiceError> {
    let cancelled = prompt_tests::cancel(&state.pool, id, caller.id).await?;
    if cancelled {
        state.live_attempts.stop_all(&[id]).await;
        // An error only says that nobody is waiting for a test.
        let _ = state.ended.send(id);
        tracing::info!(test = %id, "cancelled");
        metrics::counter!("tests_cancelled_total").increment(1);
    }
    let test = prompt_tests::find_visible(&state.pool, id, caller.id, caller.is_admin())
        .await?
        .ok_or(ServiceError::TestNotFound)?;
    match test.status {
        _ if test.user_id != caller.id => Err(ServiceError::NotYourTest),
        TestStatus::Cancelled => Ok(test),
        _ => Err(ServiceError::TestOver),
    }
}
