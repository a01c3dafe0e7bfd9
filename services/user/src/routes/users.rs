//! `/users`: public profiles, and the routers of the paths below.

mod admin;
mod follows;
mod me;
mod responses;

use axum::{extract::State, response::Response};
use garde::Validate;
use http_kit::{ApiResult, Json, Page, PageQuery, Paged, Path, openapi::Problems};
use ids::UserId;
use read_cache::{JsonAnswer, Reader};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    error::{ServiceError, codes},
    service::profiles,
    state::AppState,
};
use responses::ProfileResponse;
pub use responses::UserResponse;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(me::router())
        .routes(routes!(get_user))
        .routes(routes!(get_user_by_username))
        .routes(routes!(search_users))
        .merge(follows::router())
        .merge(admin::router())
}

/// A public profile
///
/// Of anyone who is not suspended. Anyone may call this.
#[utoipa::path(
    get, path = "/users/{id}", tag = "users",
    params(
        ("id" = UserId, Path, description = "The user's id."),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` last read."),
    ),
    responses(
        (status = 200, description = "The profile.", body = ProfileResponse,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<codes::UserNotFound>,
    ),
)]
async fn get_user(
    State(state): State<AppState>,
    Path(id): Path<UserId>,
    reader: Reader,
) -> ApiResult<Response> {
    answer_profile(&state, id, &reader).await
}

/// A public profile, by username
///
/// Of anyone who is not suspended, without case. Anyone may call this.
#[utoipa::path(
    get, path = "/users/by-username/{name}", tag = "users",
    params(
        ("name" = String, Path, description = "The username.", example = "ada"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` last read."),
    ),
    responses(
        (status = 200, description = "The profile.", body = ProfileResponse,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<codes::UserNotFound>,
    ),
)]
async fn get_user_by_username(
    State(state): State<AppState>,
    Path(name): Path<String>,
    reader: Reader,
) -> ApiResult<Response> {
    answer_profile(&state, profiles::find_id(&state, &name).await?, &reader).await
}

async fn answer_profile(state: &AppState, id: UserId, reader: &Reader) -> ApiResult<Response> {
    let read = || {
        let pool = state.pool.clone();
        async move {
            let profile = profiles::find(&pool, id).await?;
            profile.map(|profile| JsonAnswer::new(&ProfileResponse::from(profile))).transpose()
        }
    };
    let answer = state.answer_cache.profiles.get(id, read).await?;
    Ok(reader.answer(answer.ok_or(ServiceError::UserNotFound)?))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchUsersQuery {
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
    params(SearchUsersQuery, PageQuery),
    responses(
        (status = 200, description = "A page of profiles.", body = Page<ProfileResponse>),
        Problems::<()>,
    ),
)]
async fn search_users(
    State(state): State<AppState>,
    Paged { page, filter }: Paged<SearchUsersQuery>,
) -> ApiResult<Json<Page<ProfileResponse>>> {
    let found = profiles::search(&state, filter.q.trim(), &page).await?;
    Ok(Json(found.map(ProfileResponse::from)))
}
