use ids::{LicenseId, PromptId, TransactionId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

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

/// What a licence gave, as it was listed.
#[derive(Debug)]
pub struct Sold {
    pub title: String,
    pub description: Option<String>,
    pub category: String,
    /// `None` for what was listed before there was a copy.
    pub content: Option<String>,
}

/// The copy of the prompt that was sold. For the holder of a licence that stands.
pub async fn sold(
    executor: impl PgExecutor<'_>,
    id: LicenseId,
    holder: UserId,
) -> sqlx::Result<Option<Sold>> {
    query_as!(
        Sold,
        "select l.prompt_title as title, l.prompt_description as description,
                l.prompt_category as category, l.content
         from licenses n
         join transactions t on t.id = n.transaction_id
         join listings l on l.id = t.listing_id
         where n.id = $1 and n.buyer_id = $2 and n.ended_at is null
           and (n.expires_at is null or n.expires_at > now())",
        id.0,
        holder.0,
    )
    .fetch_optional(executor)
    .await
}

/// Ends the licence that a completed purchase gave, unless it has ended before. The licence before its
/// transaction, as who buys anew what has expired takes them.
pub async fn end(
    connection: &mut PgConnection,
    transaction: TransactionId,
) -> sqlx::Result<Option<(LicenseId, PromptId)>> {
    let ended = query!(
        "update licenses n set ended_at = coalesce(n.ended_at, now())
         from transactions t
         where n.transaction_id = $1 and t.id = $1 and t.status = 'COMPLETED'
         returning n.id, n.prompt_id",
        transaction.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(ended.map(|row| (row.id, row.prompt_id)))
}
