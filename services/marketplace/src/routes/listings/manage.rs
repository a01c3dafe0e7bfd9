//! `POST`, `PUT` and `DELETE /api/marketplace/listings…`: managing a seller's own listings.

use auth::User;
use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use http_kit::{
    ApiResult, Json, Path,
    extract::{Unchecked, check, nullable},
    openapi::Problems,
};
use idempotency::{Answer, Creation, IdempotencyKeyHeader, KeyProblems, Keyed};
use ids::{ListingId, PromptId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::listing_response::ListingResponse;
use crate::{
    domain::{self, Currency, Listing, ListingStatus, ListingTerms, Money},
    error::codes,
    service::listings::{self, ListingChanges},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create_listing))
        .routes(routes!(update_listing, remove_listing))
        .routes(routes!(pause_listing))
        .routes(routes!(activate_listing))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CreateListing {
    /// A prompt that you wrote.
    #[garde(skip)]
    prompt_id: PromptId,
    /// Of a PERSONAL licence, in the currency's minor units: at most 99999.99 USD, 9999999 JPY,
    /// 9999.999 KWD.
    #[garde(custom(check_price_in(&self.currency)))]
    price: Money,
    /// Of a COMMERCIAL licence; without it there is none on offer.
    #[garde(inner(custom(check_price_in(&self.currency))))]
    commercial_price: Option<Money>,
    /// As the prompt's, when left out.
    #[garde(inner(custom(domain::check_title)))]
    #[schema(
        min_length = 3,
        max_length = 200,
        pattern = "visible-line",
        example = "A code reviewer that never tires"
    )]
    title: Option<String>,
    /// As the prompt's, when left out.
    #[garde(inner(custom(domain::check_description)))]
    #[schema(max_length = 1000, pattern = "several-lines")]
    description: Option<String>,
    /// An ISO 4217 code; USD, when left out.
    #[garde(skip)]
    currency: Option<Currency>,
}

/// A field that is left out stays as it is.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
#[garde(context(Currency))]
struct UpdateListing {
    /// In the minor units of the listing's currency, which cannot be changed.
    #[garde(inner(custom(check_price)))]
    price: Option<Money>,
    /// Null takes commercial licences off sale.
    #[garde(inner(inner(custom(check_price))))]
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Money>)]
    commercial_price: Option<Option<Money>>,
    #[garde(inner(custom(domain::check_title)))]
    #[schema(min_length = 3, max_length = 200, pattern = "visible-line")]
    title: Option<String>,
    /// Null removes it.
    #[garde(inner(inner(custom(domain::check_description))))]
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 1000, pattern = "several-lines")]
    description: Option<Option<String>>,
}

/// Checks a price in the currency of the same body.
fn check_price_in(currency: &Option<Currency>) -> impl Fn(&Money, &()) -> garde::Result {
    let currency = currency.clone().unwrap_or_default();
    move |value, ()| check_price(value, &currency)
}

/// Checks a price in a currency.
fn check_price(value: &Money, currency: &Currency) -> garde::Result {
    value.price_problem(currency).map_or(Ok(()), |problem| Err(garde::Error::new(problem)))
}

fn trimmed(text: String) -> String {
    text.trim().to_owned()
}

/// Trims a text; `None` when nothing is left.
fn trimmed_or_none(text: String) -> Option<String> {
    Some(trimmed(text)).filter(|text| !text.is_empty())
}

/// Offer a prompt
///
/// For the prompt's author. What is sold is a copy of the prompt as it is now.
#[utoipa::path(
    post, path = "/api/marketplace/listings", tag = "listings",
    params(IdempotencyKeyHeader),
    request_body = CreateListing,
    responses(
        (status = 201, description = "On sale.", body = ListingResponse,
            headers(("Location" = String, description = "Where the listing is."))),
        Problems::<(
            codes::NotAuthor, codes::PromptNotFound, codes::AlreadyListed,
            codes::PromptNotPublished, KeyProblems,
        )>,
    ),
    security(("bearer" = [])),
)]
async fn create_listing(
    State(state): State<AppState>,
    User(seller): User,
    Keyed(key, Json(body)): Keyed<Json<CreateListing>>,
) -> ApiResult<Answer> {
    let terms = ListingTerms {
        prompt_id: body.prompt_id,
        title: body.title.map(trimmed),
        description: body.description.and_then(trimmed_or_none),
        price: body.price,
        commercial_price: body.commercial_price,
        currency: body.currency.unwrap_or_default(),
    };
    let answer = |listing: &Listing| {
        let path = format!("/api/marketplace/listings/{}", listing.id);
        Answer::created(path, &ListingResponse::from(listing.clone()))
    };
    let creation = Creation::new(seller.id, key, &answer);
    let create = listings::create(&state, &seller, terms, &creation);
    Ok(creation.run(&state.pool, create).await?)
}

/// Change a listing
///
/// For its seller. Purchases under way keep the price they began with.
#[utoipa::path(
    put, path = "/api/marketplace/listings/{id}", tag = "listings",
    params(("id" = ListingId, Path, description = "The listing's id.")),
    request_body = UpdateListing,
    responses(
        (status = 200, description = "Changed.", body = ListingResponse),
        Problems::<(codes::NotSeller, codes::ListingNotFound, codes::ListingRemoved)>,
    ),
    security(("bearer" = [])),
)]
async fn update_listing(
    State(state): State<AppState>,
    User(seller): User,
    Path(id): Path<ListingId>,
    Json(Unchecked(body)): Json<Unchecked<UpdateListing>>,
) -> ApiResult<Json<ListingResponse>> {
    check(&body, &listings::find_currency(&state, id, &seller).await?)?;
    let changes = ListingChanges {
        title: body.title.map(trimmed),
        description: body.description.map(|description| description.and_then(trimmed_or_none)),
        price: body.price,
        commercial_price: body.commercial_price,
        status: None,
    };
    Ok(Json(listings::update(&state, id, &seller, changes).await?.into()))
}

/// Remove a listing
///
/// For its seller. It is off sale for good, and the prompt can be offered anew; licences that were
/// bought stay good.
#[utoipa::path(
    delete, path = "/api/marketplace/listings/{id}", tag = "listings",
    params(("id" = ListingId, Path, description = "The listing's id.")),
    responses(
        (status = 204, description = "Removed, now or before."),
        Problems::<(codes::NotSeller, codes::ListingNotFound)>,
    ),
    security(("bearer" = [])),
)]
async fn remove_listing(
    State(state): State<AppState>,
    User(seller): User,
    Path(id): Path<ListingId>,
) -> ApiResult<StatusCode> {
    listings::remove(&state, id, &seller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pause a listing
///
/// For its seller: takes it off sale for now.
#[utoipa::path(
    post, path = "/api/marketplace/listings/{id}/pause", tag = "listings",
    params(("id" = ListingId, Path, description = "The listing's id.")),
    responses(
        (status = 200, description = "Paused, now or before.", body = ListingResponse),
        Problems::<(codes::NotSeller, codes::ListingNotFound, codes::ListingRemoved)>,
    ),
    security(("bearer" = [])),
)]
async fn pause_listing(
    State(state): State<AppState>,
    User(seller): User,
    Path(id): Path<ListingId>,
) -> ApiResult<Json<ListingResponse>> {
    let changes = ListingChanges::status(ListingStatus::Paused);
    Ok(Json(listings::update(&state, id, &seller, changes).await?.into()))
}

/// Activate a listing
///
/// For its seller: puts it on sale again.
#[utoipa::path(
    post, path = "/api/marketplace/listings/{id}/activate", tag = "listings",
    params(("id" = ListingId, Path, description = "The listing's id.")),
    responses(
        (status = 200, description = "On sale, now or before.", body = ListingResponse),
        Problems::<(codes::NotSeller, codes::ListingNotFound, codes::ListingRemoved)>,
    ),
    security(("bearer" = [])),
)]
async fn activate_listing(
    State(state): State<AppState>,
    User(seller): User,
    Path(id): Path<ListingId>,
) -> ApiResult<Json<ListingResponse>> {
    let changes = ListingChanges::status(ListingStatus::Active);
    Ok(Json(listings::update(&state, id, &seller, changes).await?.into()))
}
