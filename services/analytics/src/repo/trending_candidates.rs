//! The first prompts of each ranking, and the thresholds above which a prompt is one of them.

use chrono::NaiveDate;
use ids::PromptId;
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

use super::prompt_scores::Ranked;
use crate::domain::{RankCursor, trending_score::PERIODS};

/// A prompt at its place in one ranking.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// The index of the ranking's half-life.
    pub class: usize,
    pub place: RankCursor,
    pub last_day: NaiveDate,
}

/// The lowest place of each ranking that is kept; `None` while all are.
pub type Thresholds = [Option<RankCursor>; PERIODS.len()];

fn period_of(class: usize) -> i16 {
    PERIODS.get(class).and_then(|period| i16::try_from(*period).ok()).unwrap_or_default()
}

/// Returns the thresholds.
pub async fn thresholds(connection: &mut PgConnection) -> sqlx::Result<Thresholds> {
    let rows = query!(
        r#"select rank, prompt_id as "prompt_id: PromptId" from trending_thresholds order by period"#
    )
    .fetch_all(connection)
    .await?;
    let mut thresholds = Thresholds::default();
    for (threshold, row) in thresholds.iter_mut().zip(rows) {
        let place = row.rank.zip(row.prompt_id);
        *threshold = place.map(|(rank, prompt_id)| RankCursor { rank, prompt_id });
    }
    Ok(thresholds)
}

/// Tells whether a ranking has a threshold: then there may be prompts that are no candidates.
pub async fn has_threshold(executor: impl PgExecutor<'_>, class: usize) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (select from trending_thresholds
                          where period = $1 and rank is not null) as "exists!""#,
        period_of(class),
    )
    .fetch_one(executor)
    .await
}

/// Returns candidates, highest first, that were viewed within the last `days` days (UTC).
pub async fn page(
    executor: impl PgExecutor<'_>,
    class: usize,
    days: i32,
    after: Option<RankCursor>,
    limit: i64,
) -> sqlx::Result<Vec<Ranked>> {
    query_as!(
        Ranked,
        r#"select prompt_id as "prompt_id: PromptId", rank, today as "today!"
           from trending_candidates, (select (now() at time zone 'UTC')::date as today) t
           where period = $5 and rank <= $1 and (rank < $1 or prompt_id > $2)
             and last_day > today - $3::integer
           order by rank desc, prompt_id
           limit $4"#,
        after.map_or(i64::MAX, |after| after.rank),
        after.map_or(PromptId(sqlx::types::Uuid::nil()), |after| after.prompt_id) as PromptId,
        days,
        limit,
        period_of(class),
    )
    .fetch_all(executor)
    .await
}

/// Deletes candidates, as far as they are there.
pub async fn delete(connection: &mut PgConnection, candidates: &[Candidate]) -> sqlx::Result<()> {
    let (periods, ranks, prompts) = columns(candidates);
    query!(
        "delete from trending_candidates c
         using unnest($1::smallint[], $2::bigint[], $3::uuid[]) as d (period, rank, prompt_id)
         where c.period = d.period and c.rank = d.rank and c.prompt_id = d.prompt_id",
        &periods,
        &ranks,
        &prompts as &[PromptId],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Inserts candidates.
pub async fn insert(connection: &mut PgConnection, candidates: &[Candidate]) -> sqlx::Result<()> {
    let (periods, ranks, prompts) = columns(candidates);
    let days: Vec<NaiveDate> = candidates.iter().map(|candidate| candidate.last_day).collect();
    query!(
        "insert into trending_candidates (period, rank, prompt_id, last_day)
         select * from unnest($1::smallint[], $2::bigint[], $3::uuid[], $4::date[])",
        &periods,
        &ranks,
        &prompts as &[PromptId],
        &days,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn columns(candidates: &[Candidate]) -> (Vec<i16>, Vec<i64>, Vec<PromptId>) {
    (
        candidates.iter().map(|candidate| period_of(candidate.class)).collect(),
        candidates.iter().map(|candidate| candidate.place.rank).collect(),
        candidates.iter().map(|candidate| candidate.place.prompt_id).collect(),
    )
}

/// Chooses the first `kept` prompts of each ranking, from all scores.
pub async fn choose(connection: &mut PgConnection, kept: i64) -> sqlx::Result<()> {
    query!("select choose_trending_candidates($1)", kept).execute(connection).await?;
    Ok(())
}

/// Tells whether a ranking has more than `most` candidates.
pub async fn is_crowded(connection: &mut PgConnection, most: i64) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (select from trending_candidates
                          group by period having count(*) > $1) as "exists!""#,
        most,
    )
    .fetch_one(connection)
    .await
}

/// Deletes the candidates that were viewed before the period of their ranking, and raises thresholds so that
/// the first `kept` are left. What is deleted is found in `prompt_scores`.
pub async fn prune(connection: &mut PgConnection, kept: i64) -> sqlx::Result<()> {
    // A day more than the period: an answer may have begun before midnight.
    query!(
        "delete from trending_candidates
         where last_day < (now() at time zone 'UTC')::date - period"
    )
    .execute(&mut *connection)
    .await?;
    query!(
        "update trending_thresholds t set rank = p.rank, prompt_id = p.prompt_id
         from (select period, rank, prompt_id,
                      row_number() over (partition by period order by rank desc, prompt_id) as place,
                      count(*) over (partition by period) as candidates
               from trending_candidates) p
         where p.period = t.period and place = $1 and candidates > $1",
        kept,
    )
    .execute(&mut *connection)
    .await?;
    query!(
        "delete from trending_candidates c using trending_thresholds t
         where t.period = c.period
           and (c.rank < t.rank or c.rank = t.rank and c.prompt_id > t.prompt_id)"
    )
    .execute(connection)
    .await?;
    Ok(())
}
