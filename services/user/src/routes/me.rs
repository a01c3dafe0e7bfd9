//! `/users/me`: one's own account.

use auth::{ClientAddress, User as Caller};
use axum::extract::State;
use garde::Validate;
use http_kit::{
    ApiResult, Json,
    openapi::{Conflict, Forbidden, NotFound, TooManyRequests, Unauthorized},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::profile::User;
use crate::{
    domain::{Changes, rules},
    service::accounts,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(find, update, delete))
}

/// My account
///
/// For any signed-in user.
#[utoipa::path(
    get, path = "/users/me", tag = "users",
    responses((status = 200, description = "Your account.", body = User), Unauthorized, NotFound),
    security(("bearer" = [])),
)]
async fn find(State(state): State<AppState>, Caller(caller): Caller) -> ApiResult<Json<User>> {
    Ok(Json(accounts::me(&state, &caller).await?.into()))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Update {
    /// On one line. `null` or an empty text clears it.
    #[garde(inner(inner(custom(rules::clearable_name))))]
    #[serde(default, deserialize_with = "http_kit::extract::nullable")]
    #[schema(value_type = Option<String>, max_length = 100, pattern = "one-line", example = "Ada")]
    first_name: Option<Option<String>>,
    /// On one line. `null` or an empty text clears it.
    #[garde(inner(inner(custom(rules::clearable_name))))]
    #[serde(default, deserialize_with = "http_kit::extract::nullable")]
    #[schema(value_type = Option<String>, max_length = 100, pattern = "one-line", example = "Lovelace")]
    last_name: Option<Option<String>>,
    /// `null` or an empty text clears it.
    #[garde(inner(inner(custom(rules::bio))))]
    #[serde(default, deserialize_with = "http_kit::extract::nullable")]
    #[schema(value_type = Option<String>, max_length = 1000, pattern = "several-lines", example = "I write to machines.")]
    bio: Option<Option<String>>,
    /// `http` or `https`. `null` or an empty text clears it.
    #[garde(inner(inner(custom(rules::web_address))))]
    #[serde(default, deserialize_with = "http_kit::extract::nullable")]
    #[schema(
        value_type = Option<String>,
        max_length = 2048,
        pattern = "^(\\s*|\\s*https?://[^\\s]+\\s*)$",
        example = "https://example.com/ada.png"
    )]
    avatar_url: Option<Option<String>>,
    /// Unique without case. Another address takes `currentPassword`, and has to be verified anew.
    #[garde(inner(custom(rules::email)))]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(format = "email", max_length = 254, nullable = false, example = "ada@example.com")]
    email: Option<String>,
    /// Needed to change the email address.
    #[garde(inner(custom(rules::password)))]
    #[schema(
        format = "password",
        min_length = 1,
        max_length = 128,
        example = "correct horse battery"
    )]
    current_password: Option<String>,
}

/// Trimmed; an empty text is none.
fn cleared(change: Option<Option<String>>) -> Option<Option<String>> {
    change.map(|text| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// Change my account
///
/// For any signed-in user. A field that is left out stays as it is. Another email address takes the
/// password; too many wrong ones, and none is taken from there for a while.
#[utoipa::path(
    put, path = "/users/me", tag = "users",
    request_body = Update,
    responses(
        (status = 200, description = "Your account as it is now.", body = User),
        Unauthorized,
        Forbidden,
        NotFound,
        Conflict,
        TooManyRequests,
    ),
    security(("bearer" = [])),
)]
async fn update(
    State(state): State<AppState>,
    Caller(caller): Caller,
    ClientAddress(from): ClientAddress,
    Json(body): Json<Update>,
) -> ApiResult<Json<User>> {
    let changes = Changes {
        first_name: cleared(body.first_name),
        last_name: cleared(body.last_name),
        bio: cleared(body.bio),
        avatar_url: cleared(body.avatar_url),
        email: body.email,
    };
    let updated = accounts::update(&state, &caller, &changes, body.current_password, from).await?;
    Ok(Json(updated.into()))
}

#[derive(Deserialize, Validate, ToSchema)]
struct Delete {
    #[garde(custom(rules::password))]
    #[schema(
        format = "password",
        min_length = 1,
        max_length = 128,
        example = "correct horse battery"
    )]
    password: String,
}

/// Delete my account
///
/// For any signed-in user who knows the password. Your account, sessions and follows are gone at
/// once; private prompts and drafts go too, and what you published stays without your name. The
/// last administrator cannot go.
#[utoipa::path(
    delete, path = "/users/me", tag = "users",
    request_body = Delete,
    responses(
        (status = 200, description = "The account as it was.", body = User),
        Unauthorized,
        Forbidden,
        NotFound,
        Conflict,
        TooManyRequests,
    ),
    security(("bearer" = [])),
)]
async fn delete(
    State(state): State<AppState>,
    Caller(caller): Caller,
    ClientAddress(from): ClientAddress,
    Json(body): Json<Delete>,
) -> ApiResult<Json<User>> {
    Ok(Json(accounts::delete(&state, &caller, body.password, from).await?.into()))
}
