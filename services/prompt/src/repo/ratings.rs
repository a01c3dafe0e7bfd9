//! The table `prompt_ratings`.

use auth::Identity;
use http_kit::page::Slice;
use ids::{PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, PgPool, query, query_as, query_scalar};
use timestamp::Timestamp;

use super::{anonymized_batch::AnonymizedBatch, counters};
use crate::domain::{Rating, RatingSummary};

/// Inserts the caller's rating of a prompt, or changes it; returns true if it is the first.
///
/// The prompt must be locked. The counters' row is locked before the old rating is read: of two first
/// ratings by one person at once, the second must see the first.
pub async fn upsert(
    connection: &mut PgConnection,
    prompt: PromptId,
    caller: &Identity,
    rating: i16,
    review: Option<&str>,
) -> sqlx::Result<(bool, RatingSummary)> {
    counters::lock(&mut *connection, prompt).await?;
    let old = find_rating(&mut *connection, prompt, caller.id).await?;
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
    let summary = counters::replace_rating(connection, prompt, rating, old).await?;
    Ok((old.is_none(), summary))
}

/// Returns a user's rating of a prompt.
pub async fn find_rating(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    user: UserId,
) -> sqlx::Result<Option<i16>> {
    query_scalar!(
        "select rating from prompt_ratings where prompt_id = $1 and user_id = $2",
        prompt.0,
        user.0,
    )
    .fetch_optional(executor)
    .await
}

/// Lists the ratings of a prompt, newest first, after a sort key.
pub async fn list(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    slice: Slice<(Timestamp, UserId)>,
) -> sqlx::Result<Vec<Rating>> {
    let (time, user) = slice.after.map(|(time, user)| (time, user.0)).unzip();
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
        slice.limit,
        slice.offset,
    )
    .fetch_all(executor)
    .await
}

/// Replaces the author's name on some of their ratings. Rows that another transaction has locked are skipped
/// and stay for the next batch: this never waits while it holds rows, and so is part of no deadlock.
pub async fn anonymize_some(
    pool: &PgPool,
    author: UserId,
    limit: i64,
) -> sqlx::Result<AnonymizedBatch> {
    query_as!(
        AnonymizedBatch,
        r#"with mine as (
               select prompt_id from prompt_ratings
               where user_id = $1 and username <> 'deleted-user'
               limit $2 for no key update skip locked),
           renamed as (
               update prompt_ratings r set username = 'deleted-user' from mine
               where r.prompt_id = mine.prompt_id and r.user_id = $1
               returning r.prompt_id)
           select (select count(*) from renamed) as "renamed!",
                  exists (select from prompt_ratings
                          where user_id = $1 and username <> 'deleted-user') as "found!""#,
        author.0,
        limit,
    )
    .fetch_one(pool)
    .await
}
