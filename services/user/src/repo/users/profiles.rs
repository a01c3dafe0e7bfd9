//! Profiles: the part of an account that everyone may see.

use ids::UserId;
use sqlx::PgExecutor;

use super::columns::profile_query;
use crate::domain::{Profile, fold_name};

/// Finds the profile of an account that is not suspended.
pub async fn find(executor: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<Option<Profile>> {
    profile_query!("from users where id = $1 and active", id.0).fetch_optional(executor).await
}

/// Finds the profile of an account that is not suspended.
pub async fn find_by_username(
    executor: impl PgExecutor<'_>,
    username: &str,
) -> sqlx::Result<Option<Profile>> {
    profile_query!("from users where username_folded = $1 and active", fold_name(username))
        .fetch_optional(executor)
        .await
}

/// Lists the profiles of accounts, suspended ones too, in no order.
pub async fn list(executor: impl PgExecutor<'_>, ids: &[UserId]) -> sqlx::Result<Vec<Profile>> {
    profile_query!("from users where id = any($1)", ids as &[UserId]).fetch_all(executor).await
}
