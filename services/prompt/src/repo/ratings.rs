//! Ratings, and the counters that sum them up.

use auth::Identity;
use ids::{PromptId, UserId};
use pg::Timestamp;
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

use super::counters;
use crate::domain::{Rated, Rating, RatingSummary};

/// Keeps a prompt from being deleted until the transaction ends, and says who wrote it; `None` when
/// it is gone.
pub async fn keep_rated(
    connection: &mut PgConnection,
    prompt: PromptId,
) -> sqlx::Result<Option<UserId>> {
    query_scalar!("select user_id from prompts where id = $1 for key share", prompt.0)
        .fetch_optional(connection)
        .await
}

/// Rates a prompt, or changes the caller's rating; true if it is the first.
///
/// The prompt must be kept ([`keep_rated`]). The counters' row is locked before the old rating is
/// read: of two first ratings by one person at once, the second must see the first.
pub async fn upsert(
    connection: &mut PgConnection,
    prompt: PromptId,
    caller: &Identity,
    rating: i16,
    review: Option<&str>,
) -> sqlx::Result<(bool, RatingSummary)> {
    counters::lock(&mut *connection, prompt).await?;
    let old = query_scalar!(
        "select rating from prompt_ratings where prompt_id = $1 and user_id = $2",
        prompt.0,
        caller.id.0,
    )
    .fetch_optional(&mut *connection)
    .await?;
    query!(
        "insert into prompt_ratings (prompt_id, user_id, username, rating, review)
         values ($1, $2, $3, $4, $5)
         on conflict (prompt_id, user_id) do update
         set rating = excluded.rating, review = excluded.review, username = excluded.username,
             updated_at = now()",
        prompt.0,
        caller.id.0,
        caller.username,
        rating,
        review,
    )
    .execute(&mut *connection)
    .await?;
    let row = query!(
        "update prompt_counters
         set ratings_1 = ratings_1 + ($2 = 1)::int - coalesce($3 = 1, false)::int,
             ratings_2 = ratings_2 + ($2 = 2)::int - coalesce($3 = 2, false)::int,
             ratings_3 = ratings_3 + ($2 = 3)::int - coalesce($3 = 3, false)::int,
             ratings_4 = ratings_4 + ($2 = 4)::int - coalesce($3 = 4, false)::int,
             ratings_5 = ratings_5 + ($2 = 5)::int - coalesce($3 = 5, false)::int
         where prompt_id = $1
         returning average_rating, ratings_count, ratings_1, ratings_2, ratings_3, ratings_4,
                   ratings_5",
        prompt.0,
        i32::from(rating),
        old.map(i32::from),
    )
    .fetch_one(connection)
    .await?;
    let summary = RatingSummary {
        average_rating: row.average_rating,
        ratings_count: row.ratings_count,
        distribution: [row.ratings_1, row.ratings_2, row.ratings_3, row.ratings_4, row.ratings_5],
        user_rating: Some(rating),
    };
    Ok((old.is_none(), summary))
}

/// All ratings of a prompt together; `None` when the prompt is gone.
pub async fn summary(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    caller: Option<UserId>,
) -> sqlx::Result<Option<RatingSummary>> {
    let row = query!(
        "select c.average_rating, c.ratings_count, c.ratings_1, c.ratings_2, c.ratings_3,
                c.ratings_4, c.ratings_5,
                (select rating from prompt_ratings r where r.prompt_id = $1 and r.user_id = $2)
                    as user_rating
         from prompt_counters c where c.prompt_id = $1",
        prompt.0,
        caller.map(|caller| caller.0),
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| RatingSummary {
        average_rating: row.average_rating,
        ratings_count: row.ratings_count,
        distribution: [row.ratings_1, row.ratings_2, row.ratings_3, row.ratings_4, row.ratings_5],
        user_rating: row.user_rating,
    }))
}

/// The means of these prompts' ratings, in no order; without those that are gone.
pub async fn averages(
    executor: impl PgExecutor<'_>,
    prompts: &[PromptId],
) -> sqlx::Result<Vec<Rated>> {
    query_as!(
        Rated,
        r#"select p.id as "id!: PromptId", w.title as "title?", w.description as "description?",
                  w.category as "category?", c.average_rating
           from prompts p
           join prompt_counters c on c.prompt_id = p.id
           left join lateral (select p.title, p.description, p.category) w on p.status = 'PUBLISHED'
           where p.id = any($1::uuid[])"#,
        prompts as &[PromptId],
    )
    .fetch_all(executor)
    .await
}

/// Newest first, after a position.
pub async fn list(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    after: Option<(Timestamp, UserId)>,
    offset: i64,
    limit: i64,
) -> sqlx::Result<Vec<Rating>> {
    let (time, user) = after.map(|(time, user)| (time, user.0)).unzip();
    query_as!(
        Rating,
        "select user_id, username, rating, review, created_at, updated_at
         from prompt_ratings
         where prompt_id = $1 and ($2::timestamptz is null or (updated_at, user_id) < ($2, $3))
         order by updated_at desc, user_id desc
         limit $4 offset $5",
        prompt.0,
        time,
        user,
        limit,
        offset,
    )
    .fetch_all(executor)
    .await
}
