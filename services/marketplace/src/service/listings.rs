//! Listings: sellers write them, everyone browses them.

use std::time::Duration;

use auth::Identity;
use http_kit::{
    Page, PageQuery,
    page::{CursorError, Slice},
};
use idempotency::Creation;
use ids::{ListingId, UserId};
use read_cache::Copies;
use sqlx::PgPool;

use super::prompt_sync;
use crate::{
    domain::{
        Currency, Listing, ListingCursor, ListingFilter, ListingStatus, ListingTerms, Money,
        NewListing, Prompt, SortBy, SyncSubject,
    },
    error::ServiceError,
    repo::{
        self,
        listings::{self, browse},
    },
    state::AppState,
};

/// Lists a prompt of `seller`, with a copy of the prompt as it is now.
pub async fn create(
    state: &AppState,
    seller: &Identity,
    terms: ListingTerms,
    creation: &Creation<'_, Listing>,
) -> Result<Listing, ServiceError> {
    let prompt = state.prompt_service.get_prompt(terms.prompt_id, None, seller).await?;
    if prompt.user_id != seller.id {
        return Err(ServiceError::NotAuthor);
    }
    if !prompt.is_published {
        return Err(ServiceError::PromptNotPublished);
    }
    let subject = SyncSubject::Premium(prompt.id);
    let mut tx = state.pool.begin().await?;
    creation.claim(&mut tx).await?;
    let listing = listings::insert(&mut tx, &new_listing(terms, prompt)).await?;
    repo::prompt_sync::enqueue(&mut tx, subject, state.sync_retry).await?;
    creation.record(&mut tx, &listing).await?;
    tx.commit().await?;
    state.answer_cache.forget(listing.id);
    prompt_sync::push_now(state, subject).await;
    Ok(listing)
}

fn new_listing(terms: ListingTerms, prompt: Prompt) -> NewListing {
    NewListing {
        id: ListingId::new(),
        prompt_id: prompt.id,
        prompt_version: prompt.version,
        average_rating: prompt.rating,
        content_preview: prompt.content_preview,
        content: prompt.content,
        seller_id: prompt.user_id,
        seller_username: prompt.username,
        title: terms.title.unwrap_or_else(|| prompt.title.clone()),
        description: terms.description.or_else(|| prompt.description.clone()),
        prompt_title: prompt.title,
        prompt_description: prompt.description,
        prompt_category: prompt.category,
        price: terms.price,
        commercial_price: terms.commercial_price,
        currency: terms.currency,
    }
}

/// Returns the listings on sale that match a filter and, if there is one, a search. The search narrows the
/// list, and leaves its order to `sort_by`.
pub async fn browse(
    state: &AppState,
    search: Option<String>,
    mut filter: ListingFilter,
    sort_by: SortBy,
    query: &PageQuery,
) -> Result<Page<Listing>, ServiceError> {
    if let Some(keyword) = search {
        filter.ids = Some(state.search_index.find(keyword, filter.category.clone()).await?);
    }
    let filter = &filter;
    let total = browse::count(&state.pool, filter);
    let rows = async |slice: Slice<ListingCursor>| -> Result<_, ServiceError> {
        if slice.after.is_some_and(|after| after.sort_by() != sort_by) {
            return Err(CursorError::Unknown.into());
        }
        Ok(browse::browse(&state.pool, filter, sort_by, slice).await?)
    };
    query.page(total, rows, |listing| listing.cursor(sort_by)).await
}

/// Returns the first page of all listings on sale.
pub async fn first_page(
    pool: &PgPool,
    sort_by: SortBy,
    query: &PageQuery,
) -> sqlx::Result<Page<Listing>> {
    let all = ListingFilter::default();
    let total = browse::count(pool, &all).await?;
    let slice = Slice { after: None, offset: 0, limit: query.limit() + 1 };
    let rows = browse::browse(pool, &all, sort_by, slice).await?;
    Ok(Page::new(query, rows, Some(total), |listing| listing.cursor(sort_by)))
}

/// Returns a seller's listings, newest first: those on sale, or all to the seller and administrators.
pub async fn list_by_seller(
    state: &AppState,
    seller: UserId,
    viewer: Option<&Identity>,
    query: &PageQuery,
) -> Result<Page<Listing>, ServiceError> {
    let all = viewer.is_some_and(|viewer| viewer.id == seller || viewer.is_admin());
    let total = listings::count_by_seller(&state.pool, seller, all);
    let rows = async |slice| -> Result<_, ServiceError> {
        Ok(listings::list_by_seller(&state.pool, seller, all, slice).await?)
    };
    query.page(total, rows, |listing| listing.id).await
}

/// Returns a listing that is on sale.
pub async fn find_on_sale(pool: &PgPool, id: ListingId) -> sqlx::Result<Option<Listing>> {
    listings::find_visible(pool, id, None).await
}

/// Returns a listing that `viewer` may see.
pub async fn find(
    state: &AppState,
    id: ListingId,
    viewer: Option<&Identity>,
) -> Result<Listing, ServiceError> {
    listings::find_visible(&state.pool, id, viewer).await?.ok_or(ServiceError::ListingNotFound)
}

/// Returns the currency of a listing that `seller` may see; it never changes.
pub async fn find_currency(
    state: &AppState,
    id: ListingId,
    seller: &Identity,
) -> Result<Currency, ServiceError> {
    Ok(find(state, id, Some(seller)).await?.currency)
}

/// A seller's changes to a listing; `None` keeps the value.
#[derive(Debug, Default)]
pub struct ListingChanges {
    pub title: Option<String>,
    pub description: Option<Option<String>>,
    pub price: Option<Money>,
    pub commercial_price: Option<Option<Money>>,
    pub status: Option<ListingStatus>,
}

impl ListingChanges {
    pub fn status(status: ListingStatus) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    fn apply_to(self, listing: &mut Listing) {
        if let Some(title) = self.title {
            listing.title = title;
        }
        if let Some(description) = self.description {
            listing.description = description;
        }
        if let Some(price) = self.price {
            listing.price = price;
        }
        if let Some(price) = self.commercial_price {
            listing.commercial_price = price;
        }
        if let Some(status) = self.status {
            listing.status = status;
        }
    }
}

/// Updates a listing of `seller`; purchases under way keep the price that they began with.
pub async fn update(
    state: &AppState,
    id: ListingId,
    seller: &Identity,
    changes: ListingChanges,
) -> Result<Listing, ServiceError> {
    let mut tx = state.pool.begin().await?;
    let Some(mut listing) = listings::lock(&mut tx, id, seller.id).await? else {
        tx.rollback().await?;
        // A listing that the caller cannot see is not found; any other belongs to another seller.
        find(state, id, Some(seller)).await?;
        return Err(ServiceError::NotSeller);
    };
    if listing.status == ListingStatus::Removed {
        return Err(ServiceError::ListingRemoved);
    }
    let before = (listing.status, listing.price);
    changes.apply_to(&mut listing);
    let listing = listings::update(&mut tx, &listing).await?;
    let subject = SyncSubject::Premium(listing.prompt_id);
    let changes_premium = (listing.status, listing.price) != before;
    if changes_premium {
        repo::prompt_sync::enqueue(&mut tx, subject, state.sync_retry).await?;
    }
    tx.commit().await?;
    state.answer_cache.forget(listing.id);
    if changes_premium {
        prompt_sync::push_now(state, subject).await;
    }
    Ok(listing)
}

/// Removes a listing of `seller`. Licences that were bought stay valid.
pub async fn remove(
    state: &AppState,
    id: ListingId,
    seller: &Identity,
) -> Result<(), ServiceError> {
    match update(state, id, seller, ListingChanges::status(ListingStatus::Removed)).await {
        Ok(_) | Err(ServiceError::ListingRemoved) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Removes all listings of a deleted account, and its name from them.
pub async fn forget_seller(state: &AppState, seller: UserId) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    idempotency::forget_user(&mut *tx, seller).await?;
    for prompt in listings::forget_seller(&mut *tx, seller).await? {
        // Left to the job: there may be many, and the caller does not depend on them.
        repo::prompt_sync::enqueue(&mut tx, SyncSubject::Premium(prompt), Duration::ZERO).await?;
    }
    tx.commit().await?;
    state.answer_cache.drop_all();
    Ok(())
}
