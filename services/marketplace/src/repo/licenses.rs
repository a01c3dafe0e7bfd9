use ids::{LicenseId, TransactionId, UserId};
use sqlx::{PgExecutor, query_as, query_scalar};

use super::Slice;
use crate::domain::{License, LicenseKey};

pub async fn find(
    executor: impl PgExecutor<'_>,
    id: LicenseId,
    holder: UserId,
) -> sqlx::Result<Option<License>> {
    query_as!(
        License,
        "select id, transaction_id, prompt_id, prompt_version, buyer_id, license_type, license_key,
                created_at, expires_at, ended_at
         from licenses where id = $1 and buyer_id = $2",
        id.0,
        holder.0,
    )
    .fetch_optional(executor)
    .await
}

pub async fn find_by_key(
    executor: impl PgExecutor<'_>,
    key: &LicenseKey,
) -> sqlx::Result<Option<License>> {
    query_as!(
        License,
        "select id, transaction_id, prompt_id, prompt_version, buyer_id, license_type, license_key,
                created_at, expires_at, ended_at
         from licenses where license_key = $1",
        key.as_str(),
    )
    .fetch_optional(executor)
    .await
}

/// Those that these transactions gave, in no order.
pub async fn of_transactions(
    executor: impl PgExecutor<'_>,
    transactions: &[TransactionId],
) -> sqlx::Result<Vec<License>> {
    query_as!(
        License,
        "select id, transaction_id, prompt_id, prompt_version, buyer_id, license_type, license_key,
                created_at, expires_at, ended_at
         from licenses where transaction_id = any($1)",
        transactions as &[TransactionId],
    )
    .fetch_all(executor)
    .await
}

/// Newest first.
pub async fn of_holder(
    executor: impl PgExecutor<'_>,
    holder: UserId,
    slice: Slice<LicenseId>,
) -> sqlx::Result<Vec<License>> {
    query_as!(
        License,
        "select id, transaction_id, prompt_id, prompt_version, buyer_id, license_type, license_key,
                created_at, expires_at, ended_at
         from licenses
         where buyer_id = $1 and id < coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
         order by id desc limit $3 offset $4",
        holder.0,
        slice.after.map(|id| id.0),
        slice.limit,
        slice.offset,
    )
    .fetch_all(executor)
    .await
}

pub async fn count_of_holder(executor: impl PgExecutor<'_>, holder: UserId) -> sqlx::Result<i64> {
    query_scalar!(r#"select count(*) as "count!" from licenses where buyer_id = $1"#, holder.0)
        .fetch_one(executor)
        .await
}
