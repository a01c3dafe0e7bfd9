//! `/auth`, for those who are signed in: their sessions, signing out, and another password.

use auth::{ClientAddress, User};
use axum::extract::State;
use garde::Validate;
use http::{HeaderMap, StatusCode, header};
use http_kit::{
    ApiResult, Json, Path,
    openapi::{Forbidden, NotFound, TooManyRequests, Unauthorized},
};
use ids::SessionId;
use pg::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::refresh_cookie::Browser;
use crate::{
    domain::{Session, rules},
    service::sessions,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(logout))
        .routes(routes!(logout_all))
        .routes(routes!(list))
        .routes(routes!(end))
        .routes(routes!(change_password))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Logout {
    /// Of the session to end. Not needed where the cookie `pf_refresh` holds it.
    #[garde(inner(length(bytes, min = 1, max = 512)))]
    #[schema(min_length = 1, max_length = 512)]
    refresh_token: Option<String>,
}

/// 204, which removes the cookie from a browser that has it.
type SignedOut = (StatusCode, HeaderMap);

fn signed_out(browser: &Browser) -> SignedOut {
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
    request_body = Option<Logout>,
    responses((status = 204, description = "That session is over."), Unauthorized, Forbidden),
    security(("bearer" = [])),
)]
async fn logout(
    State(state): State<AppState>,
    User(caller): User,
    browser: Browser,
    body: Option<Json<Logout>>,
) -> ApiResult<SignedOut> {
    let given = browser.token(body.and_then(|Json(body)| body.refresh_token))?;
    sessions::logout(&state, &caller, &given.token).await?;
    Ok(signed_out(&browser))
}

/// Sign out everywhere
///
/// Ends all your sessions, this one too, and their access tokens. For any signed-in user.
#[utoipa::path(
    post, path = "/auth/logout-all", tag = "auth",
    responses((status = 204, description = "All your sessions are over."), Unauthorized),
    security(("bearer" = [])),
)]
async fn logout_all(
    State(state): State<AppState>,
    User(caller): User,
    browser: Browser,
) -> ApiResult<SignedOut> {
    sessions::logout_all(&state, &caller).await?;
    Ok(signed_out(&browser))
}

/// One of my sessions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionView {
    id: SessionId,
    created_at: Timestamp,
    /// When it last gave out tokens; they are good for 15 minutes.
    last_used_at: Timestamp,
    /// Where it was last used from; null when that is not known.
    #[schema(example = "203.0.113.7")]
    address: Option<String>,
    /// What it was last used with, as that says itself.
    #[schema(max_length = 200, example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)")]
    user_agent: Option<String>,
    /// The one that this is asked with.
    current: bool,
}

/// My sessions
///
/// Those that go on, the one used last first; of more than 500, the first. For any signed-in user.
#[utoipa::path(
    get, path = "/auth/sessions", tag = "auth",
    responses(
        (status = 200, description = "Your sessions.", body = Vec<SessionView>),
        Unauthorized,
    ),
    security(("bearer" = [])),
)]
async fn list(
    State(state): State<AppState>,
    User(caller): User,
) -> ApiResult<Json<Vec<SessionView>>> {
    let sessions = sessions::list(&state, &caller).await?;
    let view = |session: Session| SessionView {
        current: Some(session.sid) == caller.session,
        id: session.id,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        address: session.address,
        user_agent: session.user_agent,
    };
    Ok(Json(sessions.into_iter().map(view).collect()))
}

/// End a session
///
/// As signing out of it does. For its owner; one that is over is a 404, as is someone else's.
#[utoipa::path(
    delete, path = "/auth/sessions/{id}", tag = "auth",
    params(("id" = SessionId, Path, description = "The session's id.")),
    responses((status = 204, description = "That session is over."), Unauthorized, NotFound),
    security(("bearer" = [])),
)]
async fn end(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<SessionId>,
) -> ApiResult<StatusCode> {
    sessions::end(&state, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangePassword {
    #[garde(custom(rules::password))]
    #[schema(
        format = "password",
        min_length = 1,
        max_length = 128,
        example = "correct horse battery"
    )]
    current_password: String,
    #[garde(custom(rules::new_password))]
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
/// For any signed-in user who knows the present one. Ends your other sessions and their access tokens;
/// the one whose access token this is called with goes on.
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
