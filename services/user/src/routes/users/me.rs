//! `/users/me`: the caller's own account.

use auth::{ClientAddress, User};
use axum::extract::State;
use garde::Validate;
use http_kit::{ApiResult, Json, openapi::Problems};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::responses::UserResponse;
use crate::{
    domain::{AccountChanges, rules},
    error::{PasswordCheckProblems, codes},
    service::accounts,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_current_user, update_current_user, delete_current_user))
}

/// My account
///
/// For any signed-in user.
#[utoipa::path(
    get, path = "/users/me", tag = "users",
    responses(
        (status = 200, description = "Your account.", body = UserResponse),
        Problems::<codes::UserNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn get_current_user(
    State(state): State<AppState>,
    User(caller): User,
) -> ApiResult<Json<UserResponse>> {
    Ok(Json(accounts::get_own(&state, &caller).await?.into()))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateUser {
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

/// Trims a text; an empty one clears the field.
fn trimmed(change: Option<Option<String>>) -> Option<Option<String>> {
    change.map(|text| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// Change my account
///
/// For any signed-in user. A field that is left out stays as it is. Another email address takes the
/// password; too many wrong ones, and none is taken from there for a while.
#[utoipa::path(
    put, path = "/users/me", tag = "users",
    request_body = UpdateUser,
    responses(
        (status = 200, description = "Your account as it is now.", body = UserResponse),
        Problems::<(PasswordCheckProblems, codes::PasswordRequired, codes::EmailTaken)>,
    ),
    security(("bearer" = [])),
)]
async fn update_current_user(
    State(state): State<AppState>,
    User(caller): User,
    ClientAddress(address): ClientAddress,
    Json(body): Json<UpdateUser>,
) -> ApiResult<Json<UserResponse>> {
    let changes = AccountChanges {
        first_name: trimmed(body.first_name),
        last_name: trimmed(body.last_name),
        bio: trimmed(body.bio),
        avatar_url: trimmed(body.avatar_url),
        email: body.email,
    };
    let updated =
        accounts::update_own(&state, &caller, &changes, body.current_password, address).await?;
    Ok(Json(updated.into()))
}

#[derive(Deserialize, Validate, ToSchema)]
struct DeleteUser {
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
    request_body = DeleteUser,
    responses(
        (status = 200, description = "The account as it was.", body = UserResponse),
        Problems::<(PasswordCheckProblems, codes::Suspended, codes::LastAdmin)>,
    ),
    security(("bearer" = [])),
)]
async fn delete_current_user(
    State(state): State<AppState>,
    User(caller): User,
    ClientAddress(address): ClientAddress,
    Json(body): Json<DeleteUser>,
) -> ApiResult<Json<UserResponse>> {
    Ok(Json(accounts::delete_own(&state, &caller, body.password, address).await?.into()))
}
