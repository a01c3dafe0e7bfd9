//! The table `prompt_counters`: one row of numbers for each prompt.

use ids::{PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, PgPool, query, query_as};

use crate::domain::{AuthorStats, PromptStats, RatingSummary, UsageDelta};

/// Keeps a prompt's counters from being changed until the transaction ends.
pub async fn lock(connection: &mut PgConnection, prompt: PromptId) -> sqlx::Result<()> {
    query!("select prompt_id from prompt_counters where prompt_id = $1 for update", prompt.0)
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// Keeps the counters of several prompts from being changed, as [`lock`] does, in order of id.
pub async fn lock_all(connection: &mut PgConnection, prompts: &[PromptId]) -> sqlx::Result<()> {
    query!(
        "select prompt_id from prompt_counters where prompt_id = any($1::uuid[])
         order by prompt_id for update",
        prompts as &[PromptId],
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// Adds forks, or subtracts them if `count` is negative. Does nothing when their origin is gone.
pub async fn add_forks(
    connection: &mut PgConnection,
    origin: PromptId,
    count: i64,
) -> sqlx::Result<()> {
    query!(
        "update prompt_counters set forks_count = forks_count + $2 where prompt_id = $1",
        origin.0,
        count,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds one comment.
pub async fn add_comment(connection: &mut PgConnection, prompt: PromptId) -> sqlx::Result<()> {
    query!(
        "update prompt_counters set comments_count = comments_count + 1 where prompt_id = $1",
        prompt.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds views and uses, in order of id, so that two instances never deadlock.
pub async fn add_usage(pool: &PgPool, deltas: &[(PromptId, UsageDelta)]) -> sqlx::Result<()> {
    let prompts: Vec<_> = deltas.iter().map(|(id, _)| id.0).collect();
    let views: Vec<_> = deltas.iter().map(|(_, delta)| delta.views).collect();
    let uses: Vec<_> = deltas.iter().map(|(_, delta)| delta.uses).collect();
    query!(
        "with added as (
             select c.prompt_id, t.views, t.uses
             from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as t (prompt_id, views, uses)
             join prompt_counters c on c.prompt_id = t.prompt_id
             order by c.prompt_id
             for update of c)
         update prompt_counters c
         set views_count = c.views_count + added.views,
             usage_count = c.usage_count + added.uses,
             trending = case when added.views > 0 then trending_with(c.trending, added.views, now())
                             else c.trending end
         from added where c.prompt_id = added.prompt_id",
        &prompts,
        &views,
        &uses,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Returns the numbers of one prompt; `None` when it is gone.
pub async fn prompt_stats(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
) -> sqlx::Result<Option<PromptStats>> {
    query_as!(
        PromptStats,
        "select likes_count, comments_count, ratings_count, average_rating, views_count, forks_count
         from prompt_counters where prompt_id = $1",
        prompt.0,
    )
    .fetch_optional(executor)
    .await
}

/// Sums up the numbers of an author's listed prompts. One index of `prompts` has their ids, without a
/// look at the table, and each is then a look-up by primary key in the short rows of
/// `prompt_counters`.
pub async fn author_stats(
    executor: impl PgExecutor<'_>,
    author: UserId,
) -> sqlx::Result<AuthorStats> {
    query_as!(
        AuthorStats,
        r#"select count(*) as "prompts_count!",
                  coalesce(sum(c.likes_count), 0)::bigint as "likes_received!"
           from prompts p join prompt_counters c on c.prompt_id = p.id
           where p.user_id = $1 and c.listed"#,
        author.0,
    )
    .fetch_one(executor)
    .await
}

/// The columns of a [`RatingSummary`].
struct RatingRow {
    average_rating: f64,
    ratings_count: i64,
    ratings_1: i64,
    ratings_2: i64,
    ratings_3: i64,
    ratings_4: i64,
    ratings_5: i64,
    user_rating: Option<i16>,
}

impl From<RatingRow> for RatingSummary {
    fn from(row: RatingRow) -> Self {
        Self {
            average_rating: row.average_rating,
            ratings_count: row.ratings_count,
            distribution: [
                row.ratings_1,
                row.ratings_2,
                row.ratings_3,
                row.ratings_4,
                row.ratings_5,
            ],
            user_rating: row.user_rating,
        }
    }
}

/// Makes a query for a [`RatingRow`]: `$head`, the columns, `$tail`.
macro_rules! query_ratings {
    ($head:literal, user_rating = $user_rating:literal, $tail:literal, $($argument:expr),* $(,)?) => {
        query_as!(
            RatingRow,
            $head
                + " c.average_rating, c.ratings_count, c.ratings_1, c.ratings_2, c.ratings_3,
                    c.ratings_4, c.ratings_5, "
                + $user_rating
                + " as user_rating "
                + $tail,
            $($argument),*
        )
    };
}

/// Adds a rating and subtracts the one that it replaces. Returns all ratings of the prompt together.
pub async fn replace_rating(
    connection: &mut PgConnection,
    prompt: PromptId,
    new: i16,
    old: Option<i16>,
) -> sqlx::Result<RatingSummary> {
    let row = query_ratings!(
        "update prompt_counters c
         set ratings_1 = ratings_1 + ($2 = 1)::int - coalesce($3 = 1, false)::int,
             ratings_2 = ratings_2 + ($2 = 2)::int - coalesce($3 = 2, false)::int,
             ratings_3 = ratings_3 + ($2 = 3)::int - coalesce($3 = 3, false)::int,
             ratings_4 = ratings_4 + ($2 = 4)::int - coalesce($3 = 4, false)::int,
             ratings_5 = ratings_5 + ($2 = 5)::int - coalesce($3 = 5, false)::int
         where prompt_id = $1
         returning",
        user_rating = "$2::int::smallint",
        "",
        prompt.0,
        i32::from(new),
        old.map(i32::from),
    )
    .fetch_one(connection)
    .await?;
    Ok(row.into())
}

/// Returns all ratings of a prompt together, and the caller's own; `None` when the prompt is gone.
pub async fn rating_summary(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    caller: Option<UserId>,
) -> sqlx::Result<Option<RatingSummary>> {
    let row = query_ratings!(
        "select",
        user_rating =
            "(select rating from prompt_ratings r where r.prompt_id = $1 and r.user_id = $2)",
        "from prompt_counters c where c.prompt_id = $1",
        prompt.0,
        caller.map(|caller| caller.0),
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(RatingSummary::from))
}
