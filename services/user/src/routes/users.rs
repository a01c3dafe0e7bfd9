//! `/users`: public profiles.

use axum::extract::State;
use garde::Validate;
use http_kit::{ApiResult, Json, Page, PageQuery, Paged, Path, openapi::NotFound};
use ids::UserId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::profile::PublicProfile;
use crate::{service::accounts, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(find))
        .routes(routes!(find_by_username))
        .routes(routes!(search))
}

/// A public profile
///
/// Of anyone who is not suspended. Anyone may call this.
#[utoipa::path(
    get, path = "/users/{id}", tag = "users",
    params(("id" = UserId, Path, description = "The user's id.")),
    responses((status = 200, description = "The profile.", body = PublicProfile), NotFound),
)]
async fn find(
    State(state): State<AppState>,
    Path(id): Path<UserId>,
) -> ApiResult<Json<PublicProfile>> {
    Ok(Json(accounts::profile(&state, id).await?.into()))
}

/// A public profile, by username
///
/// Of anyone who is not suspended, without case. Anyone may call this.
#[utoipa::path(
    get, path = "/users/by-username/{name}", tag = "users",
    params(("name" = String, Path, description = "The username.", example = "ada")),
    responses((status = 200, description = "The profile.", body = PublicProfile), NotFound),
)]
async fn find_by_username(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> ApiResult<Json<PublicProfile>> {
    Ok(Json(accounts::profile_of(&state, &name).await?.into()))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// Part of a username, or of first and last name; of one or two characters, the beginning of a
    /// word.
    #[garde(length(chars, max = 100), custom(http_kit::text::visible))]
    #[param(min_length = 1, max_length = 100, pattern = "visible", example = "ada")]
    q: String,
}

/// Find people
///
/// By username, first and last name, without case; who has that username first, then those whose
/// username begins so. Anyone may call this.
#[utoipa::path(
    get, path = "/users/search", tag = "users",
    params(SearchQuery, PageQuery),
    responses((status = 200, description = "A page of profiles.", body = Page<PublicProfile>)),
)]
async fn search(
    State(state): State<AppState>,
    Paged { page, filter }: Paged<SearchQuery>,
) -> ApiResult<Json<Page<PublicProfile>>> {
    let found = accounts::search(&state, filter.q.trim(), &page).await?;
    Ok(Json(found.map(PublicProfile::from)))
}
