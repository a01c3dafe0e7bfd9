//! Browsing what is on sale. The one query whose text depends on what is asked.

use ids::PromptId;
use rust_decimal::Decimal;
use sqlx::{PgExecutor, Postgres, QueryBuilder};

use super::Slice;
use crate::domain::{Listing, ListingPosition, SortBy};

/// Which listings; what is not given does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub prompt: Option<PromptId>,
    /// Whatever its case.
    pub category: Option<String>,
    pub min_price: Option<Decimal>,
    pub max_price: Option<Decimal>,
    /// Words, or parts of them, that must all be there.
    pub search: Option<String>,
}

/// So that a search stays a search: further words are not looked at.
const MAX_WORDS: usize = 10;

pub async fn find(
    executor: impl PgExecutor<'_>,
    filter: &Filter,
    sort_by: SortBy,
    slice: Slice<ListingPosition>,
) -> sqlx::Result<Vec<Listing>> {
    let mut query = QueryBuilder::new(
        "select id, prompt_id, prompt_version, prompt_title, prompt_description, prompt_category,
                content_preview, average_rating, seller_id, seller_username, title, description,
                price, commercial_price, currency, status, sales_count, created_at, listed_at,
                updated_at
         from listings",
    );
    push_filter(&mut query, filter);
    if let Some(after) = slice.after {
        push_position(&mut query, after);
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

pub async fn count(executor: impl PgExecutor<'_>, filter: &Filter) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select count(*) from listings");
    push_filter(&mut query, filter);
    query.build_query_scalar().fetch_one(executor).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &Filter) {
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
    for word in filter.search.iter().flat_map(|text| text.split_whitespace()).take(MAX_WORDS) {
        query.push(" and search_text like lower(").push_bind(containing(word)).push(")");
    }
}

fn push_position(query: &mut QueryBuilder<Postgres>, after: ListingPosition) {
    match after {
        ListingPosition::Newest(id) => query.push(" and id < ").push_bind(id),
        ListingPosition::Popular(sales, id) => query
            .push(" and (sales_count, id) < (")
            .push_bind(sales)
            .push(", ")
            .push_bind(id)
            .push(")"),
        ListingPosition::PriceLow(price, id) => {
            query.push(" and (price, id) > (").push_bind(price).push(", ").push_bind(id).push(")")
        }
        ListingPosition::PriceHigh(price, id) => {
            query.push(" and (price, id) < (").push_bind(price).push(", ").push_bind(id).push(")")
        }
        ListingPosition::TopRated(rating, id) => query
            .push(" and (coalesce(average_rating, 0), id) < (")
            .push_bind(rating)
            .push(", ")
            .push_bind(id)
            .push(")"),
    };
}

/// A `like` pattern in which the word's own `%`, `_` and `\` stand for themselves.
fn containing(word: &str) -> String {
    let mut pattern = String::from("%");
    for c in word.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
