//! A prompt over all rows of a data set.

mod compare;
mod prepare;

pub use compare::compare;

use auth::Identity;
use grader::Assertion;
use http_kit::{Page, PageQuery, page::Include};
use idempotency::Creation;
use ids::{DatasetId, RunId};
use pg::Timestamp;
use sqlx::PgConnection;

use super::{cancel::stop_attempts, datasets as datasets_service, sources, targets};
use crate::{
    domain::{
        Cell, CellFilter, NewRun, Progress, PromptSource, Run, RunProgress, RunSummary, StoredRun,
        Target, TargetReport,
    },
    error::ServiceError,
    repo::{datasets, limits, runs},
    state::AppState,
};

/// A run that someone asks for; every field has passed its rules.
#[derive(Debug)]
pub struct RunRequest {
    pub source: PromptSource,
    pub system_prompt: Option<String>,
    pub targets: Vec<Target>,
    pub assertions: Vec<Assertion>,
}

/// Queues a test for every row on every target, or nothing.
pub async fn create(
    state: &AppState,
    caller: &Identity,
    dataset: DatasetId,
    request: RunRequest,
    creation: &Creation<'_, Run>,
) -> Result<Run, ServiceError> {
    let found = datasets_service::find(state, caller, dataset).await?;
    targets::check_all(state, &request.targets)?;
    let given = match &request.source {
        PromptSource::Content(content) => Some(content.clone()),
        PromptSource::Prompt { .. } | PromptSource::Draft { .. } => None,
    };
    let system_prompt = request.system_prompt.clone();
    let template = sources::fetch(state, caller, request.source, system_prompt).await?;
    let rows = datasets::rows(&state.pool, dataset, 0, i64::from(found.row_count), 0).await?;
    let prompt = template.prompt;
    let (assertions, targets) = (request.assertions, request.targets);
    let count = targets.len();
    let work = move || {
        let cells = prepare::cells(&template, rows, &assertions, count)?;
        Ok((cells, assertions))
    };
    let prepared = state.offload.run(caller.id, work).await;
    let (cells, assertions) = prepared.unwrap_or_else(|error| Err(ServiceError::Broken(error)))?;
    let new = NewRun {
        user_id: caller.id,
        dataset_id: dataset,
        prompt,
        prompt_content: given,
        system_prompt: request.system_prompt,
        targets,
        assertions,
        rows: cells,
    };
    let id = RunId::new();
    let mut transaction = state.pool.begin().await?;
    creation.claim(&mut transaction).await?;
    // First: of a data set deleted meanwhile no row may have been read.
    if !datasets::hold(&mut *transaction, dataset, caller.id).await? {
        return Err(ServiceError::DatasetNotFound);
    }
    let count = new.rows.len() * new.targets.len();
    limits::take(&mut transaction, caller.id, count as i64, state.limits.daily).await?;
    runs::insert(&mut *transaction, id, &new).await?;
    runs::insert_cells(&mut *transaction, id, &new).await?;
    let run = read(&mut transaction, caller, id).await?;
    creation.record(&mut transaction, &run).await?;
    transaction.commit().await?;
    state.queued.notify_one();
    Ok(run)
}

/// One of the caller's own.
pub async fn find(state: &AppState, caller: &Identity, id: RunId) -> Result<Run, ServiceError> {
    read(&mut *state.pool.acquire().await?, caller, id).await
}

async fn read(
    connection: &mut PgConnection,
    caller: &Identity,
    id: RunId,
) -> Result<Run, ServiceError> {
    let stored = runs::find(&mut *connection, id, caller.id).await?;
    let stored = stored.ok_or(ServiceError::RunNotFound)?;
    let counts = runs::counts(connection, id).await?;
    let targets = stored.targets.0.into_iter().zip(counts);
    let targets: Vec<_> =
        targets.map(|(target, counts)| TargetReport::new(target, counts)).collect();
    Ok(Run {
        id: stored.id,
        dataset_id: stored.dataset_id,
        prompt_id: stored.prompt_id,
        prompt_version: stored.prompt_version,
        prompt_content: stored.prompt_content,
        system_prompt: stored.system_prompt,
        assertions: stored.assertions.map(|assertions| assertions.0),
        progress: RunProgress {
            done: targets.iter().map(|target| target.done).sum(),
            total: i64::from(stored.cell_count),
            cancelled: targets.iter().map(|target| target.cancelled).sum(),
        },
        targets,
        created_at: stored.created_at,
    })
}

async fn stored(state: &AppState, caller: &Identity, id: RunId) -> Result<StoredRun, ServiceError> {
    runs::find(&state.pool, id, caller.id).await?.ok_or(ServiceError::RunNotFound)
}

/// Those over one of the caller's own data sets.
pub async fn list(
    state: &AppState,
    caller: &Identity,
    dataset: DatasetId,
    page: &PageQuery,
    before: Option<(Timestamp, RunId)>,
) -> Result<Page<RunSummary>, ServiceError> {
    datasets_service::find(state, caller, dataset).await?;
    let (limit, offset) = (page.limit() + 1, page.offset());
    let rows = runs::list(&state.pool, dataset, caller.id, before, limit, offset).await?;
    let total = match before {
        Some(_) => None,
        None => Some(runs::count(&state.pool, dataset, caller.id).await?),
    };
    let summaries = rows.into_iter().map(|(run, done, passed)| RunSummary {
        id: run.id,
        dataset_id: run.dataset_id,
        prompt_id: run.prompt_id,
        prompt_version: run.prompt_version,
        targets: run.targets.0,
        progress: Progress { done, total: i64::from(run.cell_count) },
        passed,
        created_at: run.created_at,
    });
    Ok(Page::new(page, summaries.collect(), total, |run| (run.created_at, run.id)))
}

/// The cells of one of the caller's own.
pub async fn cells(
    state: &AppState,
    caller: &Identity,
    id: RunId,
    (filter, include): (CellFilter, Option<Include>),
    page: &PageQuery,
    after: Option<(i32, i32)>,
) -> Result<Page<Cell>, ServiceError> {
    stored(state, caller, id).await?;
    let (limit, offset) = (page.limit() + 1, page.offset());
    let rows = runs::cells(&state.pool, id, filter, include, after, limit, offset).await?;
    let total = match after {
        Some(_) => None,
        None => Some(runs::count_cells(&state.pool, id, filter).await?),
    };
    let mut page = Page::new(page, rows, total, |cell| (cell.row_number, cell.target_index))
        .bound_texts(|cell| vec![&mut cell.response])?
        .bound_texts(|cell| vec![&mut cell.assertion_results])?
        .bound_texts(|cell| vec![&mut cell.variables])?
        .bound_texts(|cell| vec![&mut cell.expected])?;
    // Also what the database has kept back.
    page.content_truncated |= page.content.iter().any(|cell| {
        let has_answer = include.is_some() && cell.response_preview.is_some();
        cell.variables.is_none() || has_answer && cell.response.is_none()
    });
    Ok(page)
}

/// Ends what is not over. What is, stays as it is: cancelling again changes nothing.
pub async fn cancel(state: &AppState, caller: &Identity, id: RunId) -> Result<Run, ServiceError> {
    stored(state, caller, id).await?;
    let cancelled = runs::cancel(&state.pool, id).await?;
    stop_attempts(state, &cancelled).await;
    for test in cancelled {
        // An error only says that nobody is waiting for a test.
        let _ = state.ended.send(test);
    }
    find(state, caller, id).await
}
