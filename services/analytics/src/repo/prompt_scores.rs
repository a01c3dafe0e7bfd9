use std::collections::HashMap;

use chrono::NaiveDate;
use ids::PromptId;
use sqlx::{PgConnection, PgExecutor, query};

use crate::domain::{RankCursor, trending_score::ScoreKeys};

/// The score of a prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    pub last_day: NaiveDate,
    pub keys: ScoreKeys,
}

/// Returns the scores of those of these prompts that have one.
pub async fn get(
    connection: &mut PgConnection,
    prompts: &[PromptId],
) -> sqlx::Result<HashMap<PromptId, Score>> {
    let rows = query!(
        r#"select prompt_id as "prompt_id: PromptId", last_day, key_1, key_7, key_30, key_90
           from prompt_scores where prompt_id = any($1)"#,
        prompts as &[PromptId],
    )
    .fetch_all(connection)
    .await?;
    let scores = rows.into_iter().map(|row| {
        let keys = ScoreKeys([row.key_1, row.key_7, row.key_30, row.key_90]);
        (row.prompt_id, Score { last_day: row.last_day, keys })
    });
    Ok(scores.collect())
}

/// Writes scores, whether they are there or not.
pub async fn upsert(
    connection: &mut PgConnection,
    scores: &[(PromptId, Score)],
) -> sqlx::Result<()> {
    let prompts: Vec<PromptId> = scores.iter().map(|(prompt, _)| *prompt).collect();
    let days: Vec<NaiveDate> = scores.iter().map(|(_, score)| score.last_day).collect();
    let keys = |class: usize| -> Vec<f64> {
        scores.iter().map(|(_, score)| score.keys.0[class]).collect()
    };
    query!(
        "insert into prompt_scores (prompt_id, last_day, key_1, key_7, key_30, key_90)
         select * from unnest($1::uuid[], $2::date[], $3::float8[], $4::float8[], $5::float8[],
                              $6::float8[])
         on conflict (prompt_id) do update set
             last_day = excluded.last_day, key_1 = excluded.key_1, key_7 = excluded.key_7,
             key_30 = excluded.key_30, key_90 = excluded.key_90",
        &prompts as &[PromptId],
        &days,
        &keys(0),
        &keys(1),
        &keys(2),
        &keys(3),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A prompt of the ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranked {
    pub prompt_id: PromptId,
    pub rank: i64,
    pub today: NaiveDate,
}

/// Returns prompts by a key, highest first, that were viewed within the last `days` days (UTC). It sorts all
/// prompts that were: `trending_candidates` are there for less work.
pub async fn ranking(
    executor: impl PgExecutor<'_>,
    class: usize,
    days: i32,
    after: Option<RankCursor>,
    limit: i64,
) -> sqlx::Result<Vec<Ranked>> {
    // Nobody viewed anything tomorrow; a planner that does not know `days` expects few rows between two
    // bounds, and takes the index.
    sqlx::query_as!(
        Ranked,
        r#"select prompt_id as "prompt_id!: PromptId", rank as "rank!", today as "today!"
           from (select prompt_id, today,
                        score_rank((array[key_1, key_7, key_30, key_90])[$5]) as rank
                 from prompt_scores, (select (now() at time zone 'UTC')::date as today) t
                 where last_day between today - $3::integer + 1 and today + 1) s
           where rank < $1 or rank = $1 and prompt_id > $2
           order by rank desc, prompt_id
           limit $4"#,
        after.map_or(i64::MAX, |after| after.rank),
        after.map_or(PromptId(sqlx::types::Uuid::nil()), |after| after.prompt_id) as PromptId,
        days,
        limit,
        i32::try_from(class + 1).unwrap_or(i32::MAX),
    )
    .fetch_all(executor)
    .await
}

/// Computes all scores from `prompt_days`.
pub async fn recompute(connection: &mut PgConnection) -> sqlx::Result<()> {
    query!("delete from prompt_scores").execute(&mut *connection).await?;
    query!(
        "insert into prompt_scores (prompt_id, last_day, key_1, key_7, key_30, key_90)
         with days as (
             select prompt_id, day, max(day) over (partition by prompt_id) as last_day,
                    2 * viewers + least(views, 2 * greatest(viewers, 1)) as points
             from prompt_days
         )
         select prompt_id, last_day,
                4.0 * since + ln(sum(points * power(2, greatest(age * 4.0, -1000)))) / ln(2),
                4.0 / 7 * since + ln(sum(points * power(2, greatest(age * 4.0 / 7, -1000)))) / ln(2),
                4.0 / 30 * since + ln(sum(points * power(2, greatest(age * 4.0 / 30, -1000)))) / ln(2),
                4.0 / 90 * since + ln(sum(points * power(2, greatest(age * 4.0 / 90, -1000)))) / ln(2)
         from (select *, (day - last_day)::float8 as age,
                      (last_day - date '1970-01-01')::float8 as since from days) d
         group by prompt_id, last_day, since",
    )
    .execute(connection)
    .await?;
    Ok(())
}
