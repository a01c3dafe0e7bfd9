//! Profiles: the part of an account that everyone may see.

use ids::UserId;
use sqlx::{PgExecutor, query_scalar};

use super::columns::profile_query;
use crate::domain::Profile;

/// Finds the profile of an account that is not suspended.
pub async fn find(executor: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<Option<Profile>> {
    profile_query!("from users where id = $1 and active", id.0).fetch_optional(executor).await
}

/// Finds the id of an account that is not suspended.
pub async fn find_id(
    executor: impl PgExecutor<'_>,
    folded_username: &str,
) -> sqlx::Result<Option<UserId>> {
    query_scalar!(
        r#"select id as "id: UserId" from users where username_folded = $1 and active"#,
        folded_username,
    )
    .fetch_optional(executor)
    .await
}

/// Lists the profiles of accounts, suspended ones too, in no order.
pub async fn list(executor: impl PgExecutor<'_>, ids: &[UserId]) -> sqlx::Result<Vec<Profile>> {
    profile_query!("from users where id = any($1)", ids as &[UserId]).fetch_all(executor).await
}
