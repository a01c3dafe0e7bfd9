//! What the marketplace says of prompts: which are premium, and who may read those. Each call can be
//! repeated, and a late one changes nothing.

use ids::{LicenseId, PromptId, UserId};
use pg::Timestamp;
use sqlx::{PgExecutor, query, query_as};

use crate::domain::{Entitlement, Premium};

/// Applies what is newer than the last that was said. The prompt's own revision stays: its author,
/// in the middle of an edit, changes nothing that this does.
pub async fn set(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    premium: &Premium,
) -> sqlx::Result<()> {
    query!(
        "update prompts set is_premium = $2, price = $3, premium_revision = $4
         where id = $1 and premium_revision < $4",
        prompt.0,
        premium.premium,
        premium.price,
        premium.revision,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Whether a prompt is premium; `None` when it is gone.
pub async fn find(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
) -> sqlx::Result<Option<Premium>> {
    query_as!(
        Premium,
        "select is_premium as premium, price, premium_revision as revision
         from prompts where id = $1",
        prompt.0,
    )
    .fetch_optional(executor)
    .await
}

/// Lets a licence's holder read a version and those after it, unless the licence was revoked.
/// Returns what stands then; `None` when the prompt is gone.
pub async fn grant(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    license: LicenseId,
    user: UserId,
    version: i32,
    expires_at: Option<Timestamp>,
) -> sqlx::Result<Option<Entitlement>> {
    query_as!(
        Entitlement,
        "with prompt as (
             select id from prompts where id = $1 for key share)
         insert into prompt_entitlements as e (prompt_id, license_id, user_id, from_version, expires_at)
         select id, $2, $3, $4, $5 from prompt
         on conflict (prompt_id, license_id) do update
         set user_id = case when e.revoked_at is null then excluded.user_id end,
             from_version = case when e.revoked_at is null then excluded.from_version end,
             expires_at = case when e.revoked_at is null then excluded.expires_at end
         returning license_id, prompt_id, user_id, from_version as version, expires_at, revoked_at",
        prompt.0,
        license.0,
        user.0,
        version,
        expires_at as Option<Timestamp>,
    )
    .fetch_optional(executor)
    .await
}

/// Revokes a licence for good, known or not. Returns what stands then; `None` when the prompt is
/// gone.
pub async fn revoke(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    license: LicenseId,
) -> sqlx::Result<Option<Entitlement>> {
    query_as!(
        Entitlement,
        "with prompt as (
             select id from prompts where id = $1 for key share)
         insert into prompt_entitlements as e (prompt_id, license_id, revoked_at)
         select id, $2, now() from prompt
         on conflict (prompt_id, license_id) do update
         set user_id = null, from_version = null, expires_at = null,
             revoked_at = coalesce(e.revoked_at, excluded.revoked_at)
         returning license_id, prompt_id, user_id, from_version as version, expires_at, revoked_at",
        prompt.0,
        license.0,
    )
    .fetch_optional(executor)
    .await
}
