//! `POST /auth/refresh`.

use axum::extract::State;
use garde::Validate;
use http_kit::{ApiResult, Json, openapi::Problems};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    refresh_cookie::Browser,
    token_answer::{AuthResponse, TokenAnswer},
};
use crate::{domain::ClientInfo, error::codes, service::sessions, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(refresh_session))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RefreshSession {
    /// Not needed where the cookie `pf_refresh` holds it.
    #[garde(inner(length(bytes, min = 1, max = 512)))]
    #[schema(min_length = 1, max_length = 512)]
    refresh_token: Option<String>,
}

/// Refresh
///
/// Exchanges a refresh token, of the body or else of the cookie `pf_refresh`, for new tokens, which go
/// where it was. Each is good once, and for 10 seconds after that: an answer can be lost, and two tabs
/// can ask at once. Using it later ends the session, since someone else may hold a copy. The cookie is
/// taken from pages of allowed origins only.
#[utoipa::path(
    post, path = "/auth/refresh", tag = "auth",
    request_body = Option<RefreshSession>,
    responses(
        (status = 200, description = "New tokens.", body = AuthResponse),
        Problems::<(codes::RefreshTokenRequired, codes::InvalidRefreshToken, codes::OriginNotAllowed)>,
    ),
)]
async fn refresh_session(
    State(state): State<AppState>,
    client: ClientInfo,
    browser: Browser,
    body: Option<Json<RefreshSession>>,
) -> ApiResult<TokenAnswer> {
    let sent = browser.token(body.and_then(|Json(body)| body.refresh_token))?;
    let logged_in = sessions::refresh(&state, &sent.token, &client).await?;
    Ok(TokenAnswer::new(logged_in, &browser, sent.in_cookie)?)
}
