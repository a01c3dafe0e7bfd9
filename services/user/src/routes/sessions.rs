//! `/auth`, for those who are signed in: signing out, and another password.

use auth::{ClientAddress, User};
use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use http_kit::{
    ApiResult, Json,
    openapi::{Forbidden, NotFound, TooManyRequests, Unauthorized},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{domain, service::sessions, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(logout))
        .routes(routes!(logout_all))
        .routes(routes!(change_password))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Logout {
    /// Of the session to end.
    #[garde(length(bytes, min = 1, max = 512))]
    refresh_token: String,
}

/// Sign out
///
/// Ends one of your sessions: its refresh token is not good any more. For any signed-in user; may
/// be repeated. Access tokens stay good until they expire.
#[utoipa::path(
    post, path = "/auth/logout", tag = "auth",
    request_body = Logout,
    responses((status = 204, description = "That session is over."), Unauthorized),
    security(("bearer" = [])),
)]
async fn logout(
    State(state): State<AppState>,
    User(caller): User,
    Json(body): Json<Logout>,
) -> ApiResult<StatusCode> {
    sessions::logout(&state, &caller, &body.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out everywhere
///
/// Ends all your sessions, this one too. For any signed-in user; may be repeated.
#[utoipa::path(
    post, path = "/auth/logout-all", tag = "auth",
    responses((status = 204, description = "All your sessions are over."), Unauthorized),
    security(("bearer" = [])),
)]
async fn logout_all(State(state): State<AppState>, User(caller): User) -> ApiResult<StatusCode> {
    sessions::logout_all(&state, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangePassword {
    #[garde(length(chars, min = 1, max = 128))]
    #[schema(
        format = "password",
        min_length = 1,
        max_length = 128,
        example = "correct horse battery"
    )]
    current_password: String,
    #[garde(custom(domain::password))]
    #[schema(
        format = "password",
        min_length = 8,
        max_length = 128,
        example = "a better horse battery"
    )]
    new_password: String,
}

/// Change my password
///
/// For any signed-in user who knows the present one. Ends your other sessions; the one whose access
/// token this is called with goes on.
#[utoipa::path(
    post, path = "/auth/password", tag = "auth",
    request_body = ChangePassword,
    responses(
        (status = 204, description = "Changed."),
        Unauthorized,
        Forbidden,
        NotFound,
        TooManyRequests,
    ),
    security(("bearer" = [])),
)]
async fn change_password(
    State(state): State<AppState>,
    User(caller): User,
    ClientAddress(from): ClientAddress,
    Json(body): Json<ChangePassword>,
) -> ApiResult<StatusCode> {
    let ChangePassword { current_password, new_password } = body;
    sessions::change_password(&state, &caller, current_password, new_password, from).await?;
    Ok(StatusCode::NO_CONTENT)
}
