//! `/internal/users/{id}`, for the user service. Not in the OpenAPI document: no client can reach it.

use std::convert::Infallible;

use auth::Internal;
use axum::extract::State;
use http_kit::Path;
use ids::UserId;
use internal_api::{Failure, Request, Serve, marketplace::ForgetUser};
use utoipa_axum::router::OpenApiRouter;

use crate::{service::listings, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::from(ForgetUser::route(forget_user))
}

/// Takes a user's listings off sale, and the user's name off them; repeatable. Licences that were
/// bought, and transactions, stay.
async fn forget_user(
    _: Internal,
    State(state): State<AppState>,
    Path(id): Path<UserId>,
    _: Request<ForgetUser>,
) -> Result<(), Failure<Infallible>> {
    listings::forget_seller(&state, id).await?;
    Ok(())
}
