//! Statements on `licenses`.

use http_kit::page::Slice;
use ids::{LicenseId, PromptId, TransactionId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

use crate::domain::{License, LicenseKey, LicenseType};

/// Selects or returns [`License`]s: `query_license!("select", "from licenses where …", args…)`.
macro_rules! query_license {
    ($before:literal, $after:literal, $($args:tt)*) => {
        query_as!(
            License,
            $before
                + " id, transaction_id, prompt_id, prompt_version, buyer_id, license_type, license_key,
                    created_at, expires_at, ended_at,
                    (select l.prompt_title from transactions t join listings l on l.id = t.listing_id
                     where t.id = licenses.transaction_id) as \"prompt_title!\" "
                + $after,
            $($args)*
        )
    };
}

/// Returns a licence to its holder.
pub async fn find(
    executor: impl PgExecutor<'_>,
    id: LicenseId,
    holder: UserId,
) -> sqlx::Result<Option<License>> {
    query_license!("select", "from licenses where id = $1 and buyer_id = $2", id.0, holder.0)
        .fetch_optional(executor)
        .await
}

/// Returns the licence with this key.
pub async fn find_by_key(
    executor: impl PgExecutor<'_>,
    key: &LicenseKey,
) -> sqlx::Result<Option<License>> {
    query_license!("select", "from licenses where license_key = $1", key.as_str())
        .fetch_optional(executor)
        .await
}

/// Returns the licences that these transactions gave, in no order.
pub async fn list_by_transactions(
    executor: impl PgExecutor<'_>,
    transactions: &[TransactionId],
) -> sqlx::Result<Vec<License>> {
    query_license!(
        "select",
        "from licenses where transaction_id = any($1)",
        transactions as &[TransactionId],
    )
    .fetch_all(executor)
    .await
}

/// Returns a holder's licences, newest first.
pub async fn list_by_holder(
    executor: impl PgExecutor<'_>,
    holder: UserId,
    slice: Slice<LicenseId>,
) -> sqlx::Result<Vec<License>> {
    query_license!(
        "select",
        "from licenses
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

/// Counts a holder's licences.
pub async fn count_by_holder(executor: impl PgExecutor<'_>, holder: UserId) -> sqlx::Result<i64> {
    query_scalar!(r#"select count(*) as "count!" from licenses where buyer_id = $1"#, holder.0)
        .fetch_one(executor)
        .await
}

/// The copy of a prompt that a licence was sold for.
#[derive(Debug)]
pub struct SoldCopy {
    pub title: String,
    pub description: Option<String>,
    pub category: String,
    /// `None` for a listing from before contents were copied.
    pub content: Option<String>,
}

/// Returns the sold copy of a prompt to the holder of a valid licence.
pub async fn find_sold_copy(
    executor: impl PgExecutor<'_>,
    id: LicenseId,
    holder: UserId,
) -> sqlx::Result<Option<SoldCopy>> {
    query_as!(
        SoldCopy,
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

/// Inserts the licence of a purchase that is still pending, and locks the purchase until the
/// transaction ends: neither a licence nor a completed purchase ever exists without the other.
pub async fn insert_for_pending(
    connection: &mut PgConnection,
    transaction: TransactionId,
    id: LicenseId,
    key: &LicenseKey,
) -> sqlx::Result<Option<License>> {
    query_license!(
        "insert into licenses (id, transaction_id, prompt_id, prompt_version, buyer_id, license_type,
                               license_key, expires_at)
         select $2, id, prompt_id, prompt_version, buyer_id, license_type, $3,
                case license_type when 'COMMERCIAL' then now() + interval '1 year' end
         from (select * from transactions where id = $1 and status = 'PENDING' for update) pending
         returning",
        "",
        transaction.0,
        id.0,
        key.as_str(),
    )
    .fetch_optional(connection)
    .await
}

/// Ends a licence that has expired and its transaction's reservation, so that the licence can be
/// bought again.
pub async fn expire(
    connection: &mut PgConnection,
    buyer: UserId,
    prompt: PromptId,
    license_type: LicenseType,
) -> sqlx::Result<()> {
    query!(
        "with expired as (
             update licenses set ended_at = expires_at
             where buyer_id = $1 and prompt_id = $2 and license_type = $3
               and ended_at is null and expires_at <= now()
             returning transaction_id
         )
         update transactions set lapsed = true from expired where id = expired.transaction_id",
        buyer.0,
        prompt.0,
        license_type as LicenseType,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the licence of a completed purchase, unless it has ended before. Locks the licence before
/// its transaction, as [`expire`] does: the other order can deadlock with it.
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
