//! `/users`: profiles.

use auth::User as Caller;
use axum::extract::State;
use http_kit::{
    ApiResult, Json, Path,
    openapi::{NotFound, Unauthorized},
};
use ids::UserId;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::profile::{PublicProfile, User};
use crate::{service, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(me)).routes(routes!(find))
}

/// My account
///
/// For any signed-in user.
#[utoipa::path(
    get, path = "/users/me", tag = "users",
    responses((status = 200, description = "Your account.", body = User), Unauthorized, NotFound),
    security(("bearer" = [])),
)]
async fn me(State(state): State<AppState>, Caller(caller): Caller) -> ApiResult<Json<User>> {
    Ok(Json(service::me(&state, &caller).await?.into()))
}

/// A public profile
///
/// Anyone may call this.
#[utoipa::path(
    get, path = "/users/{id}", tag = "users",
    params(("id" = UserId, Path, description = "The user's id.")),
    responses((status = 200, description = "The profile.", body = PublicProfile), NotFound),
)]
async fn find(
    State(state): State<AppState>,
    Path(id): Path<UserId>,
) -> ApiResult<Json<PublicProfile>> {
    Ok(Json(service::find(&state, id).await?.into()))
}
