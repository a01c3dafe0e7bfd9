use auth::Identity;
use ids::{ListingId, PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, query_as, query_scalar};

use super::Slice;
use crate::domain::{Listing, ListingStatus, NewListing, Prompt};

pub async fn insert(
    connection: &mut PgConnection,
    id: ListingId,
    new: &NewListing,
    prompt: &Prompt,
) -> sqlx::Result<Listing> {
    query_as!(
        Listing,
        "insert into listings (id, prompt_id, prompt_version, prompt_title, prompt_description,
                               prompt_category, content_preview, average_rating, seller_id,
                               seller_username, title, description, price, commercial_price, currency,
                               content)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         returning id, prompt_id, prompt_version, prompt_title, prompt_description, prompt_category,
                   content_preview, average_rating, seller_id, seller_username, title, description,
                   price, commercial_price, currency, status, sales_count, created_at, listed_at,
                   updated_at",
        id.0,
        prompt.id.0,
        prompt.version,
        prompt.title,
        prompt.description,
        prompt.category,
        prompt.content_preview,
        prompt.rating,
        prompt.user_id.0,
        prompt.username,
        new.title.as_ref().unwrap_or(&prompt.title),
        new.description.as_ref().or(prompt.description.as_ref()),
        new.price.decimal(),
        new.commercial_price.map(|price| price.decimal()),
        new.currency.as_str(),
        prompt.content,
    )
    .fetch_one(connection)
    .await
}

/// Whoever it is shown to.
pub async fn find(executor: impl PgExecutor<'_>, id: ListingId) -> sqlx::Result<Option<Listing>> {
    query_as!(
        Listing,
        "select id, prompt_id, prompt_version, prompt_title, prompt_description, prompt_category,
                content_preview, average_rating, seller_id, seller_username, title, description,
                price, commercial_price, currency, status, sales_count, created_at, listed_at,
                updated_at
         from listings where id = $1",
        id.0,
    )
    .fetch_optional(executor)
    .await
}

/// Everyone sees those on sale; the seller and administrators see all.
pub async fn find_visible(
    executor: impl PgExecutor<'_>,
    id: ListingId,
    viewer: Option<&Identity>,
) -> sqlx::Result<Option<Listing>> {
    query_as!(
        Listing,
        "select id, prompt_id, prompt_version, prompt_title, prompt_description, prompt_category,
                content_preview, average_rating, seller_id, seller_username, title, description,
                price, commercial_price, currency, status, sales_count, created_at, listed_at,
                updated_at
         from listings where id = $1 and (status = 'ACTIVE' or seller_id = $2 or $3)",
        id.0,
        viewer.map(|viewer| viewer.id.0),
        viewer.is_some_and(Identity::is_admin),
    )
    .fetch_optional(executor)
    .await
}

/// Newest first. `all` or only those on sale.
pub async fn of_seller(
    executor: impl PgExecutor<'_>,
    seller: UserId,
    all: bool,
    slice: Slice<ListingId>,
) -> sqlx::Result<Vec<Listing>> {
    query_as!(
        Listing,
        "select id, prompt_id, prompt_version, prompt_title, prompt_description, prompt_category,
                content_preview, average_rating, seller_id, seller_username, title, description,
                price, commercial_price, currency, status, sales_count, created_at, listed_at,
                updated_at
         from listings
         where seller_id = $1 and (status = 'ACTIVE' or $2)
           and id < coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
         order by id desc limit $4 offset $5",
        seller.0,
        all,
        slice.after.map(|id| id.0),
        slice.limit,
        slice.offset,
    )
    .fetch_all(executor)
    .await
}

pub async fn count_of_seller(
    executor: impl PgExecutor<'_>,
    seller: UserId,
    all: bool,
) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "count!" from listings where seller_id = $1 and (status = 'ACTIVE' or $2)"#,
        seller.0,
        all,
    )
    .fetch_one(executor)
    .await
}

/// The seller's own, held until the transaction ends.
pub async fn lock(
    connection: &mut PgConnection,
    id: ListingId,
    seller: UserId,
) -> sqlx::Result<Option<Listing>> {
    query_as!(
        Listing,
        "select id, prompt_id, prompt_version, prompt_title, prompt_description, prompt_category,
                content_preview, average_rating, seller_id, seller_username, title, description,
                price, commercial_price, currency, status, sales_count, created_at, listed_at,
                updated_at
         from listings where id = $1 and seller_id = $2 for update",
        id.0,
        seller.0,
    )
    .fetch_optional(connection)
    .await
}

/// Writes what a seller can change of a locked listing.
pub async fn save(connection: &mut PgConnection, listing: &Listing) -> sqlx::Result<Listing> {
    query_as!(
        Listing,
        "update listings
         set title = $2, description = $3, price = $4, commercial_price = $5, status = $6,
             listed_at = case when status <> 'ACTIVE' and $6 = 'ACTIVE' then now() else listed_at end,
             updated_at = now()
         where id = $1
         returning id, prompt_id, prompt_version, prompt_title, prompt_description, prompt_category,
                   content_preview, average_rating, seller_id, seller_username, title, description,
                   price, commercial_price, currency, status, sales_count, created_at, listed_at,
                   updated_at",
        listing.id.0,
        listing.title,
        listing.description,
        listing.price.decimal(),
        listing.commercial_price.map(|price| price.decimal()),
        listing.status as ListingStatus,
    )
    .fetch_one(connection)
    .await
}

/// What stands in the place of a name that is gone.
const NOBODY: &str = "deleted-user";

/// Ends all of a seller's listings, makes them anonymous, and returns the prompts of those that were
/// not over.
pub async fn forget_seller(
    executor: impl PgExecutor<'_>,
    seller: UserId,
) -> sqlx::Result<Vec<PromptId>> {
    query_scalar!(
        r#"with theirs as (
               select id, status <> 'REMOVED' as stood from listings
               where seller_id = $1 and (status <> 'REMOVED' or seller_username <> $2)
               order by id for update
           ), ended as (
               update listings l
               set status = 'REMOVED', seller_username = $2,
                   updated_at = case when theirs.stood then now() else updated_at end
               from theirs where l.id = theirs.id
               returning l.prompt_id, theirs.stood
           )
           select prompt_id as "prompt_id!: PromptId" from ended where stood order by prompt_id"#,
        seller.0,
        NOBODY,
    )
    .fetch_all(executor)
    .await
}
