use sqlx::PgPool;

use crate::{
    domain::{
        RankCursor, RankedPrompt,
        trending_score::{ScoreKeys, class_of},
    },
    repo::{prompt_scores, trending_candidates},
};

/// Returns the prompts with the highest scores that were viewed today or on the `days - 1` days before
/// (UTC), visible or not; from the one after `after`. It follows events by a second or so, and more in a
/// backlog: what is not merged yet has no score.
pub async fn ranking(
    pool: &PgPool,
    days: u16,
    after: Option<RankCursor>,
    limit: i64,
) -> sqlx::Result<Vec<RankedPrompt>> {
    let class = class_of(days);
    let mut rows = trending_candidates::page(pool, class, days.into(), after, limit).await?;
    // Too few candidates were viewed in the period; below the threshold more prompts may be.
    let is_short = rows.len() < usize::try_from(limit).unwrap_or_default();
    if is_short && trending_candidates::has_threshold(pool, class).await? {
        rows = prompt_scores::ranking(pool, class, days.into(), after, limit).await?;
    }
    let ranked = rows.into_iter().map(|row| RankedPrompt {
        prompt_id: row.prompt_id,
        score: ScoreKeys::score(row.rank, class, row.today),
        cursor: RankCursor { rank: row.rank, prompt_id: row.prompt_id },
    });
    Ok(ranked.collect())
}
