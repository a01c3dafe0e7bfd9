use std::time::Duration;

use ids::UserId;
use sqlx::PgConnection;

use crate::{
    error::ServiceError,
    repo::daily_limits::{self, DailyLimit},
};

/// Counts `n` more tests of this user today, within the transaction that stores them.
///
/// # Errors
/// When the user's limit is exceeded.
pub async fn take(
    connection: &mut PgConnection,
    user: UserId,
    n: usize,
    limit: i64,
) -> Result<(), ServiceError> {
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    match daily_limits::take(connection, user, n, limit).await? {
        DailyLimit::Kept => Ok(()),
        DailyLimit::Exceeded { retry_after } => {
            Err(ServiceError::DailyLimit { limit, retry_after: Duration::from_secs(retry_after) })
        }
    }
}
