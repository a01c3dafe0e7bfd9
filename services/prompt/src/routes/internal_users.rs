//! `/internal/users/{id}`: the user service says that an account is gone. Not described: no client
//! can reach it.

use auth::Internal;
use axum::{Router, extract::State, routing::delete};
use http::StatusCode;
use http_kit::{ApiResult, Path};
use ids::UserId;
use utoipa_axum::router::OpenApiRouter;

use crate::{service::authors, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::from(Router::new().route("/internal/users/{id}", delete(forget)))
}

/// Forgets a person; can be repeated. What was written with a token from before the deletion, while
/// this ran or after it, is forgotten by a call after the token's end.
async fn forget(
    Internal(_): Internal,
    State(state): State<AppState>,
    Path(id): Path<UserId>,
) -> ApiResult<StatusCode> {
    authors::forget(&state, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
