//! Who follows whom.

use auth::Identity;
use http_kit::{ApiResult, Page, PageQuery};
use ids::UserId;
use internal_api::prompt::AuthorStatsResponse;

use super::slice;
use crate::{
    domain::Profile,
    error::ServiceError,
    repo::{
        follows::{self, Counts},
        users,
    },
    state::AppState,
};

/// From now on the caller follows them, if they did not before.
pub async fn follow(state: &AppState, caller: &Identity, id: UserId) -> Result<(), ServiceError> {
    if caller.id == id {
        return Err(ServiceError::FollowsSelf);
    }
    match follows::insert(&state.pool, caller.id, id).await? {
        true => Ok(()),
        false => Err(ServiceError::UserNotFound),
    }
}

/// From now on the caller does not follow them, if they did before.
pub async fn unfollow(state: &AppState, caller: &Identity, id: UserId) -> Result<(), ServiceError> {
    if caller.id == id {
        return Err(ServiceError::FollowsSelf);
    }
    ensure_exists(state, id).await?;
    Ok(follows::delete(&state.pool, caller.id, id).await?)
}

/// Whether the caller follows them.
pub async fn check(state: &AppState, caller: &Identity, id: UserId) -> Result<bool, ServiceError> {
    follows::check(&state.pool, caller.id, id).await?.ok_or(ServiceError::UserNotFound)
}

/// Who follows someone, newest first.
pub async fn followers(state: &AppState, id: UserId, page: &PageQuery) -> ApiResult<Page<Profile>> {
    let slice = slice(page)?;
    let total = total(state, id, page, |counts| counts.followers).await?;
    let rows = follows::followers(&state.pool, id, slice).await.map_err(pg::api_error)?;
    Ok(Page::new(page, rows, total, |other| other.position).map(|other| other.profile))
}

/// Whom someone follows, newest first.
pub async fn following(state: &AppState, id: UserId, page: &PageQuery) -> ApiResult<Page<Profile>> {
    let slice = slice(page)?;
    let total = total(state, id, page, |counts| counts.following).await?;
    let rows = follows::following(&state.pool, id, slice).await.map_err(pg::api_error)?;
    Ok(Page::new(page, rows, total, |other| other.position).map(|other| other.profile))
}

/// Someone's figures; those of the prompt service where it can be asked.
pub async fn stats(
    state: &AppState,
    id: UserId,
) -> Result<(Counts, Option<AuthorStatsResponse>), ServiceError> {
    let counts = follows::counts(&state.pool, id).await?.ok_or(ServiceError::UserNotFound)?;
    Ok((counts, state.prompt_service.author_stats(id).await))
}

/// How long a list of someone's is, where a page says so.
async fn total(
    state: &AppState,
    id: UserId,
    page: &PageQuery,
    which: impl Fn(Counts) -> i64,
) -> Result<Option<i64>, ServiceError> {
    match page.cursor {
        Some(_) => ensure_exists(state, id).await.map(|()| None),
        None => {
            let counts = follows::counts(&state.pool, id).await?;
            counts.map(which).map(Some).ok_or(ServiceError::UserNotFound)
        }
    }
}

async fn ensure_exists(state: &AppState, id: UserId) -> Result<(), ServiceError> {
    match users::is_active(&state.pool, id).await? {
        true => Ok(()),
        false => Err(ServiceError::UserNotFound),
    }
}
