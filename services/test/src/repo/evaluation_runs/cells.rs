//! Lists the cells of an evaluation run.

use http_kit::page::{Include, MAX_PAGE_BYTES, Slice};
use ids::RunId;
use sqlx::{PgExecutor, Postgres, QueryBuilder};

use crate::{
    domain::{Cell, CellFilter},
    repo::prompt_tests::SHORT_RESULTS,
};

/// Lists cells in order of row and target. Texts that are not asked for, and
/// texts beyond the limit of a page, stay in the database.
pub async fn list_cells(
    executor: impl PgExecutor<'_>,
    run: RunId,
    filter: CellFilter,
    include: Option<Include>,
    slice: Slice<(i32, i32)>,
) -> sqlx::Result<Vec<Cell>> {
    let (answer_bytes, answer) = match include {
        None => ("0", ["null as response", SHORT_RESULTS].join(", ")),
        Some(Include::Content) => (
            "coalesce(octet_length(t.response), 0)
             + coalesce(octet_length(t.assertion_results::text), 0)",
            "case when is_kept then response end as response,
             case when is_kept then assertion_results end as assertion_results"
                .to_owned(),
        ),
    };
    let mut query = QueryBuilder::new(
        "select id as test_id, row_number, target_index, model_provider, model_name, status,
                case status when 'COMPLETED' then coalesce(score, 1) = 1
                            when 'FAILED' then false end as passed,
                score, left(response, 200) as response_preview, response_incomplete, token_count,
                cost, response_time_ms, error_message,
                case when is_kept then variables end as variables,
                case when is_kept then expected end as expected, ",
    );
    query.push(answer).push(" from (select *, bytes <= ").push_bind(MAX_PAGE_BYTES as i64);
    query.push(" and sum(bytes) filter (where bytes <= ").push_bind(MAX_PAGE_BYTES as i64);
    query.push(") over (order by row_number, target_index) <= ");
    query.push_bind(MAX_PAGE_BYTES as i64).push(
        " as is_kept
         from (select t.*, d.variables, d.expected,
                      octet_length(d.variables::text) + coalesce(octet_length(d.expected), 0) + ",
    );
    query.push(answer_bytes).push(" as bytes from (select * from tests t where ");
    push_filter(&mut query, run, filter);
    if let Some((row, target)) = slice.after {
        query.push(" and (t.row_number, t.target_index) > (").push_bind(row);
        query.push(", ").push_bind(target).push(")");
    }
    query.push(" order by t.row_number, t.target_index limit ").push_bind(slice.limit);
    query.push(" offset ").push_bind(slice.offset).push(
        ") t
         join runs r on r.id = t.run_id
         join dataset_rows d on d.dataset_id = r.dataset_id and d.number = t.row_number) p) p
         order by row_number, target_index",
    );
    query.build_query_as().fetch_all(executor).await
}

pub async fn count_cells(
    executor: impl PgExecutor<'_>,
    run: RunId,
    filter: CellFilter,
) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select count(*) from tests t where ");
    push_filter(&mut query, run, filter);
    query.build_query_scalar().fetch_one(executor).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, run: RunId, filter: CellFilter) {
    query.push("t.run_id = ").push_bind(run);
    if let Some(target) = filter.target {
        query.push(" and t.target_index = ").push_bind(target);
    }
    if let Some(status) = filter.status {
        query.push(" and t.status = ").push_bind(status);
    }
    if let Some(time) = filter.ended_since {
        query.push(" and t.completed_at >= ").push_bind(time);
    }
    match filter.passed {
        Some(true) => {
            query.push(" and t.status = 'COMPLETED' and coalesce(t.score, 1) = 1");
        }
        Some(false) => {
            query.push(" and (t.status = 'FAILED' or t.status = 'COMPLETED' and t.score < 1)");
        }
        None => {}
    }
}
