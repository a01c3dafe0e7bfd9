//! `POST /auth/logout` and `POST /auth/logout-all`.

use auth::User;
use axum::extract::State;
use garde::Validate;
use http::{HeaderMap, StatusCode, header};
use http_kit::{ApiResult, Json, openapi::Problems};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::refresh_cookie::Browser;
use crate::{error::codes, service::sessions, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(log_out)).routes(routes!(log_out_everywhere))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LogOut {
    /// Of the session to end. Not needed where the cookie `pf_refresh` holds it.
    #[garde(inner(length(bytes, min = 1, max = 512)))]
    #[schema(min_length = 1, max_length = 512)]
    refresh_token: Option<String>,
}

/// A 204 that removes the cookie from a browser that has it.
type LoggedOut = (StatusCode, HeaderMap);

fn logged_out(browser: &Browser) -> LoggedOut {
    let cleared = browser.clear().map(|cookie| (header::SET_COOKIE, cookie));
    (StatusCode::NO_CONTENT, cleared.into_iter().collect())
}

/// Sign out
///
/// Ends one of your sessions, named by its refresh token in the body or else in the cookie `pf_refresh`:
/// neither that nor its access tokens are good any more. For any signed-in user; may be repeated, with
/// an access token of another session. The cookie is taken from pages of allowed origins only.
#[utoipa::path(
    post, path = "/auth/logout", tag = "auth",
    request_body = Option<LogOut>,
    responses(
        (status = 204, description = "That session is over."),
        Problems::<(codes::RefreshTokenRequired, codes::OriginNotAllowed)>,
    ),
    security(("bearer" = [])),
)]
async fn log_out(
    State(state): State<AppState>,
    User(caller): User,
    browser: Browser,
    body: Option<Json<LogOut>>,
) -> ApiResult<LoggedOut> {
    let sent = browser.token(body.and_then(|Json(body)| body.refresh_token))?;
    sessions::log_out(&state, &caller, &sent.token).await?;
    Ok(logged_out(&browser))
}

/// Sign out everywhere
///
/// Ends all your sessions, this one too, and their access tokens. For any signed-in user.
#[utoipa::path(
    post, path = "/auth/logout-all", tag = "auth",
    responses(
        (status = 204, description = "All your sessions are over."),
        Problems::<()>,
    ),
    security(("bearer" = [])),
)]
async fn log_out_everywhere(
    State(state): State<AppState>,
    User(caller): User,
    browser: Browser,
) -> ApiResult<LoggedOut> {
    sessions::log_out_everywhere(&state, &caller).await?;
    Ok(logged_out(&browser))
}
