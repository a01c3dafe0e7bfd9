//! `POST /auth/register`.

use axum::extract::State;
use garde::Validate;
use http::{StatusCode, header};
use http_kit::{ApiResult, Json, openapi::Problems};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    refresh_cookie::Browser,
    token_answer::{AuthResponse, TokenAnswer},
};
use crate::{
    domain::{ClientInfo, NewAccount, rules},
    error::codes,
    service::accounts,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(register_user))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RegisterUser {
    /// Letters, digits, `_`, `.` and `-`; unique without case.
    #[garde(custom(rules::username))]
    #[schema(min_length = 3, max_length = 50, pattern = "^[A-Za-z0-9_.-]+$", example = "ada")]
    username: String,
    /// Unique without case.
    #[garde(custom(rules::email))]
    #[schema(format = "email", max_length = 254, example = "ada@example.com")]
    email: String,
    #[garde(custom(rules::new_password))]
    #[schema(
        format = "password",
        min_length = 8,
        max_length = 128,
        example = "correct horse battery"
    )]
    password: String,
    /// On one line.
    #[garde(inner(custom(rules::name)))]
    #[schema(max_length = 100, pattern = "visible-line", example = "Ada")]
    first_name: Option<String>,
    /// On one line.
    #[garde(inner(custom(rules::name)))]
    #[schema(max_length = 100, pattern = "visible-line", example = "Lovelace")]
    last_name: Option<String>,
    /// Puts the refresh token into the cookie `pf_refresh`, out of the reach of scripts, and not into
    /// the answer.
    #[garde(skip)]
    #[serde(default)]
    cookie: bool,
}

/// Register
///
/// Creates an account and signs it in. Anyone may call this.
#[utoipa::path(
    post, path = "/auth/register", tag = "auth",
    request_body = RegisterUser,
    responses(
        (status = 201, description = "Registered and signed in.", body = AuthResponse),
        Problems::<(codes::OriginNotAllowed, codes::UsernameTaken, codes::EmailTaken, codes::Busy)>,
    ),
)]
async fn register_user(
    State(state): State<AppState>,
    client: ClientInfo,
    browser: Browser,
    Json(body): Json<RegisterUser>,
) -> ApiResult<(StatusCode, [(header::HeaderName, String); 1], TokenAnswer)> {
    if body.cookie {
        browser.ensure_may_have_cookie()?;
    }
    let new = NewAccount {
        username: body.username,
        email: body.email,
        first_name: body.first_name.map(|name| name.trim().to_owned()),
        last_name: body.last_name.map(|name| name.trim().to_owned()),
    };
    let logged_in = accounts::register(&state, new, body.password, &client).await?;
    let location = format!("/users/{}", logged_in.account.id);
    let answer = TokenAnswer::new(logged_in, &browser, body.cookie)?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer))
}
