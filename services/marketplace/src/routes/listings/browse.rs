//! `GET /api/marketplace/listings…`: browsing listings.

use axum::{extract::State, response::Response};
use garde::Validate;
use http_kit::{ApiResult, Page, PageQuery, Paged, Path, Query, openapi::Problems};
use ids::{ListingId, PromptId, UserId};
use read_cache::{JsonAnswer, ReadError, Reader, is_first_page};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::listing_response::ListingResponse;
use crate::{
    domain::{Listing, ListingFilter, Money, SortBy},
    error::{ServiceError, codes},
    service::listings,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(browse_listings))
        .routes(routes!(get_listing))
        .routes(routes!(list_seller_listings))
}

#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
struct ListingQuery {
    /// Only what is on offer of this prompt.
    #[garde(skip)]
    prompt_id: Option<PromptId>,
    /// Whatever its case.
    #[garde(length(chars, max = 100))]
    #[param(max_length = 100)]
    category: Option<String>,
    #[garde(inner(custom(check_not_negative)))]
    #[serde(deserialize_with = "deserialize_number")]
    #[param(value_type = Option<f64>, minimum = 0)]
    min_price: Option<Decimal>,
    #[garde(inner(custom(check_not_negative)), custom(check_not_below(&self.min_price)))]
    #[serde(deserialize_with = "deserialize_number")]
    #[param(value_type = Option<f64>, minimum = 0)]
    max_price: Option<Decimal>,
    /// Words that a listing must all have in what it shows: titles, descriptions, category, the seller's
    /// username, the preview. Also misspelt, inflected and unfinished ones, `"phrases"`, `-without`, `or`.
    /// Only the thousand listings that match best are searched further; `sortBy` orders them.
    #[garde(length(chars, max = 200))]
    #[param(max_length = 200)]
    search: Option<String>,
    #[garde(skip)]
    #[param(inline, default = "newest")]
    sort_by: SortBy,
}

/// Parses a number as JSON writes it.
fn deserialize_number<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Decimal>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    match serde_json::from_str::<Money>(&text) {
        Ok(number) => Ok(Some(number.decimal())),
        Err(_) => Err(de::Error::custom("must be a number")),
    }
}

fn check_not_negative(value: &Decimal, _: &()) -> garde::Result {
    // -0 is 0.
    match *value < Decimal::ZERO {
        true => Err(garde::Error::new("must not be negative")),
        false => Ok(()),
    }
}

fn check_not_below(min: &Option<Decimal>) -> impl Fn(&Option<Decimal>, &()) -> garde::Result {
    move |max, ()| match (min, max) {
        (Some(min), Some(max)) if max < min => {
            Err(garde::Error::new("must not be less than minPrice"))
        }
        _ => Ok(()),
    }
}

/// Browse
///
/// The listings on sale. Anyone may call this.
#[utoipa::path(
    get, path = "/api/marketplace/listings", tag = "listings",
    params(PageQuery, ListingQuery, ("If-None-Match" = Option<String>, Header, description = "The `ETag` last read.")),
    responses(
        (status = 200, description = "A page of listings.", body = Page<ListingResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<codes::SearchNotReady>,
    ),
)]
async fn browse_listings(
    State(state): State<AppState>,
    Paged { page, filter: query }: Paged<ListingQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let filter = ListingFilter {
        prompt: query.prompt_id,
        category: query.category,
        min_price: query.min_price,
        max_price: query.max_price,
        ids: None,
    };
    let search = query.search.filter(|text| !text.trim().is_empty());
    let sort_by = query.sort_by;
    if !is_first_page(&page) || filter != ListingFilter::default() || search.is_some() {
        let page = listings::browse(&state, search, filter, sort_by, &page).await?;
        return Ok(reader.answer(answer(page)?));
    }
    let read = || {
        let pool = state.pool.clone();
        async move { answer(listings::first_page(&pool, sort_by, &page).await?) }
    };
    let answer = state.answer_cache.first_pages.get_value(sort_by, read).await?;
    Ok(reader.answer(answer))
}

/// One listing
///
/// Anyone may call this. One that is not on sale is there for its seller and administrators only.
#[utoipa::path(
    get, path = "/api/marketplace/listings/{id}", tag = "listings",
    params(
        ("id" = ListingId, Path, description = "The listing's id."),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` last read."),
    ),
    responses(
        (status = 200, description = "The listing.", body = ListingResponse,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<codes::ListingNotFound>,
    ),
)]
async fn get_listing(
    State(state): State<AppState>,
    Path(id): Path<ListingId>,
    reader: Reader,
) -> ApiResult<Response> {
    let read = || {
        let pool = state.pool.clone();
        async move {
            let listing = listings::find_on_sale(&pool, id).await?;
            listing.map(|listing| JsonAnswer::new(&ListingResponse::from(listing))).transpose()
        }
    };
    let answer = match (state.answer_cache.listings.get(id, read).await?, &reader.caller) {
        (Some(answer), _) => answer,
        (None, None) => return Err(ServiceError::ListingNotFound.into()),
        (None, viewer) => {
            let listing = listings::find(&state, id, viewer.as_ref()).await?;
            JsonAnswer::new(&ListingResponse::from(listing))?
        }
    };
    Ok(reader.answer(answer))
}

/// A seller's listings
///
/// Newest first. Anyone may call this; those that are not on sale are shown to the seller and
/// administrators only.
#[utoipa::path(
    get, path = "/api/marketplace/listings/seller/{sellerId}", tag = "listings",
    params(
        ("sellerId" = UserId, Path, description = "The seller's id."),
        PageQuery,
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` last read."),
    ),
    responses(
        (status = 200, description = "A page of listings.", body = Page<ListingResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<()>,
    ),
)]
async fn list_seller_listings(
    State(state): State<AppState>,
    Path(seller): Path<UserId>,
    Query(query): Query<PageQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let viewer = reader.caller.as_ref();
    Ok(reader.answer(answer(listings::list_by_seller(&state, seller, viewer, &query).await?)?))
}

/// Makes the answer with a page, whose size is bounded: descriptions that do not fit are left out.
fn answer(page: Page<Listing>) -> Result<JsonAnswer, ReadError> {
    let page = page.map(ListingResponse::from).bound_texts(ListingResponse::descriptions)?;
    JsonAnswer::new(&page)
}
