//! The limit on the tests that a user may create in a day.

use ids::UserId;
use sqlx::{PgConnection, PgExecutor, query, query_scalar};

/// The outcome of [`take`].
#[derive(Debug, PartialEq, Eq)]
pub enum DailyLimit {
    /// The tests are counted.
    Kept,
    /// No test is counted. `retry_after` in seconds: until the day (UTC) is over.
    Exceeded { retry_after: u64 },
}

/// Counts `n` more tests (one at least) of this user today (UTC), or none where that would exceed
/// `daily_limit`. Belongs into the transaction that stores the tests: a test that is not stored is not
/// counted. The user's row stays locked until its end, so that requests at once are counted one after
/// another.
pub async fn take(
    connection: &mut PgConnection,
    user: UserId,
    n: i64,
    daily_limit: i64,
) -> sqlx::Result<DailyLimit> {
    let taken = query!(
        "insert into test_days as known (user_id, day, tests)
         select $1, (now() at time zone 'UTC')::date, $2::bigint where $2 <= $3::bigint
         on conflict (user_id, day) do update set tests = known.tests + excluded.tests
         where known.tests + excluded.tests <= $3",
        user.0,
        n,
        daily_limit,
    )
    .execute(&mut *connection)
    .await?;
    if taken.rows_affected() == 1 {
        return Ok(DailyLimit::Kept);
    }
    let until_midnight = query_scalar!(
        r#"select ceil(extract(epoch from
                date_trunc('day', now(), 'UTC') + interval '1 day' - now()))::bigint as "seconds!""#
    )
    .fetch_one(connection)
    .await?;
    Ok(DailyLimit::Exceeded { retry_after: until_midnight.unsigned_abs().max(1) })
}

/// Deletes the counts of days more than a week ago.
pub async fn delete_old_days(executor: impl PgExecutor<'_>) -> sqlx::Result<()> {
    query!("delete from test_days where day < (now() at time zone 'UTC')::date - 7")
        .execute(executor)
        .await?;
    Ok(())
}
