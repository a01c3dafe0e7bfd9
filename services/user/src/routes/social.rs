//! `/users/follow…`, `/users/stats`: who follows whom.

use auth::User as Caller;
use axum::extract::State;
use http_kit::{
    ApiResult, Json, Page, PageQuery, Path, Query,
    openapi::{NotFound, Unauthorized},
};
use ids::UserId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::profile::PublicProfile;
use crate::{service::social, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(follow, unfollow))
        .routes(routes!(followers))
        .routes(routes!(following))
        .routes(routes!(check))
        .routes(routes!(stats))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Following {
    #[schema(example = "You follow this user.")]
    message: &'static str,
    is_following: bool,
}

/// Follow
///
/// For any signed-in user; may be repeated. Nobody can follow themselves.
#[utoipa::path(
    post, path = "/users/follow/{userId}", tag = "follows",
    params(("userId" = UserId, Path, description = "Whom to follow.")),
    responses(
        (status = 200, description = "You follow them.", body = Following),
        Unauthorized,
        NotFound,
    ),
    security(("bearer" = [])),
)]
async fn follow(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<UserId>,
) -> ApiResult<Json<Following>> {
    social::follow(&state, &caller, id).await?;
    Ok(Json(Following { message: "You follow this user.", is_following: true }))
}

/// Unfollow
///
/// For any signed-in user; may be repeated.
#[utoipa::path(
    delete, path = "/users/follow/{userId}", tag = "follows",
    params(("userId" = UserId, Path, description = "Whom not to follow any more.")),
    responses(
        (status = 200, description = "You do not follow them.", body = Following),
        Unauthorized,
        NotFound,
    ),
    security(("bearer" = [])),
)]
async fn unfollow(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<UserId>,
) -> ApiResult<Json<Following>> {
    social::unfollow(&state, &caller, id).await?;
    Ok(Json(Following { message: "You do not follow this user.", is_following: false }))
}

/// Followers
///
/// Who follows a user, newest first. Anyone may call this.
#[utoipa::path(
    get, path = "/users/followers/{userId}", tag = "follows",
    params(("userId" = UserId, Path, description = "Who is followed."), PageQuery),
    responses(
        (status = 200, description = "A page of profiles.", body = Page<PublicProfile>),
        NotFound,
    ),
)]
async fn followers(
    State(state): State<AppState>,
    Path(id): Path<UserId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<PublicProfile>>> {
    Ok(Json(social::followers(&state, id, &page).await?.map(PublicProfile::from)))
}

/// Following
///
/// Whom a user follows, newest first. Anyone may call this.
#[utoipa::path(
    get, path = "/users/following/{userId}", tag = "follows",
    params(("userId" = UserId, Path, description = "Who follows."), PageQuery),
    responses(
        (status = 200, description = "A page of profiles.", body = Page<PublicProfile>),
        NotFound,
    ),
)]
async fn following(
    State(state): State<AppState>,
    Path(id): Path<UserId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<PublicProfile>>> {
    Ok(Json(social::following(&state, id, &page).await?.map(PublicProfile::from)))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Check {
    is_following: bool,
    /// You.
    follower_id: UserId,
    following_id: UserId,
}

/// Do I follow them?
///
/// For any signed-in user.
#[utoipa::path(
    get, path = "/users/following/{userId}/check", tag = "follows",
    params(("userId" = UserId, Path, description = "Whom you may follow.")),
    responses(
        (status = 200, description = "Whether you do.", body = Check),
        Unauthorized,
        NotFound,
    ),
    security(("bearer" = [])),
)]
async fn check(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<UserId>,
) -> ApiResult<Json<Check>> {
    let is_following = social::check(&state, &caller, id).await?;
    Ok(Json(Check { is_following, follower_id: caller.id, following_id: id }))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Stats {
    user_id: UserId,
    followers_count: i64,
    following_count: i64,
    /// Null while the prompt service is away.
    prompts_count: Option<i64>,
    /// On all their prompts. Null while the prompt service is away.
    likes_received: Option<i64>,
}

/// A user's figures
///
/// Anyone may call this.
#[utoipa::path(
    get, path = "/users/stats/{userId}", tag = "follows",
    params(("userId" = UserId, Path, description = "Whose figures.")),
    responses((status = 200, description = "The figures.", body = Stats), NotFound),
)]
async fn stats(State(state): State<AppState>, Path(id): Path<UserId>) -> ApiResult<Json<Stats>> {
    let (counts, prompts) = social::stats(&state, id).await?;
    Ok(Json(Stats {
        user_id: id,
        followers_count: counts.followers,
        following_count: counts.following,
        prompts_count: prompts.as_ref().map(|prompts| prompts.prompts_count),
        likes_received: prompts.as_ref().map(|prompts| prompts.likes_received),
    }))
}
