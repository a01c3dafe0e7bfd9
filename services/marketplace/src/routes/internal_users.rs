//! `/internal/users/{id}`: the user service says that an account is gone. Not described: no client
//! can reach it.

use auth::Internal;
use axum::{Router, extract::State, routing::delete};
use http::StatusCode;
use http_kit::{ApiResult, Path};
use ids::UserId;
use utoipa_axum::router::OpenApiRouter;

use crate::{service::listings, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::from(Router::new().route("/internal/users/{id}", delete(forget)))
}

/// Takes what a person offers off sale, and their name off it; can be repeated. Licences that were
/// bought, and the books, stay.
async fn forget(
    Internal(_): Internal,
    State(state): State<AppState>,
    Path(id): Path<UserId>,
) -> ApiResult<StatusCode> {
    listings::forget_seller(&state, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
