//! The listings on sale, filtered and sorted: the one query whose text depends on the request.

use http_kit::page::Slice;
use sqlx::{PgExecutor, Postgres, QueryBuilder};

use crate::domain::{Listing, ListingCursor, ListingFilter, SortBy};

/// Selects from `listings` the columns that it is called with.
macro_rules! select_columns {
    ($columns:literal,) => {
        concat!("select ", $columns, " from listings")
    };
}

/// Returns the listings on sale that match a filter.
pub async fn browse(
    executor: impl PgExecutor<'_>,
    filter: &ListingFilter,
    sort_by: SortBy,
    slice: Slice<ListingCursor>,
) -> sqlx::Result<Vec<Listing>> {
    let mut query = QueryBuilder::new(with_listing_columns!(select_columns!()));
    push_filter(&mut query, filter);
    if let Some(after) = slice.after {
        push_cursor(&mut query, after);
    }
    query
        .push(" order by ")
        .push(match sort_by {
            SortBy::Newest => "id desc",
            SortBy::Popular => "sales_count desc, id desc",
            SortBy::PriceLow => "price, id",
            SortBy::PriceHigh => "price desc, id desc",
            SortBy::TopRated => "coalesce(average_rating, 0) desc, id desc",
        })
        .push(" limit ")
        .push_bind(slice.limit)
        .push(" offset ")
        .push_bind(slice.offset);
    query.build_query_as().fetch_all(executor).await
}

/// Counts the listings on sale that match a filter.
pub async fn count(executor: impl PgExecutor<'_>, filter: &ListingFilter) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select count(*) from listings");
    push_filter(&mut query, filter);
    query.build_query_scalar().fetch_one(executor).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &ListingFilter) {
    query.push(" where status = 'ACTIVE'");
    if let Some(prompt) = filter.prompt {
        query.push(" and prompt_id = ").push_bind(prompt);
    }
    if let Some(category) = &filter.category {
        query.push(" and lower(prompt_category) = lower(").push_bind(category.clone()).push(")");
    }
    if let Some(min) = filter.min_price {
        query.push(" and price >= ").push_bind(min);
    }
    if let Some(max) = filter.max_price {
        query.push(" and price <= ").push_bind(max);
    }
    if let Some(ids) = &filter.ids {
        query.push(" and id = any(").push_bind(ids.clone()).push(")");
    }
}

fn push_cursor(query: &mut QueryBuilder<Postgres>, after: ListingCursor) {
    match after {
        ListingCursor::Newest(id) => query.push(" and id < ").push_bind(id),
        ListingCursor::Popular(sales, id) => query
            .push(" and (sales_count, id) < (")
            .push_bind(sales)
            .push(", ")
            .push_bind(id)
            .push(")"),
        ListingCursor::PriceLow(price, id) => {
            query.push(" and (price, id) > (").push_bind(price).push(", ").push_bind(id).push(")")
        }
        ListingCursor::PriceHigh(price, id) => {
            query.push(" and (price, id) < (").push_bind(price).push(", ").push_bind(id).push(")")
        }
        ListingCursor::TopRated(rating, id) => query
            .push(" and (coalesce(average_rating, 0), id) < (")
            .push_bind(rating)
            .push(", ")
            .push_bind(id)
            .push(")"),
    };
}
