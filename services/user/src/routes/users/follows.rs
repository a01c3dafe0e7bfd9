//! `/users/follow…`, `/users/stats`: follows.

use auth::User;
use axum::{extract::State, response::Response};
use http_kit::{
    ApiResult, Json, Page, PageQuery, Path, Query, context::RequestContext, openapi::Problems,
};
use ids::UserId;
use internal_api::prompt::AuthorStatsResponse;
use read_cache::{JsonAnswer, Reader, is_first_page};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::responses::ProfileResponse;
use crate::{
    domain::FollowList,
    error::{ServiceError, codes},
    repo::follows::FollowCounts,
    service::follows,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(follow_user, unfollow_user))
        .routes(routes!(list_followers))
        .routes(routes!(list_following))
        .routes(routes!(check_follow))
        .routes(routes!(get_user_stats))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FollowResponse {
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
        (status = 200, description = "You follow them.", body = FollowResponse),
        Problems::<(codes::FollowsSelf, codes::UserNotFound)>,
    ),
    security(("bearer" = [])),
)]
async fn follow_user(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<UserId>,
) -> ApiResult<Json<FollowResponse>> {
    follows::follow(&state, &caller, id).await?;
    Ok(Json(FollowResponse { message: "You follow this user.", is_following: true }))
}

/// Unfollow
///
/// For any signed-in user; may be repeated.
#[utoipa::path(
    delete, path = "/users/follow/{userId}", tag = "follows",
    params(("userId" = UserId, Path, description = "Whom not to follow any more.")),
    responses(
        (status = 200, description = "You do not follow them.", body = FollowResponse),
        Problems::<(codes::FollowsSelf, codes::UserNotFound)>,
    ),
    security(("bearer" = [])),
)]
async fn unfollow_user(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<UserId>,
) -> ApiResult<Json<FollowResponse>> {
    follows::unfollow(&state, &caller, id).await?;
    Ok(Json(FollowResponse { message: "You do not follow this user.", is_following: false }))
}

/// Followers
///
/// Who follows a user, newest first. Anyone may call this.
#[utoipa::path(
    get, path = "/users/followers/{userId}", tag = "follows",
    params(
        ("userId" = UserId, Path, description = "Who is followed."),
        PageQuery,
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` last read."),
    ),
    responses(
        (status = 200, description = "A page of profiles.", body = Page<ProfileResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<codes::UserNotFound>,
    ),
)]
async fn list_followers(
    State(state): State<AppState>,
    Path(id): Path<UserId>,
    Query(page): Query<PageQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    answer_list(&state, FollowList::Followers, id, &page, &reader).await
}

/// Following
///
/// Whom a user follows, newest first. Anyone may call this.
#[utoipa::path(
    get, path = "/users/following/{userId}", tag = "follows",
    params(
        ("userId" = UserId, Path, description = "Who follows."),
        PageQuery,
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` last read."),
    ),
    responses(
        (status = 200, description = "A page of profiles.", body = Page<ProfileResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<codes::UserNotFound>,
    ),
)]
async fn list_following(
    State(state): State<AppState>,
    Path(id): Path<UserId>,
    Query(page): Query<PageQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    answer_list(&state, FollowList::Following, id, &page, &reader).await
}

async fn answer_list(
    state: &AppState,
    list: FollowList,
    id: UserId,
    query: &PageQuery,
    reader: &Reader,
) -> ApiResult<Response> {
    if !is_first_page(query) || !is_canonical(id) {
        let page = follows::list(state, list, id, query).await?.map(ProfileResponse::from);
        return Ok(reader.answer(JsonAnswer::new(&page)?));
    }
    let read = || {
        let pool = state.pool.clone();
        async move {
            let page = follows::first_page(&pool, list, id).await?;
            page.map(|page| JsonAnswer::new(&page.map(ProfileResponse::from))).transpose()
        }
    };
    let answer = state.answer_cache.follow_lists.get((list, id), read).await?;
    Ok(reader.answer(answer.ok_or(ServiceError::UserNotFound)?))
}

/// Returns whether the path ends with an id in the usual letters: a cursor is good for the path of its page.
fn is_canonical(id: UserId) -> bool {
    RequestContext::current().is_some_and(|context| context.path.ends_with(&id.to_string()))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FollowCheckResponse {
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
        (status = 200, description = "Whether you do.", body = FollowCheckResponse),
        Problems::<codes::UserNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn check_follow(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<UserId>,
) -> ApiResult<Json<FollowCheckResponse>> {
    let is_following = follows::is_following(&state, &caller, id).await?;
    Ok(Json(FollowCheckResponse { is_following, follower_id: caller.id, following_id: id }))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UserStatsResponse {
    user_id: UserId,
    followers_count: i64,
    following_count: i64,
    /// Null while the prompt service is away.
    prompts_count: Option<i64>,
    /// On all their prompts. Null while the prompt service is away.
    likes_received: Option<i64>,
}

impl UserStatsResponse {
    fn new(
        user_id: UserId,
        (counts, prompts): (FollowCounts, Option<AuthorStatsResponse>),
    ) -> Self {
        Self {
            user_id,
            followers_count: counts.followers,
            following_count: counts.following,
            prompts_count: prompts.as_ref().map(|prompts| prompts.prompts_count),
            likes_received: prompts.as_ref().map(|prompts| prompts.likes_received),
        }
    }
}

/// A user's figures
///
/// Anyone may call this.
#[utoipa::path(
    get, path = "/users/stats/{userId}", tag = "follows",
    params(
        ("userId" = UserId, Path, description = "Whose figures."),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` last read."),
    ),
    responses(
        (status = 200, description = "The figures.", body = UserStatsResponse,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<codes::UserNotFound>,
    ),
)]
async fn get_user_stats(
    State(state): State<AppState>,
    Path(id): Path<UserId>,
    reader: Reader,
) -> ApiResult<Response> {
    let read = || {
        let state = state.clone();
        async move {
            let found = follows::find_stats(&state, id).await?;
            found.map(|found| JsonAnswer::new(&UserStatsResponse::new(id, found))).transpose()
        }
    };
    let answer = state.answer_cache.stats.get(id, read).await?;
    Ok(reader.answer(answer.ok_or(ServiceError::UserNotFound)?))
}
