use chrono::NaiveDate;
use ids::PromptId;
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};
use timestamp::Timestamp;

use crate::domain::DayViews;

/// Views of a prompt on a day (UTC) that are not merged.
pub struct Delta {
    pub prompt_id: PromptId,
    pub day: NaiveDate,
    pub views: DayViews,
}

/// A delta as the table holds it.
struct Row {
    prompt_id: PromptId,
    day: NaiveDate,
    quarters: Vec<u8>,
    entries: Vec<u8>,
}

impl From<Row> for Delta {
    fn from(row: Row) -> Self {
        let views = DayViews::decode(&row.quarters, &row.entries, 0);
        Self { prompt_id: row.prompt_id, day: row.day, views }
    }
}

/// Inserts deltas, each with the time from which on it counts; `None` for at once.
pub async fn insert(
    connection: &mut PgConnection,
    deltas: &[(Delta, Option<Timestamp>)],
) -> sqlx::Result<()> {
    let prompts: Vec<PromptId> = deltas.iter().map(|(delta, _)| delta.prompt_id).collect();
    let days: Vec<NaiveDate> = deltas.iter().map(|(delta, _)| delta.day).collect();
    let visible_at: Vec<Option<Timestamp>> = deltas.iter().map(|(_, at)| *at).collect();
    let views: Vec<i32> = deltas
        .iter()
        .map(|(delta, _)| i32::try_from(delta.views.views()).unwrap_or(i32::MAX))
        .collect();
    let quarters: Vec<Vec<u8>> =
        deltas.iter().map(|(delta, _)| delta.views.encoded_quarters()).collect();
    let entries: Vec<Vec<u8>> =
        deltas.iter().map(|(delta, _)| delta.views.encoded_entries()).collect();
    query!(
        "insert into prompt_view_deltas (prompt_id, day, visible_at, views, quarters, entries)
         select prompt_id, day, coalesce(visible_at, '-infinity'), views, quarters, entries
         from unnest($1::uuid[], $2::date[], $3::timestamptz[], $4::int[], $5::bytea[], $6::bytea[])
              as d (prompt_id, day, visible_at, views, quarters, entries)",
        &prompts as &[PromptId],
        &days,
        &visible_at as &[Option<Timestamp>],
        &views,
        &quarters,
        &entries,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes deltas that count by now, and returns them: `deltas` at most, and no more once they hold `views`
/// views.
pub async fn take(
    connection: &mut PgConnection,
    deltas: i64,
    views: i64,
) -> sqlx::Result<Vec<Delta>> {
    let rows = query_as!(
        Row,
        r#"delete from prompt_view_deltas
           where ctid = any(array(
               select ctid
               from (select ctid, views, sum(views) over (rows unbounded preceding) as so_far
                     from (select ctid, views from prompt_view_deltas
                           where visible_at <= now() limit $1) d) d
               where so_far - views < $2
           ))
           returning prompt_id as "prompt_id: PromptId", day, quarters, entries"#,
        deltas,
        views,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Returns the deltas of some prompts that count by now.
pub async fn of_prompts(
    executor: impl PgExecutor<'_>,
    prompts: &[PromptId],
    first: NaiveDate,
    last: NaiveDate,
) -> sqlx::Result<Vec<Delta>> {
    let rows = query_as!(
        Row,
        r#"select prompt_id as "prompt_id: PromptId", day, quarters, entries
           from prompt_view_deltas
           where prompt_id = any($1) and day between $2 and $3 and visible_at <= now()"#,
        prompts as &[PromptId],
        first,
        last,
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Tells whether there are deltas that count by now.
pub async fn is_any(executor: impl PgExecutor<'_>) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (select from prompt_view_deltas where visible_at <= now()) as "any!""#
    )
    .fetch_one(executor)
    .await
}
