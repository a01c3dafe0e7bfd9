//! Statements on `listings`.

/// Calls `$then!` with the columns of a [`Listing`] before its arguments.
macro_rules! with_listing_columns {
    ($then:ident!($($args:tt)*)) => {
        $then!(
            "id, prompt_id, prompt_version, prompt_title, prompt_description, prompt_category,
             content_preview, average_rating, seller_id, seller_username, title, description, price,
             commercial_price, currency, status, sales_count, created_at, listed_at, updated_at",
            $($args)*
        )
    };
}

pub mod browse;
pub mod prompt_copies;

use auth::Identity;
use http_kit::page::Slice;
use ids::{ListingId, PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

use crate::domain::{Listing, ListingStatus, NewListing};

/// Selects or returns [`Listing`]s: `query_listing!("select", "from listings where …", args…)`.
macro_rules! query_listing {
    ($($args:tt)*) => { with_listing_columns!(query_listing_columns!($($args)*)) };
}

macro_rules! query_listing_columns {
    ($columns:literal, $before:literal, $after:literal, $($args:tt)*) => {
        query_as!(Listing, $before + " " + $columns + " " + $after, $($args)*)
    };
}

/// Inserts a listing. A second one of the same prompt violates `listings_prompt_key`.
pub async fn insert(connection: &mut PgConnection, new: &NewListing) -> sqlx::Result<Listing> {
    query_listing!(
        "insert into listings (id, prompt_id, prompt_version, prompt_title, prompt_description,
                               prompt_category, content_preview, average_rating, seller_id,
                               seller_username, title, description, price, commercial_price, currency,
                               content)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         returning",
        "",
        new.id.0,
        new.prompt_id.0,
        new.prompt_version,
        new.prompt_title,
        new.prompt_description.as_ref(),
        new.prompt_category,
        new.content_preview,
        new.average_rating,
        new.seller_id.0,
        new.seller_username,
        new.title,
        new.description.as_ref(),
        new.price.decimal(),
        new.commercial_price.map(|price| price.decimal()),
        new.currency.as_str(),
        new.content.as_ref(),
    )
    .fetch_one(connection)
    .await
}

/// Returns a listing without a visibility check.
pub async fn find(executor: impl PgExecutor<'_>, id: ListingId) -> sqlx::Result<Option<Listing>> {
    query_listing!("select", "from listings where id = $1", id.0).fetch_optional(executor).await
}

/// Returns a listing that is on sale, or any listing to its seller and to administrators.
pub async fn find_visible(
    executor: impl PgExecutor<'_>,
    id: ListingId,
    viewer: Option<&Identity>,
) -> sqlx::Result<Option<Listing>> {
    query_listing!(
        "select",
        "from listings where id = $1 and (status = 'ACTIVE' or seller_id = $2 or $3)",
        id.0,
        viewer.map(|viewer| viewer.id.0),
        viewer.is_some_and(Identity::is_admin),
    )
    .fetch_optional(executor)
    .await
}

/// Returns those of the listings that are on sale, in no order.
pub async fn find_on_sale(
    executor: impl PgExecutor<'_>,
    ids: &[ListingId],
) -> sqlx::Result<Vec<Listing>> {
    query_listing!(
        "select",
        "from listings where id = any($1) and status = 'ACTIVE'",
        ids as &[ListingId],
    )
    .fetch_all(executor)
    .await
}

/// Returns up to `limit` listings on sale after one, in the order of their ids.
pub async fn list_on_sale_after(
    executor: impl PgExecutor<'_>,
    after: ListingId,
    limit: i64,
) -> sqlx::Result<Vec<Listing>> {
    query_listing!(
        "select",
        "from listings where status = 'ACTIVE' and id > $1 order by id limit $2",
        after.0,
        limit,
    )
    .fetch_all(executor)
    .await
}

/// Returns a seller's listings, newest first: `all` of them or those on sale.
pub async fn list_by_seller(
    executor: impl PgExecutor<'_>,
    seller: UserId,
    all: bool,
    slice: Slice<ListingId>,
) -> sqlx::Result<Vec<Listing>> {
    query_listing!(
        "select",
        "from listings
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

/// Counts a seller's listings: `all` of them or those on sale.
pub async fn count_by_seller(
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

/// Locks a listing of `seller` until the transaction ends, and returns it.
pub async fn lock(
    connection: &mut PgConnection,
    id: ListingId,
    seller: UserId,
) -> sqlx::Result<Option<Listing>> {
    query_listing!(
        "select",
        "from listings where id = $1 and seller_id = $2 for update",
        id.0,
        seller.0,
    )
    .fetch_optional(connection)
    .await
}

/// Writes the columns that a seller can change, of a locked listing.
pub async fn update(connection: &mut PgConnection, listing: &Listing) -> sqlx::Result<Listing> {
    query_listing!(
        "update listings
         set title = $2, description = $3, price = $4, commercial_price = $5, status = $6,
             listed_at = case when status <> 'ACTIVE' and $6 = 'ACTIVE' then now() else listed_at end,
             updated_at = now()
         where id = $1
         returning",
        "",
        listing.id.0,
        listing.title,
        listing.description.as_ref(),
        listing.price.decimal(),
        listing.commercial_price.map(|price| price.decimal()),
        listing.status as ListingStatus,
    )
    .fetch_one(connection)
    .await
}

/// Adds to the sales of a listing. Runs last in a transaction: every purchase of the listing waits
/// for this row.
pub async fn add_sales(
    connection: &mut PgConnection,
    id: ListingId,
    count: i32,
) -> sqlx::Result<()> {
    query!("update listings set sales_count = sales_count + $2 where id = $1", id.0, count)
        .execute(connection)
        .await?;
    Ok(())
}

/// The username on listings of a deleted account.
const DELETED_USER: &str = "deleted-user";

/// Removes and anonymises all listings of a seller, and returns the prompts of those that were not
/// removed before.
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
        DELETED_USER,
    )
    .fetch_all(executor)
    .await
}
