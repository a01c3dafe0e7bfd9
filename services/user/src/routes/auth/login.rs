//! `POST /auth/login`.

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
use crate::{
    domain::{ClientInfo, rules},
    error::codes,
    service::sessions,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(log_in))
}

#[derive(Deserialize, Validate, ToSchema)]
struct LogIn {
    /// The email address, or the username.
    #[garde(length(chars, min = 1, max = 254))]
    #[schema(min_length = 1, max_length = 254, example = "ada@example.com")]
    email: String,
    #[garde(custom(rules::password))]
    #[schema(
        format = "password",
        min_length = 1,
        max_length = 128,
        example = "correct horse battery"
    )]
    password: String,
    /// As at the registration.
    #[garde(skip)]
    #[serde(default)]
    cookie: bool,
}

/// Sign in
///
/// With an email address or a username. Anyone may call this; the answer and its time are the same
/// whether or not there is such an account. After too many wrong passwords from one address, for
/// one name or in all, none is taken from there for a while.
#[utoipa::path(
    post, path = "/auth/login", tag = "auth",
    request_body = LogIn,
    responses(
        (status = 200, description = "Signed in.", body = AuthResponse),
        Problems::<(
            codes::WrongCredentials, codes::OriginNotAllowed, codes::Suspended, codes::TooManyWrongPasswords, codes::Busy)>,
    ),
)]
async fn log_in(
    State(state): State<AppState>,
    client: ClientInfo,
    browser: Browser,
    Json(body): Json<LogIn>,
) -> ApiResult<TokenAnswer> {
    if body.cookie {
        browser.ensure_may_have_cookie()?;
    }
    let logged_in = sessions::log_in(&state, body.email.trim(), body.password, &client).await?;
    Ok(TokenAnswer::new(logged_in, &browser, body.cookie)?)
}
