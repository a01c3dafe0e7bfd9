//! `/users`, for administrators.

use auth::{Admin, Role};
use axum::extract::State;
use garde::Validate;
use http_kit::{
    ApiResult, Json, Page, PageQuery, Paged, Path, openapi::Problems, problem::codes::Forbidden,
};
use ids::UserId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::responses::UserResponse;
use crate::{domain::UserFilter, error::codes, service::admin, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_users))
        .routes(routes!(set_user_roles))
        .routes(routes!(suspend_user))
        .routes(routes!(activate_user))
}

/// Whether an account may be used.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum UserStatus {
    Active,
    Suspended,
}

#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct ListUsersQuery {
    #[garde(skip)]
    #[param(inline)]
    role: Option<Role>,
    #[garde(skip)]
    #[param(inline)]
    status: Option<UserStatus>,
    /// Part of a username, of first and last name, or of an email address.
    #[garde(length(chars, max = 100))]
    #[param(max_length = 100, example = "ada")]
    q: Option<String>,
}

/// All accounts
///
/// Newest first. For administrators.
#[utoipa::path(
    get, path = "/users", tag = "admin",
    params(ListUsersQuery, PageQuery),
    responses(
        (status = 200, description = "A page of accounts.", body = Page<UserResponse>),
        Problems::<Forbidden>,
    ),
    security(("bearer" = [])),
)]
async fn list_users(
    State(state): State<AppState>,
    Admin(_caller): Admin,
    Paged { page, filter }: Paged<ListUsersQuery>,
) -> ApiResult<Json<Page<UserResponse>>> {
    let filter = UserFilter {
        role: filter.role,
        active: filter.status.map(|status| matches!(status, UserStatus::Active)),
        text: filter.q.map(|text| text.trim().to_owned()),
    };
    Ok(Json(admin::list_users(&state, &filter, &page).await?.map(UserResponse::from)))
}

#[derive(Deserialize, Validate, ToSchema)]
struct SetUserRoles {
    /// All the roles that the account is to have; `USER` is one of them in any case.
    #[garde(length(min = 1, max = 10))]
    #[schema(min_items = 1, max_items = 10, example = json!(["USER", "ADMIN"]))]
    roles: Vec<Role>,
}

/// Set roles
///
/// For administrators, who cannot demote themselves. Where the roles change, the account's access tokens
/// end, and a refresh gives one with the new roles.
#[utoipa::path(
    put, path = "/users/{id}/roles", tag = "admin",
    params(("id" = UserId, Path, description = "The user's id.")),
    request_body = SetUserRoles,
    responses(
        (status = 200, description = "The account as it is now.", body = UserResponse),
        Problems::<(Forbidden, codes::NotAdmin, codes::UserNotFound, codes::OwnAccount)>,
    ),
    security(("bearer" = [])),
)]
async fn set_user_roles(
    State(state): State<AppState>,
    Admin(caller): Admin,
    Path(id): Path<UserId>,
    Json(body): Json<SetUserRoles>,
) -> ApiResult<Json<UserResponse>> {
    let mut roles = vec![Role::User];
    for role in body.roles {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(Json(admin::set_roles(&state, &caller, id, &roles).await?.into()))
}

/// Suspend
///
/// No login and no refresh from now on, and access tokens end. The profile is hidden from everyone. For
/// administrators, who cannot suspend themselves; may be repeated.
#[utoipa::path(
    post, path = "/users/{id}/suspend", tag = "admin",
    params(("id" = UserId, Path, description = "The user's id.")),
    responses(
        (status = 200, description = "The account as it is now.", body = UserResponse),
        Problems::<(Forbidden, codes::NotAdmin, codes::UserNotFound, codes::OwnAccount)>,
    ),
    security(("bearer" = [])),
)]
async fn suspend_user(
    State(state): State<AppState>,
    Admin(caller): Admin,
    Path(id): Path<UserId>,
) -> ApiResult<Json<UserResponse>> {
    Ok(Json(admin::suspend(&state, &caller, id).await?.into()))
}

/// Activate
///
/// Lets a suspended account in again; it has to sign in. For administrators; may be repeated.
#[utoipa::path(
    post, path = "/users/{id}/activate", tag = "admin",
    params(("id" = UserId, Path, description = "The user's id.")),
    responses(
        (status = 200, description = "The account as it is now.", body = UserResponse),
        Problems::<(Forbidden, codes::NotAdmin, codes::UserNotFound)>,
    ),
    security(("bearer" = [])),
)]
async fn activate_user(
    State(state): State<AppState>,
    Admin(caller): Admin,
    Path(id): Path<UserId>,
) -> ApiResult<Json<UserResponse>> {
    Ok(Json(admin::activate(&state, &caller, id).await?.into()))
}
