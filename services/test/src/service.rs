//! Use cases. Here those of single tests.

mod cancel;
pub mod comparisons;
pub mod datasets;
pub mod runs;
mod sources;
pub mod statistics;
mod targets;
mod waiting;

pub use cancel::cancel;

use std::time::Duration;

use auth::Identity;
use http_kit::{Page, PageQuery, page::Include};
use idempotency::Creation;
use ids::{PromptId, TestId, UserId};

use crate::{
    domain::{NewTest, Position, Test, TestFilter, TestRequest},
    error::ServiceError,
    repo::{limits, tests},
    state::AppState,
};

/// Queues a test: when this returns it is in the database, and will be run. With a `wait`, returns
/// the finished test, or how far it has come when the time is up.
pub async fn create(
    state: &AppState,
    caller: &Identity,
    request: TestRequest,
    wait: Option<Duration>,
    creation: &Creation<'_, Test>,
) -> Result<Test, ServiceError> {
    targets::check(state, &request.target)?;
    let template = sources::fetch(state, caller, request.source, request.system_prompt).await?;
    let prompt = template.prompt;
    let filled = sources::fill(state, caller, vec![template], request.variables).await?;
    let (prompt_content, system_prompt) = filled
        .into_iter()
        .map(|(_, filled)| (filled.prompt, filled.system_prompt))
        .next()
        .unwrap_or_default();
    let new = NewTest {
        user_id: caller.id,
        prompt,
        prompt_content,
        system_prompt,
        target: request.target,
        assertions: request.assertions,
        part_of: None,
    };
    // Before the test exists, so that its end cannot be missed.
    let ended = state.ended.subscribe();
    let mut transaction = state.pool.begin().await?;
    creation.claim(&mut transaction).await?;
    limits::take(&mut transaction, caller.id, 1, state.limits.daily).await?;
    let test = tests::insert(&mut *transaction, TestId::new(), &new).await?;
    creation.record(&mut transaction, &test).await?;
    transaction.commit().await?;
    state.queued.notify_one();
    let Some(patience) = wait else { return Ok(test) };
    let (id, owner) = (test.id, test.user_id);
    let is_over = |test: &Test| test.status.is_over();
    let look = || tests::find_visible(&state.pool, id, owner, false);
    let test = waiting::until_over(state, ended, &[id], patience, test, is_over, look).await;
    creation.record_later(&state.pool, &test).await;
    Ok(test)
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
    include: Option<Include>,
    page: &PageQuery,
    before: Option<Position>,
) -> Result<Page<Test>, ServiceError> {
    let filter = match caller.is_admin() {
        true => TestFilter::Prompt(prompt),
        false => TestFilter::UserOnPrompt(caller.id, prompt),
    };
    list(state, filter, include, page, before).await
}

/// A person's tests, for that person and for administrators.
pub async fn of_user(
    state: &AppState,
    caller: &Identity,
    user: UserId,
    include: Option<Include>,
    page: &PageQuery,
    before: Option<Position>,
) -> Result<Page<Test>, ServiceError> {
    if caller.id != user && !caller.is_admin() {
        return Err(ServiceError::NotYourTests);
    }
    list(state, TestFilter::User(user), include, page, before).await
}

async fn list(
    state: &AppState,
    filter: TestFilter,
    include: Option<Include>,
    page: &PageQuery,
    before: Option<Position>,
) -> Result<Page<Test>, ServiceError> {
    let (limit, offset) = (page.limit() + 1, page.offset());
    let rows = tests::list(&state.pool, filter, include, before, limit, offset).await?;
    let total = match before {
        Some(_) => None,
        None => Some(tests::count(&state.pool, filter).await?),
    };
    let mut page = Page::new(page, rows, total, |test| (test.created_at, test.id))
        .bound_texts(|test| vec![&mut test.prompt_content, &mut test.response])?
        .bound_texts(|test| vec![&mut test.assertion_results])?;
    if include.is_some() {
        // Also what the database has kept back.
        page.content_truncated |= page.content.iter().any(|test| test.prompt_content.is_none());
    }
    Ok(page)
}
