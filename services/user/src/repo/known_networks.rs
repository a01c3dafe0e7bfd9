//! The table `known_networks`: where each account has signed in. A network is a hash that the caller
//! chooses.

use std::time::Duration;

use ids::UserId;
use sqlx::{PgExecutor, query, query_scalar};

/// Tells whether a user has signed in from a network within `lifetime`.
pub async fn contains(
    executor: impl PgExecutor<'_>,
    user: UserId,
    network: &[u8],
    lifetime: Duration,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (
               select from known_networks
               where user_id = $1 and network = $2
                 and last_login_at > now() - make_interval(secs => $3)) as "known!""#,
        user.0,
        network,
        lifetime.as_secs_f64(),
    )
    .fetch_one(executor)
    .await
}

/// Records that a user signs in from a network now.
pub async fn upsert(
    executor: impl PgExecutor<'_>,
    user: UserId,
    network: &[u8],
) -> sqlx::Result<()> {
    query!(
        "insert into known_networks (user_id, network) values ($1, $2)
         on conflict on constraint known_networks_pkey do update set last_login_at = now()",
        user.0,
        network,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Deletes all networks of a user but one.
pub async fn delete_others(
    executor: impl PgExecutor<'_>,
    user: UserId,
    network: &[u8],
) -> sqlx::Result<()> {
    query!("delete from known_networks where user_id = $1 and network <> $2", user.0, network)
        .execute(executor)
        .await?;
    Ok(())
}

/// Deletes some of the networks without a sign-in within `lifetime`, and returns their number.
pub async fn delete_expired(
    executor: impl PgExecutor<'_>,
    lifetime: Duration,
    limit: i64,
) -> sqlx::Result<i64> {
    let deleted = query!(
        "delete from known_networks where (user_id, network) in (
             select user_id, network from known_networks
             where last_login_at < now() - make_interval(secs => $1)
             order by last_login_at limit $2 for update skip locked)",
        lifetime.as_secs_f64(),
        limit,
    )
    .execute(executor)
    .await?;
    Ok(deleted.rows_affected() as i64)
}
