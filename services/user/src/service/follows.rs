//! Follows: one user follows another.

use auth::Identity;
use http_kit::{Page, PageQuery, page::Slice};
use ids::UserId;
use internal_api::prompt::AuthorStatsResponse;
use sqlx::PgPool;

use crate::{
    domain::{FollowList, Profile},
    error::ServiceError,
    repo::{
        follows::{self, FollowCounts},
        users,
    },
    state::AppState,
};

/// Makes the caller follow a user, if they did not before.
pub async fn follow(state: &AppState, caller: &Identity, id: UserId) -> Result<(), ServiceError> {
    if caller.id == id {
        return Err(ServiceError::FollowsSelf);
    }
    match follows::insert(&state.pool, caller.id, id).await? {
        true => {
            state.answer_cache.forget_follow(caller.id, id);
            Ok(())
        }
        false => Err(ServiceError::UserNotFound),
    }
}

/// Makes the caller follow a user no longer, if they did before.
pub async fn unfollow(state: &AppState, caller: &Identity, id: UserId) -> Result<(), ServiceError> {
    if caller.id == id {
        return Err(ServiceError::FollowsSelf);
    }
    ensure_exists(state, id).await?;
    follows::delete(&state.pool, caller.id, id).await?;
    state.answer_cache.forget_follow(caller.id, id);
    Ok(())
}

/// Returns whether the caller follows a user.
pub async fn is_following(
    state: &AppState,
    caller: &Identity,
    id: UserId,
) -> Result<bool, ServiceError> {
    follows::is_following(&state.pool, caller.id, id).await?.ok_or(ServiceError::UserNotFound)
}

/// Lists the followers of a user, or the users whom they follow, newest first.
pub async fn list(
    state: &AppState,
    list: FollowList,
    id: UserId,
    query: &PageQuery,
) -> Result<Page<Profile>, ServiceError> {
    let total = async {
        let count = follows::count_list(&state.pool, list, id).await?;
        count.ok_or(ServiceError::UserNotFound)
    };
    let rows = async |slice: Slice<_>| -> Result<_, ServiceError> {
        ensure_exists_before(state, id, &slice).await?;
        Ok(follows::list(&state.pool, list, id, slice).await?)
    };
    let page = query.page(total, rows, |row| row.position).await?;
    Ok(page.map(|row| row.profile))
}

/// Lists the first page of [`list`]; `None` when there is no such user, or they are suspended.
pub async fn first_page(
    pool: &PgPool,
    list: FollowList,
    id: UserId,
) -> sqlx::Result<Option<Page<Profile>>> {
    let query = PageQuery::default();
    let Some(total) = follows::count_list(pool, list, id).await? else { return Ok(None) };
    let slice = Slice { after: None, offset: 0, limit: query.limit() + 1 };
    let rows = follows::list(pool, list, id, slice).await?;
    let page = Page::new(&query, rows, Some(total), |row| row.position);
    Ok(Some(page.map(|row| row.profile)))
}

/// Returns a user's figures; those of the prompt service are `None` when it cannot be asked. There are none
/// when there is no such user, or they are suspended.
pub async fn find_stats(
    state: &AppState,
    id: UserId,
) -> sqlx::Result<Option<(FollowCounts, Option<AuthorStatsResponse>)>> {
    let Some(counts) = follows::count(&state.pool, id).await? else { return Ok(None) };
    Ok(Some((counts, state.prompt_service.author_stats(id).await)))
}

/// Checks that the user of a list exists, where its length, which checks that too, is not asked for.
async fn ensure_exists_before<K>(
    state: &AppState,
    id: UserId,
    slice: &Slice<K>,
) -> Result<(), ServiceError> {
    if slice.after.is_some() { ensure_exists(state, id).await } else { Ok(()) }
}

async fn ensure_exists(state: &AppState, id: UserId) -> Result<(), ServiceError> {
    match users::is_active(&state.pool, id).await? {
        true => Ok(()),
        false => Err(ServiceError::UserNotFound),
    }
}
