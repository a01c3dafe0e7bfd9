//! Use cases of evaluation runs: a prompt over all rows of a data set.

mod compare;
mod prepare;
mod stream;

pub use compare::compare;
pub use stream::{EvaluationRunStream, RunCursor, RunUpdate};

use auth::Identity;
use grader::Assertion;
use http_kit::{
    Page, PageQuery,
    page::{Include, Slice},
};
use idempotency::Creation;
use ids::{DatasetId, RunId};
use sqlx::PgConnection;
use timestamp::Timestamp;

use super::{daily_limit, datasets as dataset_service, prompt_source, targets};
use crate::{
    domain::{
        Cell, CellFilter, EvaluationRun, EvaluationRunProgress, EvaluationRunSummary,
        NewEvaluationRun, PromptSource, RunFilter, Target, TargetReport,
    },
    error::ServiceError,
    repo::{datasets, evaluation_runs},
    state::AppState,
};

/// A request for an evaluation run; every field has passed its rules.
#[derive(Debug)]
pub struct EvaluationRunRequest {
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
    request: EvaluationRunRequest,
    creation: &Creation<'_, EvaluationRun>,
) -> Result<EvaluationRun, ServiceError> {
    let found = dataset_service::find(state, caller, dataset).await?;
    targets::check_all(state, &request.targets)?;
    let given = match &request.source {
        PromptSource::Content(content) => Some(content.clone()),
        PromptSource::Prompt { .. } | PromptSource::Draft { .. } => None,
    };
    let system_prompt = request.system_prompt.clone();
    let template = prompt_source::fetch(state, caller, request.source, system_prompt).await?;
    let all_rows = Slice { after: None, offset: 0, limit: i64::from(found.row_count) };
    let rows = datasets::list_rows(&state.pool, dataset, all_rows).await?;
    let prompt = template.prompt;
    let (assertions, targets) = (request.assertions, request.targets);
    let count = targets.len();
    let work = move || {
        let cells = prepare::cells(&template, rows, &assertions, count)?;
        Ok::<_, ServiceError>((cells, assertions))
    };
    let (cells, assertions) = state.offload.run(caller.id, work).await??;
    let new = NewEvaluationRun {
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
    if !datasets::lock_for_share(&mut *transaction, dataset, caller.id).await? {
        return Err(ServiceError::DatasetNotFound);
    }
    let count = new.rows.len() * new.targets.len();
    daily_limit::take(&mut transaction, caller.id, count, state.limits.daily).await?;
    evaluation_runs::insert(&mut *transaction, id, &new).await?;
    evaluation_runs::insert_cells(&mut *transaction, id, &new).await?;
    let run = read(&mut transaction, caller, id).await?;
    creation.record(&mut transaction, &run).await?;
    transaction.commit().await?;
    state.queued.notify_one();
    Ok(run)
}

/// Finds a run of the caller's.
pub async fn find(
    state: &AppState,
    caller: &Identity,
    id: RunId,
) -> Result<EvaluationRun, ServiceError> {
    read(&mut *state.pool.acquire().await?, caller, id).await
}

async fn read(
    connection: &mut PgConnection,
    caller: &Identity,
    id: RunId,
) -> Result<EvaluationRun, ServiceError> {
    let stored = evaluation_runs::find(&mut *connection, id, caller.id).await?;
    let stored = stored.ok_or(ServiceError::RunNotFound)?;
    let counts = evaluation_runs::count_by_target(connection, id).await?;
    let targets = stored.targets.0.into_iter().zip(counts);
    let targets: Vec<_> =
        targets.map(|(target, counts)| TargetReport::new(target, counts)).collect();
    Ok(EvaluationRun {
        id: stored.id,
        dataset_id: stored.dataset_id,
        prompt_id: stored.prompt_id,
        prompt_version: stored.prompt_version,
        prompt_content: stored.prompt_content,
        system_prompt: stored.system_prompt,
        assertions: stored.assertions.map(|assertions| assertions.0),
        progress: EvaluationRunProgress {
            done: targets.iter().map(|target| target.done).sum(),
            total: i64::from(stored.cell_count),
            cancelled: targets.iter().map(|target| target.cancelled).sum(),
        },
        targets,
        created_at: stored.created_at,
    })
}

/// Checks that this is a run of the caller's.
async fn check_owner(state: &AppState, caller: &Identity, id: RunId) -> Result<(), ServiceError> {
    let found = evaluation_runs::find(&state.pool, id, caller.id).await?;
    found.map(|_| ()).ok_or(ServiceError::RunNotFound)
}

/// Lists the caller's runs, newest first; those over one data set only if that is theirs.
pub async fn list(
    state: &AppState,
    caller: &Identity,
    filter: RunFilter,
    query: &PageQuery,
) -> Result<Page<EvaluationRunSummary>, ServiceError> {
    query.cursor::<(Timestamp, RunId)>()?;
    if let Some(dataset) = filter.dataset {
        dataset_service::find(state, caller, dataset).await?;
    }
    let rows = async |slice| -> Result<_, ServiceError> {
        Ok(evaluation_runs::list(&state.pool, caller.id, filter, slice).await?)
    };
    let total = evaluation_runs::count(&state.pool, caller.id, filter);
    let page = query.page(total, rows, |run| (run.created_at, run.id)).await?;
    Ok(page.map(EvaluationRunSummary::from))
}

/// Lists the cells of a run of the caller's.
pub async fn list_cells(
    state: &AppState,
    caller: &Identity,
    id: RunId,
    (filter, include): (CellFilter, Option<Include>),
    query: &PageQuery,
) -> Result<Page<Cell>, ServiceError> {
    query.cursor::<(i32, i32)>()?;
    check_owner(state, caller, id).await?;
    let rows = async |slice| -> Result<_, ServiceError> {
        Ok(evaluation_runs::list_cells(&state.pool, id, filter, include, slice).await?)
    };
    let total = evaluation_runs::count_cells(&state.pool, id, filter);
    let mut page = query
        .page(total, rows, |cell| (cell.row_number, cell.target_index))
        .await?
        .bound_texts(|cell| vec![&mut cell.response])?
        .bound_texts(|cell| vec![&mut cell.assertion_results])?
        .bound_texts(|cell| vec![&mut cell.variables])?
        .bound_texts(|cell| vec![&mut cell.expected])?;
    // Also texts that stayed in the database.
    page.content_truncated |= page.content.iter().any(|cell| {
        let has_answer = include.is_some() && cell.response_preview.is_some();
        cell.variables.is_none() || has_answer && cell.response.is_none()
    });
    Ok(page)
}

/// Cancels the cells that have not ended. The others stay as they are: cancelling again changes nothing.
pub async fn cancel(
    state: &AppState,
    caller: &Identity,
    id: RunId,
) -> Result<EvaluationRun, ServiceError> {
    check_owner(state, caller, id).await?;
    let cancelled = evaluation_runs::cancel(&state.pool, id).await?;
    state.live_attempts.stop_all(&cancelled).await;
    for test in cancelled {
        // An error only says that nobody is waiting for a test.
        let _ = state.ended.send(test);
    }
    find(state, caller, id).await
}
