//! Use cases of comparisons: one prompt tested against several targets at once.

use std::{collections::BTreeMap, time::Duration};

use auth::Identity;
use http_kit::{Page, PageQuery};
use idempotency::Creation;
use ids::{ComparisonId, PromptId, TestId};
use sqlx::PgConnection;

use super::{
    daily_limit,
    prompt_source::{self, Template},
    targets, waiting,
};
use crate::{
    domain::{
        Comparison, ComparisonDefinition, ComparisonResult, ComparisonSummary, NewPromptTest,
        Progress, PromptSource, PromptTest, find_winner,
    },
    error::ServiceError,
    repo::{
        comparisons::{self, StoredComparison},
        prompt_tests,
    },
    state::AppState,
};

/// Queues a test for every target, or nothing. With a `wait`, returns the comparison when all of them have
/// ended, or its state when the time is up.
pub async fn create(
    state: &AppState,
    caller: &Identity,
    definition: ComparisonDefinition,
    repeat_of: Option<ComparisonId>,
    wait: Option<Duration>,
    creation: &Creation<'_, Comparison>,
) -> Result<Comparison, ServiceError> {
    targets::check_all(state, definition.targets.iter().map(|target| &target.target))?;
    let templates = fetch_templates(state, caller, &definition).await?;
    let id = ComparisonId::new();
    let filled =
        prompt_source::fill(state, caller, templates, definition.variables.clone()).await?;
    let mut new = Vec::with_capacity(filled.len());
    for ((index, target), (template, filled)) in (0..).zip(&definition.targets).zip(filled) {
        new.push(NewPromptTest {
            user_id: caller.id,
            prompt: template.prompt,
            prompt_content: filled.prompt,
            system_prompt: filled.system_prompt,
            target: target.target.clone(),
            assertions: definition.assertions.clone(),
            comparison: Some((id, index)),
        });
    }
    // Before the tests exist, so that no end can be missed.
    let ended = state.ended.subscribe();
    let mut transaction = state.pool.begin().await?;
    creation.claim(&mut transaction).await?;
    daily_limit::take(&mut transaction, caller.id, new.len(), state.limits.daily).await?;
    comparisons::insert(&mut *transaction, id, caller.id, &definition, repeat_of).await?;
    for new in &new {
        prompt_tests::insert(&mut *transaction, TestId::new(), new).await?;
    }
    let made = read(&mut transaction, caller, id).await?;
    let comparison = made.ok_or(ServiceError::ComparisonNotFound)?;
    creation.record(&mut transaction, &comparison).await?;
    transaction.commit().await?;
    state.queued.notify_one();
    let Some(timeout) = wait else { return Ok(comparison) };
    let ids: Vec<TestId> = comparison.targets.iter().map(|target| target.test_id).collect();
    let is_over = |now: &Comparison| now.progress.done == now.progress.total;
    let look = || async { read(&mut *state.pool.acquire().await?, caller, id).await };
    let comparison =
        waiting::until_over(state, ended, &ids, timeout, comparison, is_over, look).await;
    creation.record_later(&state.pool, &comparison).await;
    Ok(comparison)
}

/// Repeats a comparison: a label, and the latest version, refer to what they refer to by now.
pub async fn repeat(
    state: &AppState,
    caller: &Identity,
    id: ComparisonId,
    wait: Option<Duration>,
    creation: &Creation<'_, Comparison>,
) -> Result<Comparison, ServiceError> {
    let stored = comparisons::find(&state.pool, id, caller.id).await?;
    let definition = stored.ok_or(ServiceError::ComparisonNotFound)?.definition.0;
    create(state, caller, definition, Some(id), wait, creation).await
}

/// Fetches the prompt of each target, once per version.
async fn fetch_templates(
    state: &AppState,
    caller: &Identity,
    definition: &ComparisonDefinition,
) -> Result<Vec<Template>, ServiceError> {
    let mut fetched: BTreeMap<_, Template> = BTreeMap::new();
    let mut templates = Vec::with_capacity(definition.targets.len());
    for target in &definition.targets {
        let template = match fetched.get(&target.version) {
            Some(template) => template.clone(),
            None => {
                let source = match (definition.prompt_id, &definition.prompt_content) {
                    (Some(id), _) => PromptSource::Prompt { id, version: target.version.clone() },
                    (None, content) => PromptSource::Content(content.clone().unwrap_or_default()),
                };
                let system_prompt = definition.system_prompt.clone();
                let template = prompt_source::fetch(state, caller, source, system_prompt).await?;
                fetched.insert(target.version.clone(), template.clone());
                template
            }
        };
        templates.push(template);
    }
    Ok(templates)
}

/// Finds a comparison of the caller's.
pub async fn find(
    state: &AppState,
    caller: &Identity,
    id: ComparisonId,
) -> Result<Comparison, ServiceError> {
    let found = read(&mut *state.pool.acquire().await?, caller, id).await?;
    found.ok_or(ServiceError::ComparisonNotFound)
}

/// Lists the tests of a comparison of the caller's, in the order of its targets.
pub async fn list_tests(
    state: &AppState,
    caller: &Identity,
    id: ComparisonId,
) -> Result<Vec<TestId>, ServiceError> {
    let comparison = find(state, caller, id).await?;
    Ok(comparison.targets.iter().map(|target| target.test_id).collect())
}

async fn read(
    connection: &mut PgConnection,
    caller: &Identity,
    id: ComparisonId,
) -> sqlx::Result<Option<Comparison>> {
    let Some(stored) = comparisons::find(&mut *connection, id, caller.id).await? else {
        return Ok(None);
    };
    let tests = prompt_tests::list_of_comparison(connection, id).await?;
    Ok(Some(compare(stored, tests)))
}

fn compare(stored: StoredComparison, tests: Vec<PromptTest>) -> Comparison {
    let definition = stored.definition.0;
    let targets: Vec<ComparisonResult> = tests
        .into_iter()
        .enumerate()
        .map(|(index, test)| ComparisonResult { index, test_id: test.id, test })
        .collect();
    let done = targets.iter().filter(|target| target.test.status.is_over()).count();
    Comparison {
        id: stored.id,
        name: definition.name,
        notes: definition.notes,
        prompt_id: definition.prompt_id,
        prompt_content: definition.prompt_content,
        variables: definition.variables,
        system_prompt: definition.system_prompt,
        assertions: definition.assertions,
        repeat_of: stored.repeat_of,
        progress: Progress { done: done as i64, total: targets.len() as i64 },
        cheapest: find_winner(&targets, |test| test.cost, |a, b| a < b),
        fastest: find_winner(&targets, |test| test.response_time_ms, |a, b| a < b),
        best: find_winner(&targets, |test| test.score, |a, b| a > b),
        targets,
        created_at: stored.created_at,
    }
}

/// Lists the caller's comparisons.
pub async fn list(
    state: &AppState,
    caller: &Identity,
    prompt: Option<PromptId>,
    query: &PageQuery,
) -> Result<Page<ComparisonSummary>, ServiceError> {
    let rows = async |slice| -> Result<_, ServiceError> {
        Ok(comparisons::list(&state.pool, caller.id, prompt, slice).await?)
    };
    let total = comparisons::count(&state.pool, caller.id, prompt);
    let page = query.page(total, rows, |comparison| (comparison.created_at, comparison.id)).await?;
    Ok(page.bound_texts(|comparison| vec![&mut comparison.notes])?)
}
