//! Offering prompts for sale, and looking through what is on offer.

use std::time::Duration;

use auth::Identity;
use idempotency::Creation;
use ids::{ListingId, UserId};

use super::steps;
use crate::{
    domain::{
        Currency, Listing, ListingPosition, ListingStatus, Money, NewListing, SortBy, Subject,
    },
    error::ServiceError,
    repo::{self, Rows, Slice, catalogue, listings},
    state::AppState,
};

/// Lists a prompt that `seller` wrote, with a copy of what the prompt is now.
pub async fn create(
    state: &AppState,
    seller: &Identity,
    new: NewListing,
    creation: &Creation<'_, Listing>,
) -> Result<Listing, ServiceError> {
    let prompt = state.prompt_service.get_prompt(new.prompt_id, None, seller).await?;
    if prompt.user_id != seller.id {
        return Err(ServiceError::NotAuthor);
    }
    if !prompt.is_published {
        return Err(ServiceError::PromptNotPublished);
    }
    let subject = Subject::Premium(prompt.id);
    let mut tx = state.pool.begin().await?;
    creation.claim(&mut tx).await?;
    let listing = listings::insert(&mut tx, ListingId::new(), &new, &prompt).await?;
    repo::steps::add(&mut tx, subject, state.steps.retry).await?;
    creation.record(&mut tx, &listing).await?;
    tx.commit().await?;
    steps::tell_now(state, subject).await;
    Ok(listing)
}

/// What is on sale.
pub async fn browse(
    state: &AppState,
    filter: &catalogue::Filter,
    sort_by: SortBy,
    slice: Slice<ListingPosition>,
) -> Result<Rows<Listing>, ServiceError> {
    let rows = catalogue::find(&state.pool, filter, sort_by, slice).await?;
    let total = match slice.after {
        Some(_) => None,
        None => Some(catalogue::count(&state.pool, filter).await?),
    };
    Ok(Rows { rows, total })
}

/// What a seller has on sale; for the seller and administrators, everything that was listed.
pub async fn of_seller(
    state: &AppState,
    seller: UserId,
    viewer: Option<&Identity>,
    slice: Slice<ListingId>,
) -> Result<Rows<Listing>, ServiceError> {
    let all = viewer.is_some_and(|viewer| viewer.id == seller || viewer.is_admin());
    let rows = listings::of_seller(&state.pool, seller, all, slice).await?;
    let total = match slice.after {
        Some(_) => None,
        None => Some(listings::count_of_seller(&state.pool, seller, all).await?),
    };
    Ok(Rows { rows, total })
}

/// One listing, if `viewer` may see it.
pub async fn find(
    state: &AppState,
    id: ListingId,
    viewer: Option<&Identity>,
) -> Result<Listing, ServiceError> {
    listings::find_visible(&state.pool, id, viewer).await?.ok_or(ServiceError::ListingNotFound)
}

/// The currency of a listing that `seller` may see, and change if it is theirs; a listing keeps it.
pub async fn currency_of(
    state: &AppState,
    id: ListingId,
    seller: &Identity,
) -> Result<Currency, ServiceError> {
    Ok(find(state, id, Some(seller)).await?.currency)
}

/// What a seller changes; `None` leaves it as it is.
#[derive(Debug, Default)]
pub struct Changes {
    pub title: Option<String>,
    pub description: Option<Option<String>>,
    pub price: Option<Money>,
    pub commercial_price: Option<Option<Money>>,
    pub status: Option<ListingStatus>,
}

impl Changes {
    pub fn status(status: ListingStatus) -> Self {
        Self { status: Some(status), ..Self::default() }
    }
}

/// Changes one's own listing; purchases under way keep the price they began with.
pub async fn change(
    state: &AppState,
    id: ListingId,
    seller: &Identity,
    changes: Changes,
) -> Result<Listing, ServiceError> {
    let mut tx = state.pool.begin().await?;
    let Some(mut listing) = listings::lock(&mut tx, id, seller.id).await? else {
        tx.rollback().await?;
        // Visible, but someone else's; or not there as far as this caller can tell.
        find(state, id, Some(seller)).await?;
        return Err(ServiceError::NotSeller);
    };
    if listing.status == ListingStatus::Removed {
        return Err(ServiceError::ListingRemoved);
    }
    let before = (listing.status, listing.price);
    if let Some(title) = changes.title {
        listing.title = title;
    }
    if let Some(description) = changes.description {
        listing.description = description;
    }
    if let Some(price) = changes.price {
        listing.price = price;
    }
    if let Some(price) = changes.commercial_price {
        listing.commercial_price = price;
    }
    if let Some(status) = changes.status {
        listing.status = status;
    }
    let listing = listings::save(&mut tx, &listing).await?;
    let subject = Subject::Premium(listing.prompt_id);
    let concerns_prompt = (listing.status, listing.price) != before;
    if concerns_prompt {
        repo::steps::add(&mut tx, subject, state.steps.retry).await?;
    }
    tx.commit().await?;
    if concerns_prompt {
        steps::tell_now(state, subject).await;
    }
    Ok(listing)
}

/// Takes one's own listing off sale for good. Licences that were bought stay good.
pub async fn remove(
    state: &AppState,
    id: ListingId,
    seller: &Identity,
) -> Result<(), ServiceError> {
    match change(state, id, seller, Changes::status(ListingStatus::Removed)).await {
        Ok(_) | Err(ServiceError::ListingRemoved) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Takes off sale, for good, whatever an account that is gone has listed, and its name off all of it.
pub async fn forget_seller(state: &AppState, seller: UserId) -> Result<(), ServiceError> {
    let mut tx = state.pool.begin().await?;
    idempotency::forget_user(&mut *tx, seller).await?;
    for prompt in listings::forget_seller(&mut *tx, seller).await? {
        // Told by the stepper: there may be many, and nobody waits for an answer that says it.
        repo::steps::add(&mut tx, Subject::Premium(prompt), Duration::ZERO).await?;
    }
    Ok(tx.commit().await?)
}
