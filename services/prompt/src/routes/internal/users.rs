//! `/internal/users/{id}`: what authors have, and what deleted accounts leave behind.

use std::convert::Infallible;

use auth::Internal;
use axum::{Router, extract::State};
use http_kit::Path;
use ids::UserId;
use internal_api::{
    Failure, Request, Serve,
    prompt::{AuthorStatsResponse, ForgetUser, GetAuthorStats},
};

use crate::{
    service::{stats, user_deletion},
    state::AppState,
};

pub fn router() -> Router<AppState> {
    Router::new()
        .merge(GetAuthorStats::route(get_author_stats))
        .merge(ForgetUser::route(forget_user))
}

/// Counts listed prompts only, so that no number shows what is hidden.
async fn get_author_stats(
    _: Internal,
    State(state): State<AppState>,
    Path(id): Path<UserId>,
    _: Request<GetAuthorStats>,
) -> Result<AuthorStatsResponse, Failure<Infallible>> {
    let stats = stats::find_author_stats(&state, id).await?;
    Ok(AuthorStatsResponse {
        prompts_count: stats.prompts_count,
        likes_received: stats.likes_received,
    })
}

/// Forgets a user; repeatable. A text that was written with an access token from before the deletion,
/// during this call or after it, is forgotten by another call after the token's end.
async fn forget_user(
    _: Internal,
    State(state): State<AppState>,
    Path(id): Path<UserId>,
    _: Request<ForgetUser>,
) -> Result<(), Failure<Infallible>> {
    user_deletion::forget_user(&state, id).await?;
    Ok(())
}
