//! Evaluation runs. Their cells are tests.

mod cells;

pub use cells::{count_cells, list_cells};

use grader::Assertion;
use http_kit::page::Slice;
use ids::{RunId, TestId, UserId};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::{PgExecutor, query, query_as, query_scalar, types::Json};
use timestamp::Timestamp;

use crate::domain::{
    EvaluationRunProgress, ListedEvaluationRun, NewEvaluationRun, RunFilter, StoredEvaluationRun,
    Target, TargetCounts, TestStatus,
};

/// Stores a run without its cells.
pub async fn insert(
    executor: impl PgExecutor<'_>,
    id: RunId,
    new: &NewEvaluationRun,
) -> sqlx::Result<()> {
    let (prompt, version) = new.prompt.unzip();
    query!(
        "insert into runs (id, user_id, dataset_id, prompt_id, prompt_version, prompt_content,
                           system_prompt, targets, assertions, cell_count)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id.0,
        new.user_id.0,
        new.dataset_id.0,
        prompt.map(|id| id.0),
        version,
        new.prompt_content,
        new.system_prompt,
        json!(new.targets),
        (!new.assertions.is_empty()).then(|| json!(new.assertions)),
        i32::try_from(new.rows.len() * new.targets.len()).unwrap_or(i32::MAX),
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Stores all cells; with that they are queued, row by row. Each row's text goes over the wire once,
/// however many targets there are.
pub async fn insert_cells(
    executor: impl PgExecutor<'_>,
    run: RunId,
    new: &NewEvaluationRun,
) -> sqlx::Result<()> {
    let (prompt, version) = new.prompt.unzip();
    let cells = new.rows.len() * new.targets.len();
    let ids: Vec<_> = (0..cells).map(|_| TestId::new().0).collect();
    let numbers: Vec<i32> = new.rows.iter().map(|row| row.row_number).collect();
    let contents: Vec<&str> = new.rows.iter().map(|row| row.prompt_content.as_str()).collect();
    let system_prompts: Vec<Option<&str>> =
        new.rows.iter().map(|row| row.system_prompt.as_deref()).collect();
    let assertions: Vec<Value> = new.rows.iter().map(|row| json!(row.assertions)).collect();
    let targets = &new.targets;
    query!(
        "insert into tests (id, user_id, prompt_id, prompt_version, prompt_content, system_prompt,
                            model_provider, model_name, temperature, max_tokens, seed, assertions,
                            run_id, row_number, target_index)
         select cell.id, $2, $3, $4, row.content, row.system_prompt,
                target.provider, target.model, target.temperature, target.max_tokens, target.seed,
                nullif(row.assertions, '[]'), $6, row.number, target.n - 1
         from unnest($1::uuid[]) with ordinality as cell(id, n)
         join unnest($7::integer[], $8::text[], $9::jsonb[], $5::text[]) with ordinality
              as row(number, content, assertions, system_prompt, n)
              on row.n = (cell.n - 1) / cardinality($10::text[]) + 1
         join unnest($10::text[], $11::text[], $12::double precision[], $13::integer[], $14::bigint[])
              with ordinality as target(provider, model, temperature, max_tokens, seed, n)
              on target.n = (cell.n - 1) % cardinality($10::text[]) + 1
         order by cell.n",
        &ids,
        new.user_id.0,
        prompt.map(|id| id.0),
        version,
        &system_prompts as &[Option<&str>],
        run.0,
        &numbers,
        &contents as &[&str],
        &assertions,
        &targets.iter().map(|target| target.model_provider.to_string()).collect::<Vec<_>>(),
        &targets.iter().map(|target| target.model_name.clone()).collect::<Vec<_>>(),
        &targets.iter().map(|target| target.temperature).collect::<Vec<_>>() as &[Option<f64>],
        &targets.iter().map(|target| target.max_tokens).collect::<Vec<_>>() as &[Option<i32>],
        &targets.iter().map(|target| target.seed).collect::<Vec<_>>() as &[Option<i64>],
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Finds a run of this user.
pub async fn find(
    executor: impl PgExecutor<'_>,
    id: RunId,
    user: UserId,
) -> sqlx::Result<Option<StoredEvaluationRun>> {
    query_as!(
        StoredEvaluationRun,
        r#"select id, dataset_id, prompt_id, prompt_version, prompt_content, system_prompt,
                  targets as "targets: Json<Vec<Target>>",
                  assertions as "assertions: Json<Vec<Assertion>>", cell_count, created_at
           from runs where id = $1 and user_id = $2"#,
        id.0,
        user.0,
    )
    .fetch_optional(executor)
    .await
}

/// Lists a user's runs, newest first.
pub async fn list(
    executor: impl PgExecutor<'_>,
    user: UserId,
    filter: RunFilter,
    slice: Slice<(Timestamp, RunId)>,
) -> sqlx::Result<Vec<ListedEvaluationRun>> {
    let (created_at, id) = slice.after.unzip();
    query_as!(
        ListedEvaluationRun,
        r#"select r.id, r.dataset_id, d.name as "dataset_name?", r.prompt_id, r.prompt_version,
                  r.targets as "targets: Json<Vec<Target>>", r.cell_count, r.created_at,
                  t.done as "done!", t.passed as "passed!"
           from (
               select * from runs
               where user_id = $1 and ($2::uuid is null or dataset_id = $2)
                     and ($3::uuid is null or prompt_id = $3)
                     and ($4::timestamptz is null or (created_at, id) < ($4, $5::uuid))
               order by created_at desc, id desc limit $6 offset $7
           ) r
           left join datasets d on d.id = r.dataset_id and d.deleted_at is null
           cross join lateral (
               select count(*) filter (where status not in ('PENDING', 'RUNNING')) as done,
                      count(*) filter (where status = 'COMPLETED' and coalesce(score, 1) = 1)
                          as passed
               from tests where run_id = r.id
           ) t
           order by r.created_at desc, r.id desc"#,
        user.0,
        filter.dataset.map(|id| id.0),
        filter.prompt.map(|id| id.0),
        created_at as Option<Timestamp>,
        id.map(|id| id.0),
        slice.limit,
        slice.offset,
    )
    .fetch_all(executor)
    .await
}

pub async fn count(
    executor: impl PgExecutor<'_>,
    user: UserId,
    filter: RunFilter,
) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "count!" from runs
           where user_id = $1 and ($2::uuid is null or dataset_id = $2)
                 and ($3::uuid is null or prompt_id = $3)"#,
        user.0,
        filter.dataset.map(|id| id.0),
        filter.prompt.map(|id| id.0),
    )
    .fetch_one(executor)
    .await
}

/// Counts the cells of each target, in order. A cell has passed when it is completed and its score, if it has
/// one, is 1.
pub async fn count_by_target(
    executor: impl PgExecutor<'_>,
    run: RunId,
) -> sqlx::Result<Vec<TargetCounts>> {
    query_as!(
        TargetCounts,
        r#"select target_index as "target_index!", count(*) as "total!",
                  count(*) filter (where status not in ('PENDING', 'RUNNING')) as "done!",
                  count(*) filter (where status = 'COMPLETED' and coalesce(score, 1) = 1)
                      as "passed!",
                  count(*) filter (where status = 'COMPLETED') as "completed!",
                  count(*) filter (where status = 'FAILED') as "errored!",
                  count(*) filter (where status = 'CANCELLED') as "cancelled!",
                  avg(score) as mean_score,
                  coalesce(sum(input_tokens), 0)::bigint as "input_tokens!",
                  coalesce(sum(output_tokens), 0)::bigint as "output_tokens!",
                  count(*) filter (where input_tokens is not null and cost is null) as "unpriced!",
                  coalesce(sum(cost), 0) as "cost!: Decimal",
                  avg(response_time_ms)::double precision as mean_response_time_ms,
                  percentile_cont(0.95) within group (order by response_time_ms)
                      as p95_response_time_ms
           from tests where run_id = $1
           group by target_index order by target_index"#,
        run.0,
    )
    .fetch_all(executor)
    .await
}

/// Counts the cells of a run; with the time of the database, in milliseconds since 1970. `None` when there is no
/// such run.
pub async fn progress(
    executor: impl PgExecutor<'_>,
    run: RunId,
) -> sqlx::Result<Option<(i64, EvaluationRunProgress)>> {
    let row = query!(
        r#"select (extract(epoch from now()) * 1000)::bigint as "now!", r.cell_count, t.done as "done!",
                  t.cancelled as "cancelled!"
           from runs r
           cross join lateral (
               select count(*) filter (where status not in ('PENDING', 'RUNNING')) as done,
                      count(*) filter (where status = 'CANCELLED') as cancelled
               from tests where run_id = r.id
           ) t
           where r.id = $1"#,
        run.0,
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| {
        let total = i64::from(row.cell_count);
        (row.now, EvaluationRunProgress { done: row.done, total, cancelled: row.cancelled })
    }))
}

/// A cell of two runs.
pub struct CellPair {
    pub row_number: i32,
    pub test_id: TestId,
    pub status: TestStatus,
    pub score: Option<f64>,
    pub to_test_id: TestId,
    pub to_status: TestStatus,
    pub to_score: Option<f64>,
}

/// Lists the cells of one target of a run beside those of one target of another.
pub async fn list_cell_pairs(
    executor: impl PgExecutor<'_>,
    (run, target): (RunId, i32),
    (to, to_target): (RunId, i32),
) -> sqlx::Result<Vec<CellPair>> {
    query_as!(
        CellPair,
        r#"select a.row_number as "row_number!", a.id as test_id, a.status, a.score,
                  b.id as to_test_id, b.status as to_status, b.score as to_score
           from tests a join tests b using (row_number)
           where a.run_id = $1 and a.target_index = $2 and b.run_id = $3 and b.target_index = $4
           order by a.row_number"#,
        run.0,
        target,
        to.0,
        to_target,
    )
    .fetch_all(executor)
    .await
}

/// Cancels all cells that have not ended; a worker of one writes nothing any more. Rows are locked in one
/// order, so that two cancellations at once do not wait for each other in a circle.
pub async fn cancel(executor: impl PgExecutor<'_>, run: RunId) -> sqlx::Result<Vec<TestId>> {
    query_scalar!(
        "with open as (
             select id from tests where run_id = $1 and status in ('PENDING', 'RUNNING')
             order by id for update
         )
         update tests t set status = 'CANCELLED', due_at = null, completed_at = now()
         from open where t.id = open.id
         returning t.id",
        run.0,
    )
    .fetch_all(executor)
    .await
}
