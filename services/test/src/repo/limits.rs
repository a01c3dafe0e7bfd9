//! How many tests a person may ask for in a day.

use ids::UserId;
use sqlx::{PgConnection, PgExecutor, query, query_scalar};

use crate::error::ServiceError;

/// Counts `n` more tests (one at least) of this person today (UTC), or refuses all of them where that would be more
/// than `daily_limit`. Belongs into the transaction that stores the tests: a test that is not stored is
/// not counted. The person's row stays locked until its end, so that those who ask at once are counted
/// one after another.
///
/// # Errors
/// [`ServiceError::DailyLimit`], or the database's.
pub async fn take(
    connection: &mut PgConnection,
    user: UserId,
    n: i64,
    daily_limit: i64,
) -> Result<(), ServiceError> {
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
        return Ok(());
    }
    let until_midnight = query_scalar!(
        r#"select ceil(extract(epoch from
                date_trunc('day', now(), 'UTC') + interval '1 day' - now()))::bigint as "seconds!""#
    )
    .fetch_one(connection)
    .await?;
    Err(ServiceError::DailyLimit {
        limit: daily_limit,
        retry_after: until_midnight.unsigned_abs().max(1),
    })
}

/// Removes days that nobody will ask for again.
pub async fn forget_old_days(executor: impl PgExecutor<'_>) -> sqlx::Result<()> {
    query!("delete from test_days where day < (now() at time zone 'UTC')::date - 7")
        .execute(executor)
        .await?;
    Ok(())
}
