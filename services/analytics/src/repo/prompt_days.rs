use chrono::NaiveDate;
use ids::PromptId;
use sqlx::{PgConnection, PgExecutor, query, query_as};

use crate::domain::DayViews;

/// The views of a prompt on a day (UTC), as far as they are merged.
pub struct PromptDay {
    pub prompt_id: PromptId,
    pub day: NaiveDate,
    pub views: DayViews,
}

struct Row {
    prompt_id: PromptId,
    day: NaiveDate,
    sample: i16,
    quarters: Vec<u8>,
    entries: Vec<u8>,
}

impl From<Row> for PromptDay {
    fn from(row: Row) -> Self {
        let views = DayViews::decode(&row.quarters, &row.entries, row.sample);
        Self { prompt_id: row.prompt_id, day: row.day, views }
    }
}

/// Returns those of these days of prompts that have views.
pub async fn get(
    connection: &mut PgConnection,
    prompts: &[PromptId],
    days: &[NaiveDate],
) -> sqlx::Result<Vec<PromptDay>> {
    let rows = query_as!(
        Row,
        r#"select prompt_id as "prompt_id: PromptId", day, sample, quarters, entries
           from prompt_days
           where (prompt_id, day) in (select * from unnest($1::uuid[], $2::date[]))"#,
        prompts as &[PromptId],
        days,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Returns the days of some prompts in a period.
pub async fn of_prompts(
    executor: impl PgExecutor<'_>,
    prompts: &[PromptId],
    first: NaiveDate,
    last: NaiveDate,
) -> sqlx::Result<Vec<PromptDay>> {
    let rows = query_as!(
        Row,
        r#"select prompt_id as "prompt_id: PromptId", day, sample, quarters, entries
           from prompt_days
           where prompt_id = any($1) and day between $2 and $3"#,
        prompts as &[PromptId],
        first,
        last,
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Writes days, whether they are there or not.
pub async fn upsert(connection: &mut PgConnection, rows: &[PromptDay]) -> sqlx::Result<()> {
    let prompts: Vec<PromptId> = rows.iter().map(|row| row.prompt_id).collect();
    let days: Vec<NaiveDate> = rows.iter().map(|row| row.day).collect();
    let views: Vec<i64> = rows.iter().map(|row| row.views.views()).collect();
    let viewers: Vec<i64> = rows.iter().map(|row| row.views.viewers()).collect();
    let samples: Vec<i16> = rows.iter().map(|row| row.views.sample().into()).collect();
    let quarters: Vec<Vec<u8>> = rows.iter().map(|row| row.views.encoded_quarters()).collect();
    let entries: Vec<Vec<u8>> = rows.iter().map(|row| row.views.encoded_entries()).collect();
    query!(
        "insert into prompt_days (prompt_id, day, views, viewers, sample, quarters, entries)
         select * from unnest($1::uuid[], $2::date[], $3::bigint[], $4::bigint[], $5::smallint[],
                              $6::bytea[], $7::bytea[])
         on conflict (prompt_id, day) do update set
             views = excluded.views, viewers = excluded.viewers, sample = excluded.sample,
             quarters = excluded.quarters, entries = excluded.entries",
        &prompts as &[PromptId],
        &days,
        &views,
        &viewers,
        &samples,
        &quarters,
        &entries,
    )
    .execute(connection)
    .await?;
    Ok(())
}
