//! Entitlements: who may read a prompt by licence. The marketplace may repeat each call, and a late one
//! changes nothing.

use ids::{LicenseId, PromptId, UserId};
use sqlx::{PgExecutor, query_as};
use timestamp::Timestamp;

use crate::domain::Entitlement;

/// Runs a statement that writes an entitlement, and returns the columns of [`Entitlement`].
macro_rules! returning_entitlement {
    ($statement:literal, $($argument:tt)*) => {
        query_as!(
            Entitlement,
            $statement
                + " returning license_id, prompt_id, user_id, from_version as version, expires_at,
                    revoked_at",
            $($argument)*
        )
    };
}

/// Lets a licence's holder read a version and those after it, unless the licence was revoked.
/// Returns the row as it is then; `None` when the prompt is gone.
pub async fn grant(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    license: LicenseId,
    user: UserId,
    version: i32,
    expires_at: Option<Timestamp>,
) -> sqlx::Result<Option<Entitlement>> {
    returning_entitlement!(
        "with prompt as (
             select id from prompts where id = $1 for key share)
         insert into prompt_entitlements as e (prompt_id, license_id, user_id, from_version, expires_at)
         select id, $2, $3, $4, $5 from prompt
         on conflict (prompt_id, license_id) do update
         set user_id = case when e.revoked_at is null then excluded.user_id end,
             from_version = case when e.revoked_at is null then excluded.from_version end,
             expires_at = case when e.revoked_at is null then excluded.expires_at end",
        prompt.0,
        license.0,
        user.0,
        version,
        expires_at as Option<Timestamp>,
    )
    .fetch_optional(executor)
    .await
}

/// Revokes a licence for good, whether or not it was granted before. Returns the row as it is then;
/// `None` when the prompt is gone.
pub async fn revoke(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    license: LicenseId,
) -> sqlx::Result<Option<Entitlement>> {
    returning_entitlement!(
        "with prompt as (
             select id from prompts where id = $1 for key share)
         insert into prompt_entitlements as e (prompt_id, license_id, revoked_at)
         select id, $2, now() from prompt
         on conflict (prompt_id, license_id) do update
         set user_id = null, from_version = null, expires_at = null,
             revoked_at = coalesce(e.revoked_at, excluded.revoked_at)",
        prompt.0,
        license.0,
    )
    .fetch_optional(executor)
    .await
}
